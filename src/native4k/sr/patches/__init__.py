"""Stores of training patches: cut once from the originals in pieces, memory-mapped, and shuffled by arithmetic."""

import dataclasses
import functools
import hashlib
import json
import math
import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd

from native4k import images, params, provenance, tables
from native4k.errors import UserError
from native4k.progress import Bar
from native4k.sr.patches import cutting, pieces
from native4k.sr.patches.cutting import View

STEPS: dict[str, Any] = {"mininterval": 5.0, "dynamic_ncols": True}
"""How often progress is shown (seconds), also in a log file."""

Params = cutting.Params
"""How patches are cut."""

IMAGES = 16
"""Images in a piece of a store: what is lost when one is killed, about three seconds of work."""

ROUNDS = 8


class Store(NamedTuple):
    """Patches (n, side, side, 3) in uint8, and the id of the image that each was cut from."""

    pixels: np.ndarray
    ids: list[str]


def pictures(folder: Path, *columns: str) -> pd.DataFrame:
    """Read the rows of a split, sorted by id; the files are in the same folder."""
    table = tables.read(folder / "metadata.parquet", columns=["id", "file_name", *columns])
    if table.empty:
        raise UserError(f"{folder}: there are no images in this split; publish a dataset that has some")
    return table.sort_values("id", ignore_index=True)


