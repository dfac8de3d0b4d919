"""What one decode tells of files of every format, upright, and of files that cannot be used."""

import contextlib
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from native4k import images
from native4k.measure import image_signatures, measurements
from tests.pictures import FORMATS, MEASURES, NUMBERS, encoded, moving, noise, oriented, photo, png

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

Measured = Callable[[bytes], dict[str, Any]]


@pytest.fixture(name="measured")
def the_row_of_a_file(tmp_path: Path) -> Measured:
    def row(content: bytes) -> dict[str, Any]:
        (tmp_path / "file").write_bytes(content)
        return measurements.measure(tmp_path / "file", NUMBERS)

    return row


EXPECTED = {  # mode, bits, JPEG quality, chroma; the format is the name's last word
    "baseline JPEG": ("RGB", 8, 90, "4:2:0"),
    "progressive JPEG": ("RGB", 8, 90, "4:2:0"),
    "grey JPEG": ("L", 8, 75, ""),
    "CMYK JPEG": ("CMYK", 8, 95, ""),
    "YCCK JPEG": ("CMYK", 8, 95, ""),
    "JPEG of many pictures": ("RGB", 8, 75, "4:2:0"),
    "PNG": ("RGB", 8, None, ""),
    "16-bit grey PNG": ("I;16", 16, None, ""),
    "16-bit PNG": ("RGB", 16, None, ""),
    "palette PNG": ("P", 8, None, ""),
    "palette PNG with a clear colour": ("P", 8, None, ""),
    "grey PNG with alpha": ("LA", 8, None, ""),
    "PNG with alpha": ("RGBA", 8, None, ""),
    "black and white PNG": ("1", 1, None, ""),
    "TIFF of two pages": ("RGB", 8, None, ""),
    "CMYK TIFF": ("CMYK", 8, None, ""),
    "still GIF": ("P", 8, None, ""),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_decoded_to_the_same_picture(measured: Measured, name: str) -> None:
    row = measured(FORMATS[name])
    mode, bits, quality, chroma = EXPECTED.get(name, ("RGB", 8, None, ""))
    assert row["failure"] == ""
    assert (row["width"], row["height"], row["mode"], row["bit_depth"]) == (80, 60, mode, bits)
    assert row["format"].upper() in name.upper()
    assert (row["jpeg_quality"], row["subsampling"]) == (pytest.approx(quality or np.nan, nan_ok=True), chroma)
    assert row["pages"] == (2 if name == "TIFF of two pages" else 1)
    assert (row["transparent"] > 0) == (name == "palette PNG with a clear colour")
    assert row["bits_per_pixel"] == pytest.approx(len(FORMATS[name]) / 600, abs=1e-6)
    same = int(row["phash"], 16) ^ int(image_signatures.phash(photo(80, 60)), 16)
    assert same.bit_count() <= 4
    assert row["brightness"] == pytest.approx(124.54, abs=1.5)
    assert images.header(row["thumbnail"]) == ("WEBP", 20, 15)


def test_all_columns_are_there_whether_a_file_can_be_used_or_not(measured: Measured) -> None:
    expected = [*measurements.empty_row(MEASURES), "failure"]
    good, bad = measured(FORMATS["PNG"]), measured(b"")
    assert list(good) == list(bad) == expected
    np.testing.assert_equal(bad, measurements.empty_row(MEASURES) | {"failure": "not_an_image"})
    assert [type(value) for value in good.values()] == [type(value) for value in bad.values()]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_is_measured_upright(measured: Measured, kind: str, orientation: int) -> None:
    picture = photo(150, 90)
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    content = oriented(picture, kind, orientation, **options)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
    row = measured(content)
    plain = measured(encoded(upright, "PNG"))
    assert (row["width"], row["height"]) == upright.size == ((150, 90) if orientation <= 4 else (90, 150))
    same = set(plain) - {"format", "jpeg_quality", "subsampling", "bits_per_pixel"}
    np.testing.assert_equal({name: row[name] for name in same}, {name: plain[name] for name in same})
    assert row["phash"] == image_signatures.phash(upright)


def test_the_hash_of_a_large_picture_is_that_of_its_pixels(measured: Measured) -> None:
    content = encoded(photo(700, 333, 5), "JPEG")
    assert measured(content)["phash"] == image_signatures.phash(images.decode(content))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_a_moving_picture_is_no_image_of_ours(measured: Measured, kind: str) -> None:
    assert measured(moving(kind))["failure"] == "animation"


FLOAT = encoded(Image.fromarray(np.ones((60, 80), np.float32)), "TIFF")
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="4000" height="4000"></svg>'
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)


