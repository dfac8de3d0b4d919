"""Folders of sub-images for BasicSR and KAIR: HR and LR_xSCALE with the same names, and meta_info.txt."""

import io
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from PIL import Image

from native4k import images, resample
from native4k.errors import UserError
from native4k.metadata.parallel import parallel_map
from native4k.progress import Bar
from native4k.publish.kinds import Source, Squares

Result = TypeVar("Result")

CHANNELS = 3
SAMPLED = 10
"""Pictures, evenly taken, of which a part is packed to see how large all will be."""


class Square(NamedTuple):
    """A sub-image's name, the original's pixels, and each scale's small ones."""

    name: str
    pixels: np.ndarray
    small: dict[int, np.ndarray]


def starts(length: int, side: int, step: int) -> list[int]:
    """Where squares begin along a side, the last one flush with its end."""
    places = list(range(0, length - side + 1, step))
    return [*places, length - side] if places and places[-1] + side < length else places


def png(pixels: np.ndarray, level: int) -> bytes:
    """The pixels, losslessly."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "PNG", compress_level=level)
    return out.getvalue()


def read_cropped(path: Path, scales: tuple[int, ...]) -> np.ndarray:
    """A picture, its sides cut to what every scale divides."""
    pixels, whole = images.load_or_fail(path), math.lcm(*scales)
    height, width = (side - side % whole for side in pixels.shape[:2])
    return pixels[:height, :width]


def small(pixels: np.ndarray, scale: int) -> np.ndarray:
    """The small version, the same that `native4k sr evaluate` asks baselines to enlarge."""
    return resample.to_pixels(resample.downscale(resample.to_tensor(pixels), scale))


def cut_squares(path: Path, name: str, numbers: Squares) -> list[Square]:
    """All squares of a picture, row by row."""
    pixels = read_cropped(path, numbers.scales)
    shrunk = {scale: small(pixels, scale) for scale in numbers.scales} if min(pixels.shape[:2]) else {}
    tops, lefts = (starts(length, numbers.side, numbers.step) for length in pixels.shape[:2])
    places = [(top, left) for top in tops for left in lefts]
    return [
        Square(
            f"{name}_s{number:03d}",
            window(pixels, top, left, numbers.side),
            {scale: window(shrunk[scale], top // scale, left // scale, numbers.side // scale) for scale in shrunk},
        )
        for number, (top, left) in enumerate(places, start=1)
    ]


def window(pixels: np.ndarray, top: int, left: int, side: int) -> np.ndarray:
    """A square of the pixels."""
    return pixels[top : top + side, left : left + side]


def squares_in(width: int, height: int, numbers: Squares) -> int:
    """How many squares a picture has."""
    whole = math.lcm(*numbers.scales)
    across, down = (len(starts(side - side % whole, numbers.side, numbers.step)) for side in (width, height))
    return across * down


def square_pixels(source: Source, split: str, numbers: Squares) -> int:
    """The pixels of all squares of a split."""
    return numbers.side**2 * sum(squares_in(*size, numbers) for size in source.sizes(split))


def packed_share(source: Source, level: int) -> float:
    """The share of the pixels' bytes that PNG takes, of a few pictures: .6 of photographs, .3 of smooth artwork."""
    files = [file for split in source.splits for _, file in source.files(split)]
    sampled = files[:: max(1, math.ceil(len(files) / SAMPLED))]
    strips = [middle_strip(images.load_or_fail(path)) for path in sampled]
    return sum(len(png(strip, level)) for strip in strips) / max(1, sum(strip.nbytes for strip in strips))


def middle_strip(pixels: np.ndarray) -> np.ndarray:
    """The middle third of a picture's lines."""
    third = len(pixels) // 3
    return pixels[third : len(pixels) - third]


def size(source: Source, numbers: Squares) -> int:
    """The bytes that an export takes, about."""
    pixels = sum(square_pixels(source, split, numbers) for split in source.splits)
    small_ones = sum(pixels / scale**2 for scale in numbers.scales)
    return round(CHANNELS * (pixels + small_ones) * packed_share(source, numbers.png_level))


def map_squares(source: Source, split: str, numbers: Squares, finish: Callable[[Square], Result]) -> Iterator[Result]:
    """What is made of each square of a split, in the order of the ids; says how many pictures are too small for any."""
    for scale in numbers.scales:
        if numbers.side % scale or numbers.step % scale:
            raise UserError(f"params export: side {numbers.side} and step {numbers.step} must be multiples of {scale}")

    def work(file: tuple[str, Path]) -> list[Result]:
        return [finish(square) for square in cut_squares(file[1], file[0], numbers)]

    torch.set_num_threads(1)  # pictures are processed in parallel
    files, without = source.files(split), 0
    for results in Bar(parallel_map(work, files), f"sub-images of {split}", len(files), unit="image", mininterval=5):
        without += not results
        yield from results
    if without:
        print(f"{split}: {without:,} pictures are smaller than {numbers.side} pixels and have no sub-image")


class PngSquare(NamedTuple):
    """A sub-image as PNG, its shape, and each scale's small one as PNG."""

    name: str
    shape: str
    content: bytes
    small: dict[int, bytes]


def png_squares(source: Source, split: str, numbers: Squares) -> Iterator[PngSquare]:
    """The squares of a split as PNG."""

    def finish(square: Square) -> PngSquare:
        height, width, channels = square.pixels.shape
        little = {scale: png(pixels, numbers.png_level) for scale, pixels in square.small.items()}
        return PngSquare(square.name, f"({height},{width},{channels})", png(square.pixels, numbers.png_level), little)

    return map_squares(source, split, numbers, finish)


def export(source: Source, folder: Path, numbers: Squares) -> None:
    """Write HR, each LR_xSCALE and the list of names and shapes, a folder a split."""
    for split in source.splits:
        places = {scale: folder / split / f"LR_x{scale}" for scale in numbers.scales}
        for place in (folder / split / "HR", *places.values()):
            place.mkdir(parents=True)
        with (folder / split / "meta_info.txt").open("w", encoding="utf-8") as lines:
            for square in png_squares(source, split, numbers):
                name = f"{square.name}.png"
                (folder / split / "HR" / name).write_bytes(square.content)
                for scale, content in square.small.items():
                    (places[scale] / name).write_bytes(content)
                lines.write(f"{name} {square.shape}\n")
