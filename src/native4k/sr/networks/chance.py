"""Chance within a network: drawn for a step's whole batch, of which each part takes its rows.

So what is learned depends neither on the number of processes nor on how many parts each cuts its share into.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass
class Place:
    """The part that is at hand: its first row of so many in the batch; one for all threads, as torch's state is."""

    first: int = 0
    whole: int | None = None


_HERE = Place()


@contextmanager
def part(seed: int, first: int, whole: int) -> Iterator[None]:
    """Within it, chance is of that seed and of a batch of `whole` rows, of which those from `first` on are seen."""
    torch.manual_seed(seed)
    _HERE.first, _HERE.whole = first, whole
    try:
        yield
    finally:
        _HERE.first, _HERE.whole = 0, None


def rows(draw: Callable[[int], Tensor], count: int) -> Tensor:
    """So many rows of what is drawn for the whole batch; without one, they are all."""
    return draw(_HERE.whole or count)[_HERE.first : _HERE.first + count]


def normal(like: Tensor) -> Tensor:
    """Normal numbers, a row for each of the part's."""
    return rows(lambda count: torch.randn(count, *like.shape[1:], dtype=like.dtype, device=like.device), len(like))


class Dropped(nn.Module):
    """Leaves a block out for some pictures of a batch (Huang et al. 2016, arXiv 1603.09382)."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, made: Tensor) -> Tensor:
        """What a block adds, or nothing; larger where it is kept, so that the mean stays."""
        if not self.training:
            return made
        shape = (1,) * (made.ndim - 1)
        lot = rows(lambda count: torch.rand(count, *shape, dtype=made.dtype, device=made.device), len(made))
        return made / (1 - self.share) * (lot + (1 - self.share)).floor()
