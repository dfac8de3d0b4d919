"""Columns of the table: which view of an image fills each, and by what model or endpoint.

Views: full, resize:N (longer side), tiles:N (pixels a side), tiles:NxM (M tiles, whatever the step's number).
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
from PIL import Image
from pydantic import AfterValidator

from native4k import images
from native4k.progress import Bar

if TYPE_CHECKING:
    import pandas as pd

UNWEIGHTED = "none"
"""The hash of weights where there are none, or where they are not known."""

UNKNOWN = "unknown"
"""The label of an image for which no labeler predicts anything."""


class Model(NamedTuple):
    """What measures an image for a column, ready to use."""

    rate: "Callable[[Image.Image], dict[str, Any]]"
    weights: str = UNWEIGHTED  # hash of the learned weights


@dataclass(frozen=True, eq=False)
class Column:
    """A measure by its name in params, and how its columns of the table are filled."""

    name: str
    columns: tuple[str, ...]  # of the table
    key: str  # definition of all that the values depend on, beside the image's bytes
    load: Callable[[], Model] | None  # None: an endpoint fills it
    ask: "Callable[[pd.Series[str], Path, Path], list[dict[str, Any]]] | None" = None
    nothing: float | str = float("nan")  # what its columns hold for an image that the model cannot take

    def folder(self, root: Path) -> Path:
        """The folder of its cached rows, which has a folder for each set of weights."""
        return root / f"{self.name}-{self.key}"


NOT_MEASURABLE = (ValueError, RuntimeError, AssertionError, LookupError, ArithmeticError)
"""What models raise for an image that they cannot take, such as one narrower than their filters."""

DEVICE_FAULTS = frozenset({"OutOfMemoryError", "AcceleratorError"})
"""Of these, the names of torch's errors that are the machine's."""


def rate(column: Column, model: Model, image: Image.Image, file: str) -> dict[str, Any] | None:
    """What a model measures of an image; None, and a line that names the file, where it cannot take the image."""
    try:
        return model.rate(image)
    except NOT_MEASURABLE as error:
        if type(error).__name__ in DEVICE_FAULTS or "CUDA" in str(error):
            raise
        why = " ".join(str(error).split())[:200] or type(error).__name__
        Bar.write(f"{file} ({image.width}x{image.height}): no {', '.join(column.columns)}: {why}", file=sys.stderr)
        return None


def check_view(view: str) -> str:
    """Check that there is a view of a name."""
    if not re.fullmatch(r"full|resize:[1-9]\d{0,4}|tiles:[1-9]\d{0,4}(x[1-9]\d{0,3})?", view):
        raise ValueError(f"unknown view {view!r}; there are: full, resize:N, tiles:N, tiles:NxM")
    return view


View = Annotated[str, AfterValidator(check_view)]
TILE_STATISTICS = ("mean", "min", "spread")


def view_pixels(image: Image.Image, view: str, tiles: int) -> list[np.ndarray]:
    """The pixels a metric is shown."""
    kind, _, size = view.partition(":")
    if kind == "tiles":
        return images.tiles(image, *tile_size(view, tiles))
    if kind == "resize":
        image = image.copy()
        image.thumbnail((int(size), int(size)), Image.Resampling.LANCZOS)
    return [np.asarray(image)]


def tile_size(view: str, tiles: int) -> tuple[int, int]:
    """The side and the number of a view's tiles: its own number, or else the step's."""
    side, _, count = view.removeprefix("tiles:").partition("x")
    return int(side), int(count or tiles)


def shared_tiles(view: str, tiles: int) -> list[int]:
    """The step's number of tiles where a view depends on it, for definitions of columns."""
    return [tiles] if view.startswith("tiles") and "x" not in view else []


def view_images(image: Image.Image, view: str, tiles: int) -> list[Image.Image]:
    """The pictures a metric is shown."""
    return [image] if view == "full" else [Image.fromarray(pixels) for pixels in view_pixels(image, view, tiles)]


def view_columns(name: str, view: str) -> tuple[str, ...]:
    """The columns that a metric fills on a view."""
    return tuple(f"{name}_{part}" for part in TILE_STATISTICS) if view.startswith("tiles") else (name,)


def rate_view(
    image: Image.Image, name: str, view: str, tiles: int, rate: Callable[[list[np.ndarray]], list[float]]
) -> dict[str, float]:
    """The columns' values: of a tiled view the mean, the minimum and the spread."""
    return summarise_view(name, view, rate(view_pixels(image, view, tiles)))


def summarise_view(name: str, view: str, values: list[float]) -> dict[str, float]:
    """One value a column, of as many as the view has pictures."""
    tiled = view.startswith("tiles")
    found = [float(np.mean(values)), min(values), max(values) - min(values)] if tiled else values
    return dict(zip(view_columns(name, view), (round(float(value), 6) for value in found), strict=True))
