"""Random numbers within a network: drawn for a step's whole batch, of which each micro-batch takes its rows.

So what is learned depends neither on the number of processes nor on how many micro-batches each cuts its share into.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass
class Position:
    """The rows of the current micro-batch in its whole batch; one for all threads, as torch's random state is."""

    rows: Tensor | None = None
    """A tensor, since a compiled network would be compiled again for other numbers."""
    whole: int = 0


_CURRENT = Position()


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


def normal(like: Tensor) -> Tensor:
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
