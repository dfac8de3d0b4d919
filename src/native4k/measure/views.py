"""What a metric is shown of an image: full, resize:N (longer side) or tiles:N (native pixels), and its columns."""

import re
from collections.abc import Callable
from typing import Annotated

import numpy as np
from PIL import Image
from pydantic import AfterValidator

from native4k import images


def named(view: str) -> str:
    """A view's name, if there is such a view."""
    if not re.fullmatch(r"full|(resize|tiles):[1-9]\d{0,4}", view):
        raise ValueError(f"unknown view {view!r}; there are: full, resize:N, tiles:N")
    return view


View = Annotated[str, AfterValidator(named)]
TILED = ("mean", "min", "spread")


def views(image: Image.Image, view: str, tiles: int) -> list[np.ndarray]:
    """The pixels a metric is shown."""
    kind, _, size = view.partition(":")
    if kind == "tiles":
        return images.tiles(image, int(size), tiles)
    if kind == "resize":
        image = image.copy()
        image.thumbnail((int(size), int(size)), Image.Resampling.LANCZOS)
    return [np.asarray(image)]


def pictures(image: Image.Image, view: str, tiles: int) -> list[Image.Image]:
    """The pictures a metric is shown."""
    return [image] if view == "full" else [Image.fromarray(pixels) for pixels in views(image, view, tiles)]


def columns(name: str, view: str) -> tuple[str, ...]:
    """The columns that a metric fills on a view."""
    return tuple(f"{name}_{part}" for part in TILED) if view.startswith("tiles") else (name,)


def rated(
    image: Image.Image, name: str, view: str, tiles: int, rate: Callable[[list[np.ndarray]], list[float]]
) -> dict[str, float]:
    """The columns' values: of a tiled view the mean, the minimum and the spread."""
    return gathered(name, view, rate(views(image, view, tiles)))


def gathered(name: str, view: str, values: list[float]) -> dict[str, float]:
    """One value a column, of as many as the view has pictures."""
    tiled = view.startswith("tiles")
    found = [float(np.mean(values)), min(values), max(values) - min(values)] if tiled else values
    return dict(zip(columns(name, view), (round(float(value), 6) for value in found), strict=True))
