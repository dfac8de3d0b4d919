"""The study's training runs: one network each, trained with one seed on one arm's patches of some images."""

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
"""The finished network in a run's folder."""

Scale = Annotated[int, Gt(1)]


@params.params
class Grid:
    """Every combination is a run; images are a number of training images, null for all."""

    scales: Annotated[tuple[Scale, ...], MinLen(1)]
    arms: Annotated[tuple[cutting.View, ...], MinLen(1)]
    images: Annotated[tuple[Annotated[int, Gt(0)] | None, ...], MinLen(1)]
    seeds: Annotated[tuple[Annotated[int, Ge(0)], ...], MinLen(1)]


class Run(NamedTuple):
    """One training run of the study."""

    scale: int
    images: int
    arm: cutting.View
    seed: int

    def __str__(self) -> str:
        return f"x{self.scale} {self.arm} {self.images} images seed {self.seed}"


class PatchSubset:
    """Some patches of a store, in the store's order, read in place."""

    def __init__(self, pixels: np.ndarray, indices: np.ndarray) -> None:
        self.pixels, self.indices = pixels, indices
        self.shape = (len(indices), *pixels.shape[1:])

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int | np.ndarray) -> np.ndarray:
        patch: np.ndarray = self.pixels[self.indices[index]]
        return patch


def plan_runs(grids: Sequence[Grid], available: int, where: str) -> list[Run]:
    """The runs of all grids, each once, in order; `available` is the number of training images."""
    runs = set()
    for grid in grids:
        beyond = [count for count in grid.images if count is not None and count > available]
        if beyond:
            raise UserError(
                f"{where}: {beyond[0]} training images are wanted, there are {available}; write null for all"
            )
        runs |= {
            Run(scale, available if count is None else count, arm, seed)
            for scale in grid.scales
            for count in grid.images
            for arm in grid.arms
            for seed in grid.seeds
        }
    return sorted(runs)


def subset(store: patches.Store, images: int) -> patches.Store:
    """The patches of so many images, chosen by a hash of the id: a larger subset contains a smaller one."""
    ids = sorted(set(store.ids), key=lambda name: hashlib.sha256(name.encode()).digest())
    if images == len(ids):
        return store
    chosen = set(ids[:images])
    indices = np.array([index for index, name in enumerate(store.ids) if name in chosen])
    pixels = cast("np.ndarray", PatchSubset(store.pixels, indices))
    return patches.Store(pixels, [store.ids[index] for index in indices])


def resolved(
    run: Run,
    network: networks.Network,
    training: baselines.Training,
    patch_numbers: patches.Params,
    degradation: degrade.Params,
) -> baselines.Saved:
    """Everything that a run's weights depend on, except the pictures."""
    baseline = baselines.Params(scale=run.scale, network=network, training=dataclasses.replace(training, seed=run.seed))
    used = None if training.degradation == "bicubic" else degradation
    return baselines.Saved(name=str(run), baseline=baseline, patches=patch_numbers, degrade=used)


def is_finished(home: Path) -> bool:
    """Whether a run is trained; its folder of weights is written whole."""
    return (home / WEIGHTS).exists()


def train_run(
    saved: baselines.Saved, train_patches: patches.Store, val_patches: patches.Store, home: Path, where: str
) -> None:
    """Train a network, or resume its training; runs of the same seed begin with the same weights."""
    task = Task(train_patches, val_patches, saved.baseline.scale, saved.degrade, {})
    network, _ = train.train(saved.baseline, task, home / "training", where)
    baselines.save(saved, network, home / WEIGHTS)
    shutil.rmtree(home / "training", ignore_errors=True)
