"""Batches read ahead of training: each process has its share of a step's positions, cut into micro-batches."""

import warnings
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch.utils.data import DataLoader, Dataset

from native4k.learning.process_group import ProcessGroup
from native4k.learning.recipe import Task
from native4k.learning.training import Training


class MicroBatch(NamedTuple):
    """Some rows of a step's batch."""

    step: int
    """The first position of the whole batch."""
    whole: int
    """How many rows the whole batch has."""
    first: int
    """The first of the rows that are here."""
    rows: int
    """How many are here."""
    weight: float
    """Their share of the batch."""
    content: Any
    """What the task has read."""


class Steps(Dataset[list[MicroBatch]]):
    """The micro-batches of one process, by the number of the step."""

    def __init__(self, task: Task, numbers: Training, group: ProcessGroup) -> None:
        self.task, self.numbers, self.group = task, numbers, group

    def __getitem__(self, step: int) -> list[MicroBatch]:
        """Read all micro-batches of a step."""
        first = step * self.numbers.batch
        whole = range(first, min(first + self.numbers.batch, self.numbers.images))
        own = cut(whole, self.group.size)[self.group.rank]
        pieces = [(piece, len(piece) / len(whole)) for piece in cut(own, self.numbers.parts) if piece]
        # with fewer samples than processes, as the last batch may have: the first, which then counts for nothing
        return [self._read(piece, whole, weight) for piece, weight in pieces or [(whole[:1], 0.0)]]

    def _read(self, own: range, whole: range, weight: float) -> MicroBatch:
        content = self.task.read(self.numbers, own, whole)
        return MicroBatch(whole[0], len(whole), own[0] - whole[0], len(own), weight, content)


def cut(positions: range, pieces: int) -> list[range]:
    """Cut positions into neighbouring pieces, as equal as can be."""
    edges = [len(positions) * piece // pieces for piece in range(pieces + 1)]
    return [positions[first:last] for first, last in pairwise(edges)]


def remaining(task: Task, numbers: Training, seen: int, group: ProcessGroup) -> Iterable[list[MicroBatch]]:
    """Read all steps that are left after so many samples, ahead of time in worker processes if there are some."""
    rest = range(-(-seen // numbers.batch), -(-numbers.images // numbers.batch))
    loader = DataLoader(
        Steps(task, numbers, group),
        batch_size=None,
        sampler=rest,
        num_workers=numbers.workers,
        worker_init_fn=_use_one_thread if numbers.workers else None,
        pin_memory=group.device.type == "cuda",
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)  # of Python 3.12
        return iter(loader)


def _use_one_thread(_: int) -> None:
    torch.set_num_threads(1)
