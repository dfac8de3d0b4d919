"""The cells of the question: a network each, trained on one view of some images with one seed."""

import dataclasses
import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple, cast

import numpy as np
from annotated_types import Ge, Gt, MinLen

from native4k import params
from native4k.errors import UserError
from native4k.sr import baselines, degrade, networks, patches, train
from native4k.sr.patches import cutting
from native4k.sr.task import Task

WEIGHTS = "weights"
"""The finished network in a cell's folder."""

Scale = Annotated[int, Gt(1)]


@params.params
class Grid:
    """Every combination is a cell; of images, null is all there are."""

    scales: Annotated[tuple[Scale, ...], MinLen(1)]
    arms: Annotated[tuple[cutting.View, ...], MinLen(1)]
    images: Annotated[tuple[Annotated[int, Gt(0)] | None, ...], MinLen(1)]
    seeds: Annotated[tuple[Annotated[int, Ge(0)], ...], MinLen(1)]


class Cell(NamedTuple):
    """One training run of the question."""

    scale: int
    images: int
    arm: cutting.View
    seed: int

    def __str__(self) -> str:
        return f"x{self.scale} {self.arm} {self.images} images seed {self.seed}"


class Places:
    """The patches of some images, read in place where a store has them; in the store's order."""

    def __init__(self, pixels: np.ndarray, places: np.ndarray) -> None:
        self.pixels, self.places = pixels, places
        self.shape = (len(places), *pixels.shape[1:])

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, place: int | np.ndarray) -> np.ndarray:
        found: np.ndarray = self.pixels[self.places[place]]
        return found


def cells(grids: Sequence[Grid], there: int, where: str) -> list[Cell]:
    """The cells of all grids, each once, in order; `there` is how many training images there are."""
    found = set()
    for grid in grids:
        beyond = [count for count in grid.images if count is not None and count > there]
        if beyond:
            raise UserError(f"{where}: {beyond[0]} training images are wanted, there are {there}; write null for all")
        found |= {
            Cell(scale, there if count is None else count, arm, seed)
            for scale in grid.scales
            for count in grid.images
            for arm in grid.arms
            for seed in grid.seeds
        }
    return sorted(found)


def few(store: patches.Store, images: int) -> patches.Store:
    """The patches of so many images, chosen by a hash of the id: a larger number contains a smaller one's."""
    names = sorted(set(store.ids), key=lambda name: hashlib.sha256(name.encode()).digest())
    if images == len(names):
        return store
    chosen = set(names[:images])
    places = np.array([place for place, name in enumerate(store.ids) if name in chosen])
    return patches.Store(cast("np.ndarray", Places(store.pixels, places)), [store.ids[place] for place in places])


def saved(
    cell: Cell, network: networks.Network, training: baselines.Training, cut: patches.Params, made: degrade.Params
) -> baselines.Saved:
    """All that a cell's weights come from, but for the pictures."""
    numbers = dataclasses.replace(training, seed=cell.seed)
    baseline = baselines.Params(scale=cell.scale, network=network, training=numbers)
    making = None if training.degradation == "bicubic" else made
    return baselines.Saved(name=str(cell), baseline=baseline, patches=cut, degrade=making)


def finished(home: Path) -> bool:
    """Whether a cell is trained; its folder of weights is written whole."""
    return (home / WEIGHTS).exists()


def learn(whole: baselines.Saved, learned: patches.Store, checked: patches.Store, home: Path, where: str) -> None:
    """Train a cell, or go on with it; arms of the same seed begin with the same weights."""
    task = Task(learned, checked, whole.baseline.scale, whole.degrade, {})
    network, _ = train.train(whole.baseline, task, home / "training", where)
    baselines.save(whole, network, home / WEIGHTS)
    shutil.rmtree(home / "training", ignore_errors=True)
