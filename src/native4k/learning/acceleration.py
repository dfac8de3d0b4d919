"""Mixed precision, compilation, memory layout, activation checkpointing, and what happens when memory runs out."""

import ctypes
import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from native4k.errors import UserError
from native4k.learning.training import Training

PRECISION = {"float32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1  # of malloc.h


def prepare(modules: dict[str, nn.Module], numbers: Training) -> torch.memory_format:
    """Apply what the numbers ask for, and return the memory layout that inputs should have."""
    layout = torch.channels_last if numbers.channels_last else torch.contiguous_format
    for module in modules.values():
        module.to(memory_format=layout)
        if numbers.checkpointing:
            recompute(module)
        if numbers.compile:
            module.compile()
    return layout


def autocast(numbers: Training, device: torch.device) -> torch.autocast:
    """Compute products and convolutions in the chosen precision."""
    return torch.autocast(device.type, PRECISION[numbers.precision], enabled=numbers.precision != "float32")


def lacks_precision(error: RuntimeError) -> bool:
    """Whether an operation is not there in half precision on the device that was to compute it."""
    return re.search(r"not implemented for '(Half|BFloat16)'", str(error)) is not None


def recompute(module: nn.Module) -> None:
    """Keep only the inputs of blocks, and compute the blocks again for their gradients."""
    for block in blocks(module):
        block.forward = functools.partial(checkpoint, block.forward, use_reentrant=False)


def blocks(module: nn.Module) -> Iterator[nn.Module]:
    """List the members of its outermost lists that are more than a layer."""
    for child in module.children():
        if isinstance(child, nn.ModuleList | nn.Sequential):
            yield from (block for block in child if list(block.children()))
        else:
            yield from blocks(child)


def keep_freed() -> None:
    """Have glibc keep freed memory for the next step, which would fault in the same pages again; others are left."""
    malloc = getattr(ctypes.CDLL(None), "mallopt", None)
    if malloc is not None:
        malloc(MMAP_THRESHOLD, 2**25)  # its maximum
        malloc(TRIM_THRESHOLD, 2**31 - 1)


@contextmanager
def out_of_memory_says(line: str) -> Iterator[None]:
    """Turn running out of memory into one line."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not _ran_out(error):
            raise
        raise UserError(line) from None


def _ran_out(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return re.search("out of memory|not enough memory|can't allocate", str(error)) is not None
