"""Lanczos along rows, bit for bit Pillow's."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from native4k import resample


@given(seed=st.integers(0, 99), width=st.integers(1, 400), height=st.integers(1, 9), extreme=st.booleans())
def test_rows_are_made_narrower_exactly_as_pillow_does(seed: int, width: int, height: int, extreme: bool) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    if extreme:  # overshoots both ends
        pixels = (pixels > 127).astype(np.uint8) * 255
    expected = Image.fromarray(pixels).resize((32, height), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(resample.narrow(pixels, resample.lanczos(width, 32)), expected)


def test_wide_rows_are_exact_too() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (5, 11_547, 3), dtype=np.uint8)
    expected = Image.fromarray(pixels).resize((32, 5), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(resample.narrow(pixels, resample.lanczos(11_547, 32)), expected)
