"""Map a function over many items in threads, and prefetch items, with the results in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

THREADS = min(4, os.cpu_count() or 1)
"""At once; each may hold a row group, so that more would cost memory. The results do not depend on it."""

PREFETCHED = 3
"""Items that a thread makes before they are needed."""


def parallel_map(
    work: Callable[[Item], Result], things: Iterable[Item], stopped: Event | None = None
) -> Iterator[Result]:
    """The results of work, in the order of the things, which are taken only a few ahead.

    The event tells work that takes long that its result is no longer wanted, as after an error of another.
    """
    stopped = stopped or Event()
    begun: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(THREADS)
    try:
        for thing in things:
            begun.append(pool.submit(work, thing))
            if len(begun) > 2 * THREADS:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)


def prefetch(things: Iterable[Item]) -> Iterator[Item]:
    """Yield the items; while one is used, a thread makes the next few."""
    iterator, end = iter(things), object()
    pool = ThreadPoolExecutor(1)
    try:
        coming: deque[Future[Any]] = deque(pool.submit(next, iterator, end) for _ in range(PREFETCHED))
        while (thing := coming.popleft().result()) is not end:
            coming.append(pool.submit(next, iterator, end))
            yield thing
    finally:
        pool.shutdown(cancel_futures=True)
