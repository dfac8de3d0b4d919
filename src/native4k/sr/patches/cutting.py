"""Which patches are cut out of a picture, and in which views; all that decides a stored patch's bytes is here.

A view is what a patch shows of the same place: `native`, the original's pixels; `half`, as many pixels around the same
centre of the picture brought down by 2; `half_field`, what native shows in half as many pixels; `upscaled`, native
brought down by 2 and up again. Bringing down is MATLAB's bicubic in whole numbers: the same bits on every machine.
"""

import hashlib
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Interval
from torch import Tensor

from native4k import params, resample
from native4k.errors import UserError

View = Literal["native", "half", "half_field", "upscaled"]

PAD = 8  # pixels around an area, more than bicubic reaches when it halves; even
STEP = 2  # pixels between places, so that each is a place of the halved picture too


@params.params
class Params:
    """How patches are cut; units and sources are in params.yaml."""

    side: Annotated[int, Gt(0)]
    margin: Annotated[int, Ge(0)]
    per_image: Annotated[int, Gt(0)]
    textured_share: Annotated[float, Interval(ge=0, le=1)]
    tries: Annotated[int, Gt(0)]
    seed: Annotated[int, Ge(0)]


def check(numbers: Params, view: View) -> None:
    """Refuse a view that has no exact place or no room."""
    if view in {"half", "half_field"} and numbers.side % (2 * STEP):
        raise UserError(f"sr.patches.side: must be a multiple of {2 * STEP} for the view {view} (got {numbers.side})")
    if view == "half" and numbers.margin < numbers.side // 2:
        raise UserError(
            f"sr.patches.margin: must be {numbers.side // 2}, half of the side, or more for the view half "
            f"(got {numbers.margin})"
        )


def side(numbers: Params, view: View) -> int:
    """Pixels of a view's patches."""
    return numbers.side // 2 if view == "half_field" else numbers.side


def min_side(numbers: Params) -> int:
    """Pixels of the shorter side of a picture that patches can be cut from."""
    return numbers.side + 2 * _first(numbers)


def choose_places(picture: np.ndarray, name: str, numbers: Params) -> np.ndarray:
    """Tops and lefts; the same share of every image's is chosen for its texture, the rest by chance alone."""
    random = np.random.default_rng(list(hashlib.sha256(f"{numbers.seed} {name}".encode()).digest()))
    room = (np.array(picture.shape[:2]) - min_side(numbers)) // STEP + 1
    textured = round(numbers.textured_share * numbers.per_image)
    found = []
    for number in range(numbers.per_image):
        tried = random.integers(room, size=(numbers.tries if number < textured else 1, 2)) * STEP + _first(numbers)
        found.append(tried[int(np.argmax([_texture(picture, place, numbers.side) for place in tried]))])
    return np.array(found)


def cut(picture: np.ndarray, name: str, numbers: Params, view: View) -> np.ndarray:
    """One image's patches (per_image, side, side, 3)."""
    chosen = choose_places(picture, name, numbers)
    return np.stack([patch(picture, (int(top), int(left)), numbers.side, view) for top, left in chosen])


def patch(picture: np.ndarray, place: tuple[int, int], side: int, view: View) -> np.ndarray:
    """The patch at a place of the native picture, even rows and columns; equal to one cut from the whole view."""
    top, left = place
    match view:
        case "native":
            return picture[top : top + side, left : left + side]
        case "half":
            return resample.to_pixels(_halved(picture, (top - side // 2) // 2, (left - side // 2) // 2, side))
        case "half_field":
            return resample.to_pixels(_halved(picture, top // 2, left // 2, side // 2))
        case "upscaled":
            return resample.to_pixels(_upscaled(picture, top, left, side))


def energy(picture: np.ndarray) -> np.ndarray:
    """The green channel's steps to the right and downwards, in whole numbers so that every machine agrees."""
    green = picture[:, :, 1].astype(np.int16)
    steps = np.zeros(green.shape, np.int16)
    steps[:, 1:] += np.abs(np.diff(green, axis=1))
    steps[1:] += np.abs(np.diff(green, axis=0))
    return steps


def _first(numbers: Params) -> int:
    return -(-numbers.margin // STEP) * STEP


def _texture(picture: np.ndarray, place: np.ndarray, side: int) -> int:
    top, left = place
    return int(energy(picture[top : top + side, left : left + side]).sum(dtype=np.int64))


def _halved(picture: np.ndarray, top: int, left: int, side: int) -> Tensor:
    """A square of the picture brought down by 2, in that picture's pixels; only what it depends on is read."""
    starts = [max(2 * first - PAD, 0) for first in (top, left)]
    rows, columns = (slice(start, 2 * (first + side) + PAD) for start, first in zip(starts, (top, left), strict=True))
    small = resample.downscale(resample.to_tensor(picture[rows, columns]), 2)
    above, before = top - starts[0] // 2, left - starts[1] // 2
    return small[:, above : above + side, before : before + side]


def _upscaled(picture: np.ndarray, top: int, left: int, side: int) -> Tensor:
    """A square of the picture brought down by 2 and up again."""
    starts = [max(first - 2 * PAD, 0) for first in (top, left)]
    rows, columns = (slice(start, first + side + 2 * PAD) for start, first in zip(starts, (top, left), strict=True))
    small = resample.downscale(resample.to_tensor(picture[rows, columns]), 2)
    large = resample.resize_exactly(small, 2)
    above, before = top - starts[0], left - starts[1]
    return large[:, above : above + side, before : before + side]
