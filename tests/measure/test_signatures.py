"""Signatures of pictures: equal pixels, near pictures, and views that look like mirrored and cropped copies."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from native4k import cli, images, tables
from native4k.measure import image_signatures, signatures
from native4k.measure.image_signatures import phash

EXACT = {"PNG": {}, "WEBP": {"lossless": True}, "TIFF": {}}
"""Containers that keep every pixel, with what they need for it."""


def drawn(width: int, height: int, seed: int = 0) -> Image.Image:
    """A picture with detail at every size: noise at four scales."""
    dice = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for cells in (4, 8, 16, 32):
        coarse = Image.fromarray(dice.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        total += np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=float) / 4
    return Image.fromarray(total.astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_a_picture_has_all_signatures_in_hex_of_a_fixed_length() -> None:
    made = image_signatures.signatures(drawn(300, 200))
    assert {name: len(value) for name, value in made.items()} == {
        "pixels": 32,
        "signature": 64,
        "view_phash": 16 * image_signatures.VIEWS,
        "view_signature": 64 * image_signatures.VIEWS,
    }
    assert list(made) == list(image_signatures.NO_SIGNATURES)


@pytest.mark.parametrize("kind", EXACT)
@pytest.mark.parametrize("orientation", [1, 6])
def test_equal_pixels_in_other_bytes_have_every_signature_in_common(kind: str, orientation: int) -> None:
    picture = drawn(90, 70)
    exif = Image.Exif()
    exif[images.ORIENTATION] = orientation
    stored = picture.transpose(Image.Transpose.ROTATE_90) if orientation == 6 else picture
    again = images.decode(encoded(stored, kind, exif=exif, **EXACT[kind]))
    assert image_signatures.signatures(again) == image_signatures.signatures(picture)


@given(width=st.integers(1, 40), height=st.integers(1, 200), place=st.integers(0, 10**6))
@settings(max_examples=30)
def test_one_other_pixel_or_another_shape_is_another_picture(width: int, height: int, place: int) -> None:
    content = np.zeros((height, width, 3), dtype=np.uint8)
    before = image_signatures.pixel_hash(Image.fromarray(content))
    content.reshape(-1)[place % content.size] = 1
    assert image_signatures.pixel_hash(Image.fromarray(content)) != before
    if width != height:
        turned = Image.fromarray(np.zeros((width, height, 3), dtype=np.uint8))
        assert image_signatures.pixel_hash(turned) != before


def test_the_middle_of_a_picture_is_the_whole_of_its_crop() -> None:
    picture = drawn(2000, 1600)
    made = image_signatures.signatures(picture)
    for at, inset in enumerate(image_signatures.INSETS, start=1):
        x, y = round(2000 * inset), round(1600 * inset)
        crop = picture.crop((x, y, 2000 - x, 1600 - y))
        assert apart(phash(crop), made["view_phash"][16 * at :][:16]) <= 2
        assert apart(image_signatures.signatures(crop)["signature"], made["view_signature"][64 * at :][:64]) <= 12


@pytest.mark.parametrize("seed", range(3))
def test_the_mirrored_view_is_the_whole_of_a_mirrored_copy(seed: int) -> None:
    picture = drawn(1024, 768, seed)
    made = image_signatures.signatures(picture)
    mirrored = images.decode(encoded(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "JPEG", quality=80))
    assert apart(phash(picture), phash(mirrored)) >= 20
    assert apart(made["view_phash"][:16], phash(mirrored)) <= 2
    assert apart(made["view_signature"][:64], image_signatures.signatures(mirrored)["signature"]) <= 12


@pytest.mark.parametrize(("width", "height"), [(1600, 1200), (1200, 1200), (900, 1200), (675, 1200)])
def test_a_central_cut_to_another_aspect_has_the_same_tall_window(width: int, height: int) -> None:
    picture = drawn(2130, 1200)
    left = (2130 - width) // 2
    one, other = (
        image_signatures.signatures(image) for image in (picture, picture.crop((left, 0, left + width, height)))
    )
    assert apart(one["view_phash"][64:], other["view_phash"][64:]) <= 2
    assert apart(one["view_signature"][256:], other["view_signature"][256:]) <= 12


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (16, 3000), (4000, 3)])
def test_pictures_of_any_shape_have_signatures(size: tuple[int, int]) -> None:
    made = image_signatures.signatures(Image.new("RGB", size, (9, 99, 199)))
    assert len(made["view_signature"]) == 64 * image_signatures.VIEWS


def test_a_reencoded_and_resized_copy_is_near_and_another_picture_is_far() -> None:
    picture = drawn(1200, 800)
    copy = images.decode(encoded(picture.resize((1000, 667), Image.Resampling.LANCZOS), "JPEG", quality=80))
    one, other, stranger = (
        image_signatures.signatures(image)["signature"] for image in (picture, copy, drawn(1200, 800, 1))
    )
    assert apart(one, other) <= 20
    assert apart(one, stranger) >= 90


def test_bits_of_the_pHash_are_those_of_imagededup_where_nothing_is_reduced() -> None:  # noqa: N802
    picture = drawn(255, 255).convert("L")
    assert image_signatures.bits(
        image_signatures.frequencies(picture, (0, 0, 255, 255)), image_signatures.SHORT
    ) == phash(picture)


@pytest.fixture(name="folder")
def a_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "benchmark"
    (folder / "deep").mkdir(parents=True)
    drawn(120, 90).save(folder / "a.png")
    (folder / "deep" / "again.PNG").write_bytes((folder / "a.png").read_bytes())
    drawn(90, 120, seed=1).save(folder / "deep" / "b.jpg")
    (folder / "broken.webp").write_bytes(b"RIFF")
    (folder / "notes.txt").write_text("not a picture")
    (tmp_path / "params.yaml").write_text("shards: 1\n")
    return folder


def listed(folder: Path) -> int:
    root = folder.parent
    paths = [str(path) for path in (folder, root / "list.parquet", "--params", root / "params.yaml")]
    return cli.main(["signatures", *paths, "--cache", str(root / "cache")])


def test_a_folder_becomes_a_list_of_signatures_and_what_cannot_be_read_is_said(folder: Path, capsys: Any) -> None:
    assert listed(folder) == 0
    assert capsys.readouterr().out == (
        f"signatures: {folder}/broken.webp: not_an_image; its copies will not be found\n"
        f"signatures: 3 of 4 pictures in {folder.parent}/list.parquet\n"
    )
    table = tables.read(folder.parent / "list.parquet").set_index("id")
    assert list(table.index) == ["a.png", "broken.webp", "deep/again.PNG", "deep/b.jpg"]
    for name in ("a.png", "deep/again.PNG", "deep/b.jpg"):
        picture = images.decode((folder / name).read_bytes())
        expected = {"phash": phash(picture), **image_signatures.signatures(picture), "failure": ""}
        assert {column: table.loc[name, column] for column in expected} == expected
    assert table.loc["broken.webp", ["phash", "pixels"]].tolist() == ["", ""]


def test_a_list_made_again_measures_nothing_and_has_the_same_bytes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(folder)
    before = (folder.parent / "list.parquet").read_bytes()
    monkeypatch.setattr(signatures, "signatures_row", None)
    listed(folder)
    assert (folder.parent / "list.parquet").read_bytes() == before


def test_a_folder_without_pictures_is_one_line(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "params.yaml").write_text("shards: 1\n")
    assert listed(tmp_path / "nowhere") == 1
    assert capsys.readouterr().err.startswith(f"native4k signatures: {tmp_path}/nowhere: no pictures; expected files")
