"""Comparison pictures: the images that a baseline does worst and best on, where they have the most texture."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from native4k import resample
from native4k.sr.patches import cutting


class Shown(NamedTuple):
    """An image's value, its id, and its strip."""

    value: float
    id: str
    strip: np.ndarray


class Extremes:
    """The images with the lowest and with the highest values so far, so many of each."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.worst: list[Shown] = []
        self.best: list[Shown] = []

    def wants(self, value: float) -> bool:
        """Whether an image with this value belongs to either list."""
        full = len(self.worst) == self.count
        return bool(self.count) and (not full or value < self.worst[-1].value or value > self.best[-1].value)

    def add(self, shown: Shown) -> None:
        """Add an image to the lists where its value belongs."""
        self.worst = sorted([*self.worst, shown], key=lambda one: (one.value, one.id))[: self.count]
        self.best = sorted([*self.best, shown], key=lambda one: (-one.value, one.id))[: self.count]

    def save(self, folder: Path) -> None:
        """Write files such as worst-1-ID.webp; of few images, none is shown as both."""
        below = {shown.id for shown in self.worst}
        for name, kept in (("worst", self.worst), ("best", [one for one in self.best if one.id not in below])):
            for place, shown in enumerate(kept, 1):
                Image.fromarray(shown.strip).save(folder / f"{name}-{place}-{shown.id}.webp", lossless=True)


def comparison(small: np.ndarray, ours: np.ndarray, truth: np.ndarray, side: int) -> np.ndarray:
    """Lay bicubic, ours and the original side by side, where the original has the most texture."""
    scale = truth.shape[0] // small.shape[0]
    place = textured_square(truth, min(side, *truth.shape[:2]) // scale * scale)
    plain = resample.imresize(resample.to_tensor(small), scale)[:, *place]
    return np.concatenate([resample.to_pixels(resample.quantise(plain)), ours[place], truth[place]], axis=1)


def textured_square(picture: np.ndarray, side: int) -> tuple[slice, slice]:
    """Find the square with the most texture, of those that lie side by side from the picture's top left corner."""
    rows, columns = (length // side for length in picture.shape[:2])
    cells = cutting.energy(picture)[: rows * side, : columns * side].reshape(rows, side, columns, side)
    row, column = divmod(int(cells.sum(axis=(1, 3), dtype=np.int64).argmax()), columns)
    return slice(row * side, (row + 1) * side), slice(column * side, (column + 1) * side)
