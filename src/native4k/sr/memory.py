"""How much memory a network takes, and how much is free."""

import os
import re
import weakref
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

SAMPLE = 64  # pixels a side of the picture that is tried
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current"))
"""The limit of a container, and what it uses."""


class Peak(TorchDispatchMode):
    """Counts the bytes of the tensors that operations make, and remembers the highest sum."""

    def __init__(self) -> None:
        super().__init__()
        self.held: set[int] = set()
        self.now = self.highest = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the operation and count the tensors that it made."""
        made = function(*args, **(kwargs or {}))
        for one in made if isinstance(made, list | tuple) else [made]:
            if isinstance(one, torch.Tensor):
                self._hold(one.untyped_storage())
        return made

    def _hold(self, storage: torch.UntypedStorage) -> None:
        place, size = storage.data_ptr(), storage.nbytes()
        if place and place not in self.held:
            self.held.add(place)
            self.now += size
            self.highest = max(self.highest, self.now)
            weakref.finalize(storage, self._drop, place, size)

    def _drop(self, place: int, size: int) -> None:
        self.held.discard(place)
        self.now -= size


@torch.no_grad()
def per_pixel(network: nn.Module, device: torch.device) -> float:
    """Measure the bytes that a network takes for each pixel of a small picture."""
    with Peak() as peak:
        network(torch.zeros(1, 3, SAMPLE, SAMPLE, device=device))
    return peak.highest / SAMPLE**2


def free(device: torch.device) -> int:
    """Return the bytes that are free on the GPU, or on the machine and within the container's limit."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    limit, used = (path.read_text(encoding="ascii").strip() if path.exists() else "max" for path in LIMITS)
    inside = int(limit) - int(used) if limit.isdecimal() and used.isdecimal() else None
    return available() if inside is None else max(0, min(inside, available()))


def available() -> int:
    """Return the bytes that the machine can give without swapping."""
    path = Path("/proc/meminfo")
    found = re.search(r"MemAvailable:\s+(\d+) kB", path.read_text(encoding="ascii")) if path.exists() else None
    return int(found[1]) * 1024 if found else os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
