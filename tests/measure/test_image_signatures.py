"""The perceptual hash, bit for bit imagededup's, and Lanczos along rows, bit for bit Pillow's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter, ImageOps

from native4k.measure import image_signatures
from tests.pictures import noise


@given(seed=st.integers(0, 99), width=st.integers(1, 400), height=st.integers(1, 9), extreme=st.booleans())
def test_rows_are_made_narrower_exactly_as_pillow_does(seed: int, width: int, height: int, extreme: bool) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    if extreme:  # overshoots both ends
        pixels = (pixels > 127).astype(np.uint8) * 255
    expected = Image.fromarray(pixels).resize((32, height), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(
        image_signatures.resize_rows(pixels, image_signatures.lanczos_weights(width, 32)), expected
    )


def test_wide_rows_are_exact_too() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (5, 11_547, 3), dtype=np.uint8)
    expected = Image.fromarray(pixels).resize((32, 5), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(
        image_signatures.resize_rows(pixels, image_signatures.lanczos_weights(11_547, 32)), expected
    )


def pictures() -> list[Image.Image]:
    grey = Image.linear_gradient("L")
    radial = Image.radial_gradient("L").resize((640, 360))
    return [
        *(noise(width, height) for width, height in ((32, 32), (33, 17), (640, 480), (101, 999))),
        *(noise(12, 8).resize((700, 400), method) for method in (Image.Resampling.BICUBIC, Image.Resampling.NEAREST)),
        noise(300, 300).filter(ImageFilter.GaussianBlur(6)),
        Image.merge("RGB", [grey, grey.rotate(90), grey.rotate(180)]).resize((999, 333)),
        radial.convert("RGB"),
        ImageOps.invert(radial).convert("RGB"),
        Image.new("RGB", (64, 64), (10, 200, 30)),
        Image.effect_mandelbrot((512, 384), (-2, -1.5, 1, 1.5), 50).convert("RGB"),
    ]


@pytest.mark.filterwarnings("ignore")  # third parties' imports
def test_the_perceptual_hash_is_that_of_imagededup_bit_for_bit() -> None:
    from imagededup.methods import PHash

    peer = PHash(verbose=False)
    for place, picture in enumerate(pictures()):
        assert image_signatures.phash(picture) == peer.encode_image(image_array=np.asarray(picture)), f"picture {place}"


def test_a_hash_hardly_changes_when_a_picture_is_made_smaller() -> None:
    picture = noise(16, 12).resize((800, 600), Image.Resampling.BICUBIC)
    one, other = (int(image_signatures.phash(image), 16) for image in (picture, picture.resize((400, 300))))
    assert (one ^ other).bit_count() <= 4
