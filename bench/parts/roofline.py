"""What work asks of a machine, what the machine can give, and what stands between the two."""

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

PRODUCTS = ("mm", "conv", "attention", "gemm", "xmma", "cutlass", "wgrad", "dgrad", "cudnn")
"""In the names of operations and kernels that multiply matrices; the rest moves memory."""


class Spent(NamedTuple):
    """Shares of the seconds that work took."""

    products: float
    others: float
    idle: float

    def limit(self) -> str:
        """The largest share, in words."""
        return max(
            (self.products, "multiplying matrices"),
            (self.others, "reading and writing memory (elementwise operations, norms, copies)"),
            (self.idle, "waiting for the processor that hands out the work"),
        )[1]


def counted(work: Callable[[], object]) -> int:
    """Floating point operations of matrix products and convolutions, a multiplication and an addition being two."""
    with FlopCounterMode(display=False) as counter:
        work()
    return int(counter.get_total_flops())


def peak(device: torch.device, precision: torch.dtype, side: int) -> float:
    """Operations a second of a product of square matrices: what the machine reaches, not what its data sheet says."""
    one, other = (torch.randn(side, side, device=device).to(precision) for _ in range(2))
    return 2 * side**3 / statistics.median(timed(lambda: one @ other, device) for _ in range(10))


def timed(work: Callable[[], object], device: torch.device) -> float:
    """Seconds of work that is done."""
    wait(device)
    start = time.perf_counter()
    work()
    wait(device)
    return time.perf_counter() - start


def wait(device: torch.device) -> None:
    """Until the device has done all that it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def spent(work: Callable[[], object], device: torch.device) -> Spent:
    """Where the time of work goes, seen by torch's profiler on the device."""
    seconds = timed(work, device)
    cuda = device.type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if cuda else [])]
    with profile(activities=activities) as seen:
        timed(work, device)
    times = [
        (event.key, event.self_device_time_total if cuda else event.self_cpu_time_total)
        for event in seen.key_averages()
    ]
    busy = sum(time for _, time in times) or 1
    products = sum(time for name, time in times if any(part in name.lower() for part in PRODUCTS))
    active = min(1.0, busy / 1e6 / seconds)
    return Spent(active * products / busy, active * (1 - products / busy), 1 - active)
