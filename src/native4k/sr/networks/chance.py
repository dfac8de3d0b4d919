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
    """The part that is at hand, by its rows of so many; one for all threads, as torch's state is."""

    rows: Tensor | None = None
    """A tensor, since a compiled network would be compiled again for other numbers."""
    whole: int = 0


_HERE = Place()


@contextmanager
def part(seed: int, own: range, whole: int, device: torch.device) -> Iterator[None]:
    """Within it, chance is of that seed and of a batch of `whole` rows, of which a part's own are seen."""
    torch.manual_seed(seed)
    _HERE.rows, _HERE.whole = torch.arange(own.start, own.stop, device=device), whole
    try:
        yield
    finally:
        _HERE.rows, _HERE.whole = None, 0


def rows(draw: Callable[[int], Tensor], count: int) -> Tensor:
    """So many rows, or the part's own of what is drawn for the whole batch."""
    return draw(count) if _HERE.rows is None else draw(_HERE.whole)[_HERE.rows]


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