def fingerprint(folder: Path, table: pd.DataFrame, *others: object) -> str:
    """Return 16 hex digits for whatever is made of these images and of the other values."""
    files = [[name, _size(folder / name)] for name in table["file_name"]]
    text = json.dumps([files, *others], default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load(path: Path, scale: int, side: int | None = None) -> Params:
    """Load how patches are cut, with the baseline's own side if it has one, checked against its scale."""
    numbers = params.load(Params, path, "sr", "patches")
    if side is not None:
        numbers = dataclasses.replace(numbers, side=side)
    if numbers.side % scale:
        key = "sr.patches.side" if side is None else "the baseline's side"
        raise UserError(f"{path}: {key}: {numbers.side} is not a multiple of the scale {scale}")
    return numbers


def store(folder: Path, numbers: Params, scratch: Path, threads: int, view: View = "native") -> Store:
    """Return the patches of a split in one view, cut now or found in the scratch folder."""
    return stores(folder, numbers, scratch, threads, view)[view]


def stores(folder: Path, numbers: Params, scratch: Path, threads: int, *views: View) -> dict[View, Store]:
    """Return the patches of a split in several views, of the same places, each image decoded once.

    Processes that ask at once share the work; the same command again goes on where one was killed.
    """
    for view in views:
        cutting.check(numbers, view)
    table = pictures(folder, "width", "height")
    _check_sizes(table, folder, numbers)
    names, paths = [str(name) for name in table["file_name"]], [folder / name for name in table["file_name"]]
    home = scratch / _key(names, numbers)
    marks = [_mark(paths[first : first + IMAGES]) for first in range(0, len(paths), IMAGES)]
    parts: dict[str, pieces.Pieces] = {}
    for view in views:
        side = cutting.side(numbers, view)
        shape = (len(paths) * numbers.per_image, side, side, 3)
        parts[view] = pieces.Pieces(home / view, shape, IMAGES * numbers.per_image, marks)
    if any(part.missing() for part in parts.values()):
        _cut_all(paths, numbers, home, parts, threads)
    ids = [str(name) for name in table["id"] for _ in range(numbers.per_image)]
    return {view: Store(parts[view].array(), ids) for view in views}


def order(seen: int, count: int, patches: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which patches come after `seen` ones, and how each is turned (0 to 7); each comes once an epoch.

    `seen` counts over all processes: one that takes part of a batch asks for its positions.
    """
    positions = np.arange(seen, seen + count)
    epochs, places = np.divmod(positions, patches)
    chosen = np.empty_like(positions)
    for epoch in np.unique(epochs):
        chosen[epochs == epoch] = shuffle(places[epochs == epoch], patches, seed, int(epoch))
    return chosen, draw_ways(positions, 8, seed)


def turn(patch: np.ndarray, way: int) -> np.ndarray:
    """Rotate or reflect a square, in one of eight ways."""
    return np.rot90(patch[:, ::-1] if way >= 4 else patch, way % 4)  # noqa: PLR2004 (four turns of each face)


def _check_sizes(table: pd.DataFrame, folder: Path, numbers: Params) -> None:
    least = cutting.min_side(numbers)
    small = table[table[["width", "height"]].min(axis=1) < least]
    if len(small):
        first = small.iloc[0]
        raise UserError(
            f"{folder / first.file_name}: {first.width}x{first.height} has no room for sr.patches.side {numbers.side} "
            f"and sr.patches.margin {numbers.margin} around it, {least} pixels; lower these"
            + (f" ({len(small)} of {len(table)} images are too small)" if len(small) > 1 else "")
        )


def _key(names: list[str], numbers: Params) -> str:
    """Return 16 hex digits for the images by their names, the numbers and the code that decides bytes."""
    text = json.dumps([names, numbers, provenance.code("native4k.sr.patches.cutting", "native4k.images")], default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _mark(paths: list[Path]) -> str:
    """Return 16 hex digits for a piece's images as they are now."""
    text = json.dumps([[path.name, _size(path)] for path in paths])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; get it with: dvc pull {path.parent}") from None


def _cut_all(paths: list[Path], numbers: Params, home: Path, parts: dict[str, pieces.Pieces], threads: int) -> None:
    def make(piece: int, views: list[str]) -> dict[str, np.ndarray]:
        found: dict[str, list[np.ndarray]] = {view: [] for view in views}
        for path in paths[piece * IMAGES : (piece + 1) * IMAGES]:
            picture = images.load_or_fail(path)
            for view, made in found.items():
                made.append(cutting.cut(picture, path.stem, numbers, cast("View", view)))
        return {view: np.concatenate(made) for view, made in found.items()}

    _check_disk(home.parent, sum(part.missing_bytes() for part in parts.values()))
    home.mkdir(parents=True, exist_ok=True)
    with Bar(desc="cutting patches", total=len(paths), unit="image", disable=_is_not_first_rank(), **STEPS) as bar:
        todo = len({piece for part in parts.values() for piece in part.missing()})
        bar.update(max(0, len(paths) - todo * IMAGES))
        for piece in pieces.fill(parts, home / "lock", threads, make):
            bar.update(len(paths[piece * IMAGES : (piece + 1) * IMAGES]))


def _is_not_first_rank() -> bool:
    """Whether this is one of torchrun's processes and not the first, whose progress is shown."""
    return os.environ.get("RANK", "0") != "0"


def _check_disk(scratch: Path, needed: int) -> None:
    scratch.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(scratch).free
    if needed > free:
        raise UserError(
            f"{scratch}: the patches take {needed / 1e9:.2f} GB, {free / 1e9:.2f} GB are free; remove stores of old "
            "numbers there, name another --scratch, or lower sr.patches.per_image"
        )


def shuffle(places: np.ndarray, count: int, seed: int, epoch: int) -> np.ndarray:
    """Permute the numbers below `count`.

    The network permutes the next square; a number that it takes beyond the last patch goes through it again.
    """
    side = np.uint64(math.isqrt(count - 1) + 1)
    keys = _round_keys(seed, epoch)
    found = _permute(places.astype(np.uint64), side, keys)
    while len(beyond := np.flatnonzero(found >= count)):
        found[beyond] = _permute(found[beyond], side, keys)
    return found.astype(np.int64)


def draw_ways(positions: np.ndarray, ways: int, seed: int) -> np.ndarray:
    """Draw a number below `ways` for each position."""
    key = _round_keys(seed, -1)[0]
    return (_mix(positions.astype(np.uint64) ^ key) % np.uint64(ways)).astype(np.int64)


def _permute(numbers: np.ndarray, side: np.uint64, keys: tuple[np.uint64, ...]) -> np.ndarray:
    left, right = np.divmod(numbers, side)
    for key in keys:
        left, right = right, (left + _mix(right ^ key) % side) % side
    return left * side + right


def _mix(numbers: np.ndarray) -> np.ndarray:
    """Mix the bits of each number (splitmix64: Steele, Lea and Flood 2014)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


@functools.lru_cache(maxsize=8)
def _round_keys(seed: int, epoch: int) -> tuple[np.uint64, ...]:
    return tuple(np.random.SeedSequence([seed, epoch + 1]).generate_state(ROUNDS, np.uint64))
