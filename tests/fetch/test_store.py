"""Bytes on their way into the store."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from native4k import formats, images
from native4k.fetch import store
from native4k.fetch.statuses import Failure
from native4k.fetch.store import Incoming
from native4k.geometry import Geometry

RULE = Geometry(min_pixels=0, min_long_side=40, min_short_side=0, min_aspect=0.5, max_aspect=1.5)


def picture(width: int, height: int, kind: str, orientation: int = 1, **options: str) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    out, exif = io.BytesIO(), Image.Exif()
    exif[images.ORIENTATION] = orientation
    Image.fromarray(pixels).save(out, kind, exif=exif, **options)
    return out.getvalue()


def incoming(folder: Path, content: bytes, step: int = 9999) -> Incoming:
    made = Incoming(folder, "a", 10**7, RULE)
    for place in range(0, len(content), step):
        if made.add(content[place : place + step]):
            made.write()
    return made


def brought(folder: Path, content: bytes) -> store.Row:
    made = incoming(folder, content)
    try:
        return made.finish()
    finally:
        made.discard()


def test_a_size_that_stands_at_the_end_of_a_file_already_written_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MAX_HEAD_BYTES", store.WRITE_BYTES)
    content = picture(400, 500, "TIFF", compression="tiff_lzw")
    assert formats.size(content[:-1000]) is None
    made = incoming(tmp_path, content)
    assert made.file is not None
    assert made.buffer
    row = made.finish()
    made.discard()
    assert (row["status"], row["sha256"]) == ("ok", hashlib.sha256(content).hexdigest())
    assert (tmp_path / row["file"]).read_bytes() == content
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_where_the_orientation_may_come_late_a_shape_must_fail_lying_and_standing(tmp_path: Path) -> None:
    standing = picture(60, 36, "WEBP", orientation=6)  # 36 x 60 as shown, and 60 x 36 is too wide
    assert brought(tmp_path, standing)["true_width"] == 36
    with pytest.raises(Failure, match="aspect"):
        incoming(tmp_path, picture(90, 36, "WEBP", orientation=6))
    with pytest.raises(Failure, match="aspect"):
        brought(tmp_path, picture(60, 36, "WEBP", orientation=1))
    with pytest.raises(Failure, match="too_small"):
        incoming(tmp_path, picture(30, 20, "JPEG"))


def test_what_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    made = incoming(tmp_path, picture(500, 400, "PNG"))
    assert len(list(tmp_path.iterdir())) == 1
    made.discard()
    assert list(tmp_path.iterdir()) == []
