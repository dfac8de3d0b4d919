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
    work: Callable[[Item], Result], items: Iterable[Item], stopped: Event | None = None
) -> Iterator[Result]:
    """The results of work, in the order of the items, which are taken only a few ahead.

    The event tells work that takes long that its result is no longer wanted, as after an error of another.
    """
    stopped = stopped or Event()
    running: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(THREADS)
    try:
        for item in items:
            running.append(pool.submit(work, item))
            if len(running) > 2 * THREADS:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)


def prefetch(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items; while one is used, a thread makes the next few."""
    iterator, end = iter(items), object()
    pool = ThreadPoolExecutor(1)
    try:
        prefetched: deque[Future[Any]] = deque(pool.submit(next, iterator, end) for _ in range(PREFETCHED))
        while (item := prefetched.popleft().result()) is not end:
            prefetched.append(pool.submit(next, iterator, end))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
