"""What headers say of how a file was encoded."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from native4k.measure import encoding
from tests.pictures import encoded, photo, wide_profile

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("progressive", [False, True])
def test_every_quality_of_libjpeg_is_told_from_its_tables(progressive: bool) -> None:
    picture = photo(16, 16)
    found = [encoding.jpeg_quality(opened(encoded(picture, "JPEG", quality=q, progressive=progressive)))
             for q in range(1, 101)]  # fmt: skip
    assert found == list(range(1, 101))


def test_tables_of_another_encoder_are_near_the_quality_that_they_resemble() -> None:
    tables = opened(encoded(photo(16, 16), "JPEG", quality=85)).quantization  # type: ignore[attr-defined]
    other = {number: [min(255, value + value // 16) for value in table] for number, table in tables.items()}
    assert encoding.jpeg_quality(opened(encoded(photo(16, 16), "JPEG", qtables=other))) == pytest.approx(84, abs=1)
    assert np.isnan(encoding.jpeg_quality(opened(encoded(photo(16, 16), "PNG"))))


@pytest.mark.parametrize("chroma", ["4:4:4", "4:2:2", "4:2:0"])
def test_the_subsampling_of_chroma_is_told(chroma: str) -> None:
    assert encoding.subsampling(opened(encoded(photo(32, 32), "JPEG", subsampling=chroma))) == chroma


@pytest.mark.parametrize(("across", "down", "name"), [(1, 2, "4:4:0"), (4, 1, "4:1:1"), (4, 2, "4:1:0"), (3, 1, "3x1")])
def test_rare_subsamplings_have_their_names_too(across: int, down: int, name: str) -> None:
    content = bytearray(encoded(photo(32, 32), "JPEG", subsampling="4:4:4"))
    content[content.index(b"\xff\xc0") + 11] = across << 4 | down
    assert encoding.subsampling(opened(bytes(content))) == name


def test_profiles_are_named_and_wide_gamuts_known_by_their_primaries() -> None:
    assert encoding.profile_of(SRGB) == ("sRGB built-in", "RGB ", False)
    assert encoding.profile_of(wide_profile()) == ("sRGB built-in", "RGB ", True)  # whatever its name says
    assert encoding.profile_of(b"") == ("", "", False)
    assert encoding.profile_of(SRGB[:200]) == ("unreadable", "", False)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_profile_is_found_in_every_format_that_carries_one(kind: str) -> None:
    content = encoded(photo(32, 32), kind, icc_profile=wide_profile())
    row = encoding.encoding(opened(content), content)  # type: ignore[arg-type]
    assert (row["icc"], row["wide_gamut"]) == ("sRGB built-in", True)
