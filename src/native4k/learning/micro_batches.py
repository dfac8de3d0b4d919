"""Micro-batches: read ahead of training, each process its share of a step, and the random numbers of their rows.

Random numbers are drawn for a step's whole batch, of which each micro-batch takes its rows: what is learned depends
neither on the number of processes nor on how many micro-batches each cuts its share into.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
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


@dataclass
class Position:
    """The rows of the current micro-batch in its whole batch; one for all threads, as torch's random state is."""

    rows: Tensor | None = None
    """A tensor, since a compiled network would be compiled again for other numbers."""
    whole: int = 0


_CURRENT = Position()


class Steps(Dataset[list[MicroBatch]]):
    """The micro-batches of one process, by the number of the step."""

    def __init__(self, task: Task, numbers: Training, group: ProcessGroup) -> None:
        self.task, self.numbers, self.group = task, numbers, group

    def __getitem__(self, step: int) -> list[MicroBatch]:
        """Read all micro-batches of a step."""
        first = step * self.numbers.batch
        whole = range(first, min(first + self.numbers.batch, self.numbers.images))
        own = split_evenly(whole, self.group.size)[self.group.rank]
        pieces = [(piece, len(piece) / len(whole)) for piece in split_evenly(own, self.numbers.parts) if piece]
        # with fewer samples than processes, as the last batch may have: the first, which then counts for nothing
        return [self._read(piece, whole, weight) for piece, weight in pieces or [(whole[:1], 0.0)]]

    def _read(self, own: range, whole: range, weight: float) -> MicroBatch:
        content = self.task.read(self.numbers, own, whole)
        return MicroBatch(whole[0], len(whole), own[0] - whole[0], len(own), weight, content)


def split_evenly(positions: range, pieces: int) -> list[range]:
    """Cut positions into neighbouring pieces, as equal as can be."""
    edges = [len(positions) * piece // pieces for piece in range(pieces + 1)]
    return [positions[first:last] for first, last in pairwise(edges)]


def remaining_steps(task: Task, numbers: Training, seen: int, group: ProcessGroup) -> Iterable[list[MicroBatch]]:
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


@contextmanager
def micro_batch(seed: int, own: range, whole: int, device: torch.device) -> Iterator[None]:
    """Draw random numbers from that seed for a batch of `whole` rows, and see only the micro-batch's own."""
    torch.manual_seed(seed)
    _CURRENT.rows, _CURRENT.whole = torch.arange(own.start, own.stop, device=device), whole
    try:
        yield
    finally:
        _CURRENT.rows, _CURRENT.whole = None, 0


def draw_rows(draw: Callable[[int], Tensor], count: int) -> Tensor:
    """Draw so many rows; within a micro-batch, its own of those drawn for the whole batch."""
    return draw(count) if _CURRENT.rows is None else draw(_CURRENT.whole)[_CURRENT.rows]


def draw_normal(like: Tensor) -> Tensor:
    """Draw normal numbers in the shape of a tensor."""
    return draw_rows(lambda count: torch.randn(count, *like.shape[1:], dtype=like.dtype, device=like.device), len(like))


class DropPath(nn.Module):
    """Leaves a block out for some pictures of a batch (Huang et al. 2016, arXiv 1603.09382)."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, made: Tensor) -> Tensor:
        """Return what a block adds, or nothing; larger where it is kept, so that the mean stays."""
        if not self.training:
            return made
        shape = (1,) * (made.ndim - 1)
        lot = draw_rows(lambda count: torch.rand(count, *shape, dtype=made.dtype, device=made.device), len(made))
        return made / (1 - self.share) * (lot + (1 - self.share)).floor()
