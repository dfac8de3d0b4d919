"""For OSEDiff: train/ with a list of its files in train.txt, and test_HR beside test_SR_bicubic for the other splits.

The list holds paths as OUT was typed, since OSEDiff opens them from where it is started.
"""

from pathlib import Path

import numpy as np

from native4k import resample
from native4k.errors import UserError
from native4k.publish.kinds import Source, Squares, subimages


def enlarged(pixels: np.ndarray, scale: int) -> np.ndarray:
    """The small version brought back to full size by bicubic interpolation, as OSEDiff's input is."""
    return resample.to_pixels(resample.quantise(resample.imresize(resample.to_tensor(pixels), scale)))


def size(source: Source, numbers: Squares) -> int:
    """The bytes that an export takes, about; other splits than train have each square twice."""
    pixels = sum(
        subimages.square_pixels(source, name, numbers) * (1 if name == "train" else 2) for name in source.splits
    )
    return round(subimages.CHANNELS * pixels * subimages.packed_share(source, numbers.png_level))


def export(source: Source, folder: Path, numbers: Squares) -> None:
    """Write squares of train with their list, and pairs of the other splits."""
    if len(numbers.scales) != 1:
        raise UserError(f"params export.osediff.scales: expected one scale, got {len(numbers.scales)}")
    for split in source.splits:
        if split == "train":
            export_train(source, folder, numbers)
        else:
            export_pairs(source, split, folder / split, numbers)


def export_train(source: Source, folder: Path, numbers: Squares) -> None:
    """Write the squares of train and their list."""
    (folder / "train").mkdir()
    with (folder / "train.txt").open("w", encoding="utf-8") as lines:
        for square in subimages.png_squares(source, "train", numbers):
            name = f"train/{square.name}.png"
            (folder / name).write_bytes(square.content)
            lines.write(f"{source.out / name}\n")


def export_pairs(source: Source, split: str, folder: Path, numbers: Squares) -> None:
    """Write the squares of a split, and their small versions enlarged, under the same names."""
    scale, level = numbers.scales[0], numbers.png_level

    def pair(square: subimages.Square) -> tuple[str, bytes, bytes]:
        bicubic = enlarged(square.small[scale], scale)
        return square.name, subimages.png(square.pixels, level), subimages.png(bicubic, level)

    for place in ("test_HR", "test_SR_bicubic"):
        (folder / place).mkdir(parents=True)
    for name, original, bicubic in subimages.map_squares(source, split, numbers, pair):
        (folder / "test_HR" / f"{name}.png").write_bytes(original)
        (folder / "test_SR_bicubic" / f"{name}.png").write_bytes(bicubic)
