"""The processes that train together, as torchrun starts them: each has a share of every batch. Or one alone."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from native4k.errors import UserError

Made = TypeVar("Made")

PATIENCE = timedelta(minutes=30)
"""How long a process waits for the others within a step; then it ends with an error, and torchrun ends all."""

CUTTING = timedelta(days=7)
"""How long the others wait for the first to cut all patches."""


class Ranks(NamedTuple):
    """Which of how many processes this is, and where it computes."""

    rank: int
    count: int
    device: torch.device

    def total(self, tensors: list[Tensor]) -> None:
        """Each tensor becomes its sum over all processes; all of them have one type."""
        if self.count == 1:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(flat)
        pieces = flat.split([tensor.numel() for tensor in tensors])
        for tensor, piece in zip(tensors, pieces, strict=True):
            tensor.copy_(piece.view_as(tensor))

    def ahead(self, work: Callable[[], Made]) -> Made:
        """What the work gives, which the first process does before the others."""
        if self.count == 1:
            return work()
        gate = dist.new_group(backend="gloo", timeout=CUTTING)
        made = work() if self.rank == 0 else None
        dist.barrier(gate)
        return work() if made is None else made


def alone() -> Ranks:
    """The only process."""
    return Ranks(0, 1, torch.device("cuda" if torch.cuda.is_available() else "cpu"))


@contextmanager
def joined() -> Iterator[Ranks]:
    """Meet the processes that torchrun has started, if it has started any."""
    if "LOCAL_RANK" not in os.environ:
        yield alone()
        return
    device, backend = torch.device("cpu"), "gloo"
    if torch.cuda.is_available():
        device, backend = torch.device("cuda", int(os.environ["LOCAL_RANK"])), "nccl"
        if torch.cuda.device_count() <= (device.index or 0):
            raise UserError(f"torchrun: more processes than the {torch.cuda.device_count()} GPUs of this machine")
        torch.cuda.set_device(device)
    dist.init_process_group(backend, timeout=PATIENCE)
    yield Ranks(dist.get_rank(), dist.get_world_size(), device)
    dist.destroy_process_group()  # not after an error: the others may wait in a sum, and torchrun ends them