@pytest.mark.parametrize(
    ("content", "failure"),
    [
        (b"", "not_an_image"),
        (b"\xff\xd8", "not_an_image"),
        (b"<html><body>404</body></html>" * 9, "not_an_image"),
        (b"%PDF-1.7" + bytes(99), "not_an_image"),
        (SVG, "unsupported"),
        (encoded(noise(80, 60), "BMP"), "unsupported"),
        (encoded(noise(80, 60), "JPEG2000"), "unsupported"),
        (FLOAT, "unsupported"),
        (FORMATS["PNG"][:40], "truncated"),
        (FORMATS["baseline JPEG"][:200], "truncated"),
        (FORMATS["PNG"].replace(b"IHDR\0\0\0\x50", b"IHDR\0\0\0\x51"), "broken"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_why(measured: Measured, content: bytes, failure: str) -> None:
    assert measured(content)["failure"] == failure


def test_what_would_take_too_much_memory_is_refused_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(png(9000, 9000))
    assert measurements.measure(tmp_path / "large.png", NUMBERS)["failure"] == "too_heavy"


def test_a_folder_instead_of_a_file_is_not_an_image(tmp_path: Path) -> None:
    assert measurements.measure(tmp_path, NUMBERS)["failure"] == "not_an_image"


@pytest.mark.parametrize("options", [{"quality": 70}, {"lossless": True}, {"quality": 80, "alpha": True}])
def test_webp_has_the_pixels_that_pillow_decodes(measured: Measured, options: dict[str, Any]) -> None:
    picture = photo(333, 211)
    if options.pop("alpha", False):
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    content = encoded(picture, "WEBP", **options)
    row, pixels = measured(content), images.decode(content)
    assert (row["pixels"], row["phash"]) == (image_signatures.pixel_hash(pixels), image_signatures.phash(pixels))
    assert (row["transparent"] > 0.9) == (picture.mode == "RGBA")


def test_pictures_that_live_in_their_alpha_have_hashes_of_their_own(measured: Measured) -> None:
    rows = []
    for seed in range(3):
        drawn = Image.new("RGBA", (160, 120))
        drawn.putalpha(photo(160, 120, seed).convert("L"))
        rows.append(measured(encoded(drawn, "PNG")))
    assert [row["failure"] for row in rows] == ["", "", ""]
    assert {len({row[name] for row in rows}) for name in ("pixels", "phash", "signature")} == {3}


def test_alpha_that_is_opaque_changes_no_hash(measured: Measured) -> None:
    plain, opaque = (measured(encoded(photo(160, 120).convert(mode), "PNG")) for mode in ("RGB", "RGBA"))
    hashes = ("pixels", "phash", "signature", "view_phash", "view_signature", "thumbnail")
    assert [plain[name] for name in hashes] == [opaque[name] for name in hashes]


def test_a_jpeg_whose_blocks_shift_without_a_warning_is_broken(measured: Measured) -> None:
    smooth = Image.blend(noise(20, 8).resize((960, 300), Image.Resampling.BICUBIC), noise(960, 300), 0.02)
    content = encoded(smooth, "JPEG", quality=90)
    start, failures = content.index(b"\xff\xda") + 2000, Counter[str]()
    for place in range(start, start + 100):
        flipped = content[:place] + bytes([content[place] ^ 64]) + content[place + 1 :]
        with images.opened(flipped) as image, contextlib.suppress(images.Unreadable):
            if images.jpeg_pixels(image) is not None:  # the decoder has nothing to report
                failures[measured(flipped)["failure"]] += 1
    assert set(failures) == {"", "broken"}
    assert failures["broken"] > 10  # of the others hardly any pixels have changed
