"""How fine the detail is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from native4k.measure import detail
from tests.pictures import noise


def luma(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("L"))


def test_enlarged_and_blurred_pictures_have_less_of_the_finest_detail() -> None:
    sharp = noise(256, 256)
    enlarged = noise(128, 128).resize((256, 256), Image.Resampling.BICUBIC)
    blurred = sharp.filter(ImageFilter.GaussianBlur(3))
    pictures = {"sharp": sharp, "enlarged": enlarged, "blurred": blurred}
    rows = {name: detail.detail(luma(picture), 64, 9) for name, picture in pictures.items()}
    assert rows["sharp"]["fineness"] > 1.5 * rows["enlarged"]["fineness"]
    assert rows["sharp"]["detail"] > 5 * rows["blurred"]["detail"]


def test_a_flat_picture_has_no_detail() -> None:
    assert detail.detail(np.full((64, 64), 99, np.uint8), 16, 4) == {"detail": 0.0, "fineness": 0.0}


def test_a_shallow_depth_of_field_does_not_count_against_a_picture() -> None:
    sharp = noise(256, 256)
    shallow = sharp.filter(ImageFilter.GaussianBlur(8))
    shallow.paste(sharp.crop((0, 0, 128, 256)), (0, 0))
    whole, half = (detail.detail(luma(picture), 32, 16)["detail"] for picture in (sharp, shallow))
    assert half == pytest.approx(whole, rel=0.05)


@given(seed=st.integers(0, 99), height=st.integers(1, 20), width=st.integers(1, 20))
def test_haar_bands_are_the_variance_within_blocks_of_two_and_between_them(seed: int, height: int, width: int) -> None:
    tile = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)

    def band(x: np.ndarray) -> tuple[np.ndarray, float]:
        even = x[: x.shape[0] // 2 * 2, : x.shape[1] // 2 * 2].astype(np.float64)
        blocks = even.reshape(even.shape[0] // 2, 2, -1, 2).swapaxes(1, 2).reshape(-1, 4) if even.size else even
        means = blocks.mean(axis=1).reshape(even.shape[0] // 2, -1) if even.size else even
        return means, float(blocks.var(axis=1).mean()) if even.size else 0.0

    means, finest = band(tile)
    assert detail.haar_energies(tile) == pytest.approx((finest, band(means)[1]), abs=1e-6)
