"""The memory that a header promises, and thumbnails in sRGB."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from native4k.measure import decoded_image
from tests.pictures import encoded, noise, photo, wide_profile


def each(kind: str, **options: object) -> float:
    """Bytes of a pixel that a large picture of the sort would take."""
    picture = Image.open(io.BytesIO(encoded(photo(64, 64), kind, **options)))
    return (decoded_image.decode_memory(picture, 1000) - decoded_image.FIXED_BYTES - 1000) / 64**2


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("JPEG", {}, 5.0),
        ("JPEG", {"progressive": True, "subsampling": "4:2:0"}, 8.0),
        ("JPEG", {"progressive": True, "subsampling": "4:4:4"}, 11.0),
        ("PNG", {}, 5.0),
        ("WEBP", {}, 8.0),
    ],
)
def test_a_pixel_takes_what_its_format_keeps_at_once(kind: str, options: dict[str, object], expected: float) -> None:
    assert each(kind, **options) == pytest.approx(expected)


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def shown(picture: Image.Image, profile: bytes) -> np.ndarray:
    content = decoded_image.thumbnail(picture, picture.size[::-1], profile, 64)["thumbnail"]
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))[8:-8, 8:-8].mean(axis=(0, 1))


def test_a_colour_of_a_wide_gamut_is_shown_as_the_same_colour_of_srgb() -> None:
    flat = Image.new("RGB", (64, 64), (200, 120, 90))  # in Display P3
    expected = (215, 116, 83)  # by the matrices of both spaces and sRGB's curve
    assert shown(flat, wide_profile()) == pytest.approx(expected, abs=5)
    assert shown(flat, SRGB) == pytest.approx((200, 120, 90), abs=4)
    assert shown(flat, b"") == pytest.approx((200, 120, 90), abs=4)


@pytest.mark.parametrize("profile", [b"nonsense" * 30, wide_profile()[:300]])
def test_a_profile_that_cannot_be_used_changes_nothing(profile: bytes) -> None:
    assert shown(Image.new("RGB", (64, 64), (200, 120, 90)), profile) == pytest.approx((200, 120, 90), abs=4)


def test_a_profile_of_other_colours_is_not_applied() -> None:
    assert shown(Image.new("CMYK", (64, 64), (0, 0, 0, 0)), wide_profile()) == pytest.approx((255, 255, 255), abs=2)


@pytest.mark.parametrize(("size", "expected"), [((800, 400), (64, 32)), ((300, 900), (21, 64)), ((50, 20), (50, 20)),
                                                ((900, 1), (64, 1))])  # fmt: skip
def test_a_thumbnail_is_a_small_webp_that_never_grows(size: tuple[int, int], expected: tuple[int, int]) -> None:
    content = decoded_image.thumbnail(noise(*size), size[::-1], b"", 64)["thumbnail"]
    picture = Image.open(io.BytesIO(content))
    assert (picture.format, picture.size) == ("WEBP", expected)
