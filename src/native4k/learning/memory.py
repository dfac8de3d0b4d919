"""Memory on a CPU: kept between steps, and one line where it was too little."""

import ctypes
import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from native4k.errors import UserError

MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1  # of malloc.h


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
