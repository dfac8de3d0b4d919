"""The processes that train together, as torchrun starts them: each has a share of every batch. Or a single one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor

from native4k.errors import UserError

PATIENCE = timedelta(minutes=30)
"""How long a process waits for the others within a step; then it ends with an error, and torchrun ends all."""


class ProcessGroup(NamedTuple):
    """The rank of this process, how many there are, and the device that it computes on."""

    rank: int
    size: int
    device: torch.device

    def all_reduce(self, tensors: list[Tensor]) -> None:
        """Replace each tensor by its sum over all processes; all tensors have one type."""
        if self.size == 1:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(flat)
        pieces = flat.split([tensor.numel() for tensor in tensors])
        for tensor, piece in zip(tensors, pieces, strict=True):
            tensor.copy_(piece.view_as(tensor))

    def broadcast(self, tensors: list[Tensor]) -> None:
        """Replace each tensor by that of rank 0."""
        if self.size > 1:
            for tensor in tensors:
                dist.broadcast(tensor, 0)


def single() -> ProcessGroup:
    """The group of one process."""
    return ProcessGroup(0, 1, torch.device("cuda" if torch.cuda.is_available() else "cpu"))


@contextmanager
def join() -> Iterator[ProcessGroup]:
    """Join the processes that torchrun has started, if it has started any."""
    if "LOCAL_RANK" not in os.environ:
        yield single()
        return
    device, backend = torch.device("cpu"), "gloo"
    if torch.cuda.is_available():
        device, backend = torch.device("cuda", int(os.environ["LOCAL_RANK"])), "nccl"
        if torch.cuda.device_count() <= (device.index or 0):
            raise UserError(f"torchrun: more processes than the {torch.cuda.device_count()} GPUs of this machine")
        torch.cuda.set_device(device)
    dist.init_process_group(backend, timeout=PATIENCE)
    yield ProcessGroup(dist.get_rank(), dist.get_world_size(), device)
    dist.destroy_process_group()  # not after an error: the others may wait in a sum, and torchrun ends them
