"""Breaks within a scan: the shift that lost differences leave, against edges of a picture's own."""

import numpy as np
import pytest
from PIL import Image

from native4k.measure import scan_breaks
from tests.pictures import photo


def picture(width: int = 960, height: int = 200) -> np.ndarray:
    return np.asarray(photo(width, height)).astype(int) // 2 + 60


def shifted(pixels: np.ndarray, row: int, column: int, size: int, shift: tuple[int, ...]) -> np.ndarray:
    """All blocks from one on in another shade."""
    made = pixels.copy()
    made[row * size : (row + 1) * size, column * size :] += shift
    made[(row + 1) * size :] += shift
    return np.clip(made, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", [8, 16])
@pytest.mark.parametrize("shift", [(30, 30, 30), (-30, -30, -30), (30, 0, -30)])
def test_blocks_of_another_shade_from_one_on_are_a_break(size: int, shift: tuple[int, ...]) -> None:
    assert scan_breaks.is_broken(shifted(picture(), 4, 20, size, shift), (size, size))


def test_a_break_of_a_grey_picture_is_found() -> None:
    assert scan_breaks.is_broken(shifted(picture()[..., :1], 4, 20, 8, (30,))[..., 0], (8, 8))


@pytest.mark.parametrize("column", [0, 1, 119])
def test_a_straight_edge_between_rows_of_blocks_is_no_break(column: int) -> None:
    assert not scan_breaks.is_broken(shifted(picture(), 4, column, 8, (30, 30, 30)), (8, 8))


def test_a_picture_as_it_is_has_no_break() -> None:
    assert not scan_breaks.is_broken(picture().astype(np.uint8), (8, 8))


def test_an_edge_that_does_not_lie_between_blocks_is_no_break() -> None:
    pixels = np.pad(picture(), ((3, 0), (0, 0), (0, 0)), mode="edge")
    assert not scan_breaks.is_broken(shifted(pixels, 4, 20, 8, (30, 30, 30))[3:], (8, 8))


def test_a_thin_line_of_that_form_is_no_break() -> None:
    pixels = picture()
    pixels[32, 160:] += 60
    pixels[40, :160] += 60
    assert not scan_breaks.is_broken(pixels.astype(np.uint8), (8, 8))


def test_steps_everywhere_as_coarse_quantisation_makes_them_are_no_break() -> None:
    small = np.asarray(photo(120, 25)).astype(int) // 2 + 60
    blocks = np.kron(small, np.ones((8, 8, 1), int))
    assert not scan_breaks.is_broken(shifted(blocks, 4, 20, 8, (12, 12, 12)), (8, 8))


@pytest.mark.parametrize("size", [(1, 1), (16, 4000), (4000, 1), (392, 400), (640, 20)])
def test_a_picture_too_small_to_tell_has_no_break(size: tuple[int, int]) -> None:
    assert not scan_breaks.is_broken(np.asarray(Image.new("RGB", size)), (8, 8))
