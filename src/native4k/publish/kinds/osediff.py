"""For OSEDiff: train/ with a list of its files in train.txt, and test_HR beside test_SR_bicubic for the other splits.

The list holds paths as OUT was typed, since OSEDiff opens them from where it is started.
"""

from pathlib import Path

import numpy as np

from native4k import resample
from native4k.errors import UserError
from native4k.publish.kinds import squares
from native4k.publish.kinds.numbers import Squares
from native4k.publish.kinds.source import Source


def enlarged(pixels: np.ndarray, scale: int) -> np.ndarray:
    """The small version brought back to full size by bicubic interpolation, as OSEDiff's input is."""
    return resample.to_pixels(resample.quantise(resample.imresize(resample.to_tensor(pixels), scale)))


def export(source: Source, folder: Path, numbers: Squares) -> None:
    """Write squares of train with their list, and pairs of the other splits."""
    if len(numbers.scales) != 1:
        raise UserError(f"params export.osediff.scales: expected one scale, got {len(numbers.scales)}")
    scale, level = numbers.scales[0], numbers.png_level

    def finish(square: squares.Square) -> tuple[str, bytes, bytes]:
        bicubic = enlarged(square.small[scale], scale)
        return square.name, squares.png(square.pixels, level), squares.png(bicubic, level)

    for split in source.splits:
        if split == "train":
            train(source, folder, numbers)
            continue
        places = [folder / split / name for name in ("test_HR", "test_SR_bicubic")]
        for place in places:
            place.mkdir(parents=True)
        for name, *pair in squares.walk(source, split, numbers, finish):
            for place, content in zip(places, pair, strict=True):
                (place / f"{name}.png").write_bytes(content)


def train(source: Source, folder: Path, numbers: Squares) -> None:
    """Write the squares of train and their list."""
    (folder / "train").mkdir()
    with (folder / "train.txt").open("w", encoding="utf-8") as lines:
        for square in squares.packed(source, "train", numbers):
            name = f"train/{square.name}.png"
            (folder / name).write_bytes(square.content)
            lines.write(f"{source.out / name}\n")
