"""Batches of patches, read ahead of training: seed and position say which come when, and how they are turned."""

import warnings
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from native4k.sr import baselines, degrade, patches, resample
from native4k.sr.learning.ranks import Ranks
from native4k.sr.learning.recipe import Batch


class Task(NamedTuple):
    """What is learned: to make patches large again that were made small."""

    learn: patches.Store
    check: patches.Store
    scale: int
    degrade: degrade.Params | None
    """Numbers of the degradation, if it has some: bicubic has none."""
    captions: dict[str, str]
    """By an image's id; an image without one has an empty caption."""


class Part(NamedTuple):
    """Some rows of a step's batch, in uint8; `small` is missing where the device makes it."""

    step: int
    """The first position of the whole batch."""
    whole: int
    """How many rows it has."""
    first: int
    """The first of those that are here."""
    weight: float
    """Their share in it."""
    large: Tensor
    small: Tensor | None
    captions: list[str]


class Steps(Dataset[list[Part]]):
    """The parts of one process, by the number of the step."""

    def __init__(self, task: Task, numbers: baselines.Training, ranks: Ranks) -> None:
        self.task, self.numbers, self.ranks = task, numbers, ranks

    def __getitem__(self, step: int) -> list[Part]:
        """All parts of a step."""
        first = step * self.numbers.batch
        positions = range(first, min(first + self.numbers.batch, self.numbers.images))
        own = cut(positions, self.ranks.size)[self.ranks.rank]
        parts = [(part, len(part) / len(positions)) for part in cut(own, self.numbers.parts) if part]
        # with fewer patches than processes, as the last batch may have: the first, which then counts for nothing
        return [self._read(part, positions, weight) for part, weight in parts or [(positions[:1], 0.0)]]

    def _read(self, positions: range, step: range, weight: float) -> Part:
        learn, numbers = self.task.learn, self.numbers
        chosen, turns = patches.order(positions[0], len(positions), len(learn.ids), numbers.seed)
        large = [patches.turn(learn.pixels[place], way) for place, way in zip(chosen, turns, strict=True)]
        small = None
        if numbers.degradation != "bicubic":
            pairs = zip(positions, large, strict=True)
            small = _stacked([degraded(self.task, numbers, f"{numbers.seed} {at}", patch) for at, patch in pairs])
        captions = [self.task.captions.get(learn.ids[place], "") for place in chosen]
        return Part(step[0], len(step), positions[0] - step[0], weight, _stacked(large), small, captions)


def cut(positions: range, pieces: int) -> list[range]:
    """Neighbouring pieces, as equal as can be."""
    edges = [len(positions) * piece // pieces for piece in range(pieces + 1)]
    return [positions[first:last] for first, last in pairwise(edges)]


def degraded(task: Task, numbers: baselines.Training, name: str, patch: np.ndarray) -> np.ndarray:
    """The small picture of a patch; the name is its chance."""
    assert task.degrade is not None
    return degrade.degrade(np.ascontiguousarray(patch), name, task.scale, numbers.degradation, task.degrade)


def steps(task: Task, numbers: baselines.Training, seen: int, ranks: Ranks) -> Iterable[list[Part]]:
    """All steps that are left after so many images, read ahead by worker processes if there are some."""
    rest = range(-(-seen // numbers.batch), -(-numbers.images // numbers.batch))
    loader = DataLoader(
        Steps(task, numbers, ranks),
        batch_size=None,
        sampler=rest,
        num_workers=numbers.workers,
        worker_init_fn=_single if numbers.workers else None,
        pin_memory=ranks.device.type == "cuda",
    )
    if numbers.workers:
        cv2.setNumThreads(1)  # or a worker would inherit a pool of threads that are not there
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)  # of Python 3.12
        return iter(loader)


def batch(part: Part, task: Task, device: torch.device, layout: torch.memory_format) -> Batch:
    """A part as a recipe wants it."""
    large = tensor(part.large, device)
    small = resample.downscale(large, task.scale) if part.small is None else tensor(part.small, device)
    return Batch(small.contiguous(memory_format=layout), large.contiguous(memory_format=layout), part.captions)


def tensor(pixels: Tensor, device: torch.device) -> Tensor:
    """(n, height, width, 3) in uint8 to (n, 3, height, width) with values 0 to 1."""
    return pixels.to(device, non_blocking=True).permute(0, 3, 1, 2).contiguous().float().div_(255)


def _single(_: int) -> None:
    torch.set_num_threads(1)


def _stacked(pictures: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(pictures))
