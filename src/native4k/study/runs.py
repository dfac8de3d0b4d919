"""The study's training runs, one network, seed and arm each; and the networks of all runs measured on test images."""

import dataclasses
import functools
import hashlib
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, NamedTuple, cast

import numpy as np
import torch
from annotated_types import Ge, Gt, MinLen
from torch import nn

from native4k import degrade, params
from native4k.errors import UserError
from native4k.fetch import progress
from native4k.progress import Bar
from native4k.sr import baselines, evaluate, networks, patches, testsets, tiles, train
from native4k.sr.networks import bicubic as bicubic_network
from native4k.sr.patches import cutting
from native4k.sr.task import Task
from native4k.study.results import BICUBIC

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


class Network(NamedTuple):
    """A network, its columns in the table, and the journal of its measured images."""

    columns: dict[str, Any]
    network: nn.Module
    journal: Path


def bicubic(scale: int, journal_path: Path) -> Network:
    """Bicubic interpolation, which every run is compared with."""
    columns = {"scale": scale, "images": 0, "arm": BICUBIC, "seed": 0}
    return Network(columns, networks.build(bicubic_network.Params(kind="bicubic"), scale), journal_path)


def trained(run: Run, home: Path, journal_path: Path) -> Network:
    """The network of a finished run."""
    return Network(run._asdict(), baselines.restore(home / WEIGHTS)[1].to(tiles.device()), journal_path)


def measure(
    every: list[Network], pairs: list[testsets.Pair], scale: int, method: evaluate.Method, workers: int
) -> list[dict[str, Any]]:
    """A row for each network and image; images in a network's journal are not measured again.

    So many workers are networks at a time, a thread each; no result depends on it.
    """
    known = [{row["id"]: row for row in progress.read_journal(one.journal)} for one in every]
    rows = []
    threads = torch.get_num_threads()
    with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(threads,)) as pool:
        for pair in Bar(pairs, f"measuring x{scale}", unit="image", **patches.STEPS):
            missing = [index for index, measured in enumerate(known) if pair.id not in measured]
            if missing:
                pictures = evaluate.open_pictures(pair, scale, method)
                one = functools.partial(_measured, pair.id, pictures, scale, method)
                for index, row in zip(missing, pool.map(one, [every[index] for index in missing]), strict=True):
                    known[index][pair.id] = row
            rows += [
                one.columns | measured[pair.id] | {"category": pair.category}
                for one, measured in zip(every, known, strict=True)
            ]
    return rows


def _measured(
    image: str, pictures: testsets.Pictures, scale: int, method: evaluate.Method, one: Network
) -> dict[str, Any]:
    _, values = evaluate.enlarge_and_compare(one.network, pictures, scale, method)
    row = {"id": image} | {evaluate.column_name(name): value for name, value in values.items()}
    notes = progress.Journal(one.journal)
    notes.add(row)
    notes.close()
    return row
