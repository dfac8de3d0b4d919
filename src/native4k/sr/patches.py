"""High-resolution training patches: cut once from the originals, memory-mapped, in an order that needs no state."""

import functools
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from annotated_types import Ge, Gt, Interval
from tqdm import tqdm

from native4k import images, params, tables
from native4k.errors import UserError

STEPS: dict[str, Any] = {"mininterval": 5.0, "dynamic_ncols": True}
"""How often progress is shown (seconds), also in a log file."""


@params.params
class Params:
    """How patches are cut; units and sources are in params.yaml."""

    side: Annotated[int, Gt(0)]
    per_image: Annotated[int, Gt(0)]
    textured_share: Annotated[float, Interval(ge=0, le=1)]
    tries: Annotated[int, Gt(0)]
    seed: Annotated[int, Ge(0)]


class Store(NamedTuple):
    """Patches (n, side, side, 3) in uint8, and the id of the image that each was cut from."""

    pixels: np.ndarray
    ids: list[str]


def pictures(folder: Path, *columns: str) -> pd.DataFrame:
    """The images of a split, sorted by id; their files are in the same folder."""
    table = tables.read(folder / "metadata.parquet", columns=["id", "file_name", *columns])
    if table.empty:
        raise UserError(f"{folder}: there are no images in this split; publish a dataset that has some")
    return table.sort_values("id", ignore_index=True)


def pixels(path: Path) -> np.ndarray:
    """The pixels of a picture, or one line that names the file at fault."""
    try:
        return images.load(path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; get it with: dvc pull {path.parent}") from None
    except images.Unreadable as error:
        raise UserError(f"{path}: cannot be decoded ({error}); get it again, or leave it out") from None


def fingerprint(folder: Path, table: pd.DataFrame, *others: object) -> str:
    """16 hex digits for whatever is made of these images and of the other values."""
    files = [[name, _size(folder / name)] for name in table["file_name"]]
    text = json.dumps([files, *others], default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load(path: Path, scale: int) -> Params:
    """How patches are cut, checked against the scale that they are wanted for."""
    numbers = params.load(Params, path, "sr", "patches")
    if numbers.side % scale:
        raise UserError(f"{path}: sr.patches.side: {numbers.side} is not a multiple of the scale {scale}")
    return numbers


def store(folder: Path, numbers: Params, scratch: Path, threads: int) -> Store:
    """The patches of a split, cut now or found in the scratch folder."""
    table = pictures(folder)
    code = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    home = scratch / fingerprint(folder, table, numbers, code)
    if not home.exists():
        with tables.whole_folder(home) as temporary:
            _cut_all([folder / name for name in table["file_name"]], numbers, temporary / "patches.npy", threads)
    ids = [str(name) for name in table["id"] for _ in range(numbers.per_image)]
    return Store(np.load(home / "patches.npy", mmap_mode="r"), ids)


def cut(picture: np.ndarray, name: str, numbers: Params) -> np.ndarray:
    """One image's patches; the same share of every image's is chosen for its texture, the rest by chance alone."""
    random = np.random.default_rng(list(hashlib.sha256(f"{numbers.seed} {name}".encode()).digest()))
    room = np.array(picture.shape[:2]) - numbers.side + 1
    texture = energy(picture)
    textured = round(numbers.textured_share * numbers.per_image)
    found = []
    for number in range(numbers.per_image):
        places = random.integers(room, size=(numbers.tries if number < textured else 1, 2))
        areas = [np.s_[top : top + numbers.side, left : left + numbers.side] for top, left in places]
        best = max(areas, key=lambda area: int(texture[area].sum(dtype=np.int64)))
        found.append(picture[best])
    return np.stack(found)


def order(seen: int, count: int, patches: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which patches come after `seen` ones, and how each is turned (0 to 7); every patch comes once an epoch."""
    positions = range(seen, seen + count)
    chosen = [_shuffled(position // patches, patches, seed)[position % patches] for position in positions]
    turns = [np.random.default_rng([seed, position]).integers(8) for position in positions]
    return np.array(chosen), np.array(turns)


def turn(patch: np.ndarray, way: int) -> np.ndarray:
    """One of the eight rotations and reflections of a square."""
    return np.rot90(patch[:, ::-1] if way >= 4 else patch, way % 4)  # noqa: PLR2004 (four turns of each face)


def energy(picture: np.ndarray) -> np.ndarray:
    """The green channel's steps to the right and downwards, in whole numbers so that every machine agrees."""
    green = picture[:, :, 1].astype(np.int16)
    steps = np.zeros(green.shape, np.int16)
    steps[:, 1:] += np.abs(np.diff(green, axis=1))
    steps[1:] += np.abs(np.diff(green, axis=0))
    return steps


@functools.lru_cache(maxsize=2)
def _shuffled(epoch: int, patches: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch, patches]).permutation(patches)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; get it with: dvc pull {path.parent}") from None


def _cut_all(paths: list[Path], numbers: Params, out: Path, threads: int) -> None:
    shape = (len(paths) * numbers.per_image, numbers.side, numbers.side, 3)
    stored = np.lib.format.open_memmap(out, mode="w+", dtype=np.uint8, shape=shape)

    def one(place: int) -> None:
        path, first = paths[place], place * numbers.per_image
        picture = pixels(path)
        if min(picture.shape[:2]) < numbers.side:
            height, width = picture.shape[:2]
            raise UserError(f"{path}: {width}x{height} is smaller than sr.patches.side {numbers.side}; lower that")
        stored[first : first + numbers.per_image] = cut(picture, path.stem, numbers)

    with ThreadPoolExecutor(threads) as pool:
        for _ in tqdm(pool.map(one, range(len(paths))), "cutting patches", len(paths), unit="image", **STEPS):
            pass
    stored.flush()
