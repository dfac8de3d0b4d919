"""Tile by tile through a network: mirrored borders, smooth blending, no seams, and never more than a band in memory.

The largest tile follows from the memory that a network takes for each pixel, and from what is free.
"""

import os
import re
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from annotated_types import Ge, Gt, Interval
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from native4k import params, resample
from native4k.errors import UserError
from native4k.learning.acceleration import out_of_memory_says

NO_MEMORY = (
    "out of memory with tiles of {} pixels; lower sr.upscale.tile (sr evaluate) or sr.upscale.largest (sr upscale)"
)
ALIGNMENT = 8  # small pixels; what a tile's side is a multiple of, so that windows of 8 need no padding
SAMPLE = 64  # pixels a side of the picture that is tried

LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current"))
"""The limit of a container, and what it uses."""


@params.params
class Params:
    """Tiles in pixels of the small picture; units and sources are in params.yaml."""

    tile: Annotated[int, Gt(0)]
    overlap: Annotated[int, Ge(0)]
    threads: Annotated[int, Gt(0)]
    largest: Annotated[int, Gt(0)]
    memory_share: Annotated[float, Interval(gt=0, le=1)]


class Span(NamedTuple):
    """One tile along one side: the small pixels it reads, the large ones it writes, and with what weight."""

    reads: Tensor
    writes: slice
    made: slice
    weight: Tensor


def load(path: Path) -> Params:
    """Load the numbers of tiles, checked against each other."""
    numbers = params.load(Params, path, "sr", "upscale")
    if numbers.overlap >= numbers.tile:
        raise UserError(f"{path}: sr.upscale.overlap: must be less than tile {numbers.tile} (got {numbers.overlap})")
    if numbers.largest < numbers.overlap + ALIGNMENT:
        least = numbers.overlap + ALIGNMENT
        raise UserError(f"{path}: sr.upscale.largest: must be at least overlap + {ALIGNMENT} = {least}")
    return numbers


def device() -> torch.device:
    """Return the GPU if there is one; cuBLAS repeats itself only with buffers of fixed size."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@torch.no_grad()
def enlarge(
    network: nn.Module,
    small: np.ndarray,
    scale: int,
    tile: int,
    overlap: int,
    *,
    half: bool = False,
    advance: Callable[[float], Any] = float,
) -> np.ndarray:
    """Enlarge a picture (height, width, 3) in uint8 or uint16; half: in bfloat16 where torch thinks it safe.

    Only one row of tiles is held in floating point: what no later tile touches is rounded at once. `advance` is told
    the share of the picture that each tile is.
    """
    place = next((weight.device for weight in network.parameters()), torch.device("cpu"))
    image = resample.to_tensor(small).to(place)
    rows, columns = (plan_spans(side, scale, tile, overlap) for side in small.shape[:2])
    large = np.empty((small.shape[0] * scale, small.shape[1] * scale, 3), small.dtype)
    rest = image.new_zeros(3, 0, large.shape[1])
    for number, row in enumerate(rows):
        top, bottom = row.writes.start, row.writes.stop
        band = torch.cat([rest, image.new_zeros(3, bottom - top - rest.shape[1], large.shape[1])], 1)
        for column in columns:
            with torch.autocast(place.type, torch.bfloat16, enabled=half), out_of_memory_says(NO_MEMORY.format(tile)):
                made = network(image[:, row.reads[:, None], column.reads][None])[0, :, row.made, column.made]
            weight = (row.weight[:, None] * column.weight).to(place)
            band[:, :, column.writes] += made * weight
            advance(1 / (len(rows) * len(columns)))
        behind = rows[number + 1].writes.start if number + 1 < len(rows) else bottom
        large[top:behind] = resample.to_pixels(band[:, : behind - top], small.dtype)
        rest = band[:, behind - top :]
    return large


def plan_spans(length: int, scale: int, tile: int, overlap: int) -> list[Span]:
    """Plan equal tiles from half an overlap before one border to half an overlap, or more, behind the other."""
    count = -(-length // (tile - overlap))
    share = -(-length // count) + overlap
    side = min(tile, share + -share % ALIGNMENT)
    starts = [number * (side - overlap) - overlap // 2 for number in range(count)]
    ramp = _ramp(side, overlap, scale)
    total = torch.zeros(length * scale)
    found = []
    for start in starts:
        first, last = max(start, 0) * scale, min(start + side, length) * scale
        made = slice(first - start * scale, last - start * scale)
        total[first:last] += ramp[made]
        reads = resample.mirror(torch.arange(start, start + side), length)
        found.append(Span(reads, slice(first, last), made, ramp[made]))
    return [span._replace(weight=span.weight / total[span.writes]) for span in found]


def _ramp(side: int, overlap: int, scale: int) -> Tensor:
    """Compute a tile's weights: nothing in an overlap's outer quarter, one after three quarters, smooth between."""
    if not overlap:
        return torch.ones(side * scale)
    edge = (torch.arange(side * scale) + 0.5) / (overlap * scale)  # distance in overlaps
    near = torch.minimum(edge, edge.flip(0))
    step = ((near - 0.25) * 2).clamp(0, 1)
    return step * step * (3 - 2 * step)


def fit_tile(network: nn.Module, numbers: Params, device: torch.device) -> int:
    """Return the side of the largest tile that the free memory has room for."""
    budget = free(device) * numbers.memory_share
    side = int((budget / per_pixel(network, device)) ** 0.5) // ALIGNMENT * ALIGNMENT
    if side < numbers.overlap + ALIGNMENT:
        raise UserError(
            f"sr.upscale.memory_share {numbers.memory_share} of the free memory ({budget / 2**20:.0f} MiB) has no room "
            f"for a tile of {numbers.overlap + ALIGNMENT}; free some, raise that share, or lower sr.upscale.overlap"
        )
    return min(side, numbers.largest)


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
