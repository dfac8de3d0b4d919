"""Pairs of a test picture and its low-resolution picture: of our split, and of folders laid out as published sets are.

High-resolution files are named NAME, NAME_HR or NAME_SRF_4_HR; low-resolution files NAME, NAMEx4, NAME_LR, NAME_LR4,
NAME_LRx4, NAME_LRBI_x4 or NAME_SRF_4_LR, the number being the scale: Set14, Urban100, DIV2K and RealSR are.
"""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from native4k import degrade, images, params
from native4k.errors import UserError
from native4k.sr import patches

HIGH = r"(?P<name>.+?)(?P<mark>(?:_SRF_(?P<srf>\d+))?_HR)?"
LOW = r"(?P<name>.+?)(?P<mark>_SRF_(?P<srf>\d+)_LR|(?:_LR(?:BI)?)?_?x(?P<x>\d+)|_LR(?P<lr>\d*))?"


@params.params
class Params:
    """Folders, with {scale} for the scale; without one of low-resolution pictures they are made by a degradation."""

    high: str
    low: str | None = None
    degradation: degrade.Name | None = None


class Pair(NamedTuple):
    """An image, and where its low-resolution picture is if it is given."""

    id: str
    category: str
    high: Path
    low: Path | None


class Pictures(NamedTuple):
    """A pair's pixels; the sides of the high-resolution picture are multiples of the scale."""

    small: np.ndarray
    truth: np.ndarray


class Making(NamedTuple):
    """How low-resolution pictures are made where none are given."""

    name: degrade.Name
    numbers: degrade.Params


def check(sets: dict[str, Params], where: str) -> None:
    """Refuse a set that gives low-resolution pictures and a degradation, or neither."""
    for name, numbers in sets.items():
        if (numbers.low is None) == (numbers.degradation is None):
            raise UserError(f"{where}.{name}: give either low or degradation")


def own_pairs(folder: Path) -> list[Pair]:
    """List the pairs of a published split of ours."""
    table = patches.pictures(folder, "category")
    return [Pair(str(row.id), str(row.category), folder / str(row.file_name), None) for row in table.itertuples()]


def published_pairs(name: str, numbers: Params, scale: int) -> list[Pair]:
    """List the pairs of a published set, by the names that its files have in common."""
    high = pictures_by_name(Path(numbers.high.format(scale=scale)), HIGH, scale)
    low: dict[str, Path] = {}
    if numbers.low is not None:
        folder = Path(numbers.low.format(scale=scale))
        low = pictures_by_name(folder, LOW, scale)
        alone = sorted(high.keys() ^ low.keys())
        if alone:
            lacks = folder if alone[0] in high else Path(numbers.high.format(scale=scale))
            other = (high | low)[alone[0]].name
            raise UserError(f"{lacks}: no picture goes with {other} at scale {scale}; see sr.evaluate.test_sets.{name}")
    pairs = [Pair(image, name, path, low.get(image)) for image, path in sorted(high.items())]
    for pair in pairs:
        if pair.low is not None:
            check_sizes(pair, scale)
    return pairs


def pictures_by_name(folder: Path, pattern: str, scale: int) -> dict[str, Path]:
    """Find a folder's pictures by their names without marks; if some are marked, only those marked for the scale."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; correct sr.evaluate.test_sets")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in images.ENDINGS)
    found = [(path, re.fullmatch(pattern, path.stem)) for path in paths]
    matches = [(path, match.groupdict()) for path, match in found if match is not None]
    if any(groups["mark"] for _, groups in matches):
        matches = [(path, groups) for path, groups in matches if groups["mark"] and _scale(groups) in {None, scale}]
    made: dict[str, Path] = {}
    for path, groups in matches:
        other = made.setdefault(groups["name"], path)
        if other != path:
            raise UserError(f"{path}: is {groups['name']}, as {other.name} is; keep one of them in that folder")
    if not made:
        raise UserError(f"{folder}: there are no pictures for scale {scale} here; correct sr.evaluate.test_sets")
    return made


def open_pair(pair: Pair, scale: int, making: Making | None) -> Pictures:
    """Read a pair's pixels; those of low resolution are made now if there is no file."""
    truth = images.load_or_fail(pair.high)
    height, width = (side - side % scale for side in truth.shape[:2])
    if not height or not width:
        raise UserError(f"{pair.high}: smaller than one pixel at scale {scale}; leave it out of the split")
    truth = truth[:height, :width]
    if pair.low is None:
        assert making is not None
        return Pictures(degrade.degrade(truth, pair.id, scale, *making), truth)
    return Pictures(images.load_or_fail(pair.low), truth)


def check_sizes(pair: Pair, scale: int) -> None:
    """Refuse a low-resolution picture of another size than the scale makes, before anything is measured."""
    assert pair.low is not None
    (width, height), found = _sides(pair.high), _sides(pair.low)
    if found != (width // scale, height // scale):
        sizes = f"{pair.low}: {found[0]}x{found[1]} does not go with {pair.high}: {width}x{height}"
        raise UserError(f"{sizes} at scale {scale}, it should be {width // scale}x{height // scale}")


def _sides(path: Path) -> tuple[int, int]:
    """Read width and height from the header alone."""
    try:
        return images.header(path)[1:]
    except images.Unreadable as error:
        raise UserError(f"{path}: cannot be decoded ({error}); get it again, or leave it out") from None


def _scale(groups: dict[str, str | None]) -> int | None:
    """Return the scale in a file's name, if there is one."""
    found = next((groups[key] for key in ("srf", "x", "lr") if groups.get(key)), None)
    return int(found) if found else None
