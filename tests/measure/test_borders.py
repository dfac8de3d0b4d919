"""Frames, letterboxes, and skies that are neither."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from native4k.measure import borders
from tests.pictures import encoded, photo

SIDES = ("border_top", "border_bottom", "border_left", "border_right")


INSIDE = np.asarray(photo(200, 160).convert("L"))


def framed(top: int, bottom: int, left: int, right: int, level: int) -> np.ndarray:
    picture = np.full((160 + top + bottom, 200 + left + right), level, np.uint8)
    inside = INSIDE.copy()
    inside[:, [0, -1]] = np.where(np.arange(160) % 2, 0, 255)[:, None]
    inside[[0, -1]] = np.where(np.arange(200) % 2, 0, 255)
    picture[top : top + 160, left : left + 200] = inside
    return picture


@given(sides=st.tuples(*[st.integers(0, 90)] * 4), level=st.sampled_from([0, 16, 128, 255]))
def test_each_side_is_measured_by_itself(sides: tuple[int, int, int, int], level: int) -> None:
    assert borders.borders(framed(*sides, level)) == dict(zip(SIDES, sides, strict=True))


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_jpeg_moves_the_end_of_a_letterbox_by_less_than_a_block(quality: int) -> None:
    jpeg = Image.open(io.BytesIO(encoded(Image.fromarray(framed(43, 61, 0, 0, 16)), "JPEG", quality=quality)))
    found = borders.borders(np.asarray(jpeg))
    assert found["border_top"] == pytest.approx(43, abs=8)
    assert found["border_bottom"] == pytest.approx(61, abs=8)


def test_a_picture_without_a_frame_has_none() -> None:
    assert borders.borders(np.asarray(photo(99, 77).convert("L"))) == dict.fromkeys(SIDES, 0)


def test_a_clear_sky_is_no_border() -> None:
    sky = np.repeat(np.linspace(200, 120, 400).round().astype(np.uint8)[:, None], 300, axis=1)
    assert borders.borders(sky) == dict.fromkeys(SIDES, 0)


def test_a_picture_of_one_colour_is_all_border() -> None:
    assert borders.borders(np.full((50, 70), 9, np.uint8)) == dict.fromkeys(SIDES, 0) | {"border_top": 50}
