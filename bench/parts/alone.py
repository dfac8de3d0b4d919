"""Work in a process of its own, so that its time and its peak memory are its own."""

import multiprocessing
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def alone(work: Callable[..., Any], *given: Any) -> Any:
    """What work returns in a fresh process; the end of the benchmark if it fails."""
    fresh = multiprocessing.get_context("spawn")
    told = fresh.SimpleQueue()
    process = fresh.Process(target=_tell, args=(told, work, given))
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"{work.__name__} of {given} failed with status {process.exitcode}")
    return told.get()


def _tell(told: Any, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    told.put(work(*given))


def peak() -> int:
    """The highest memory of the process so far, in bytes; ru_maxrss would begin at its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) * 1024
