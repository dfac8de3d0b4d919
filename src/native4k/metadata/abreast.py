"""Do the same to many things, several at once, and get the results in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")

THREADS = min(4, os.cpu_count() or 1)
"""At once; each may hold a row group, so that more would cost memory. The results do not depend on it."""

AHEAD = 3
"""Things that a thread makes before they are asked for."""


def abreast(work: Callable[[Thing], Result], things: Iterable[Thing], stopped: Event | None = None) -> Iterator[Result]:
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


def ahead(things: Iterable[Thing]) -> Iterator[Thing]:
    """The same things; while one is used, a thread makes the next few."""
    iterator, end = iter(things), object()
    pool = ThreadPoolExecutor(1)
    try:
        coming: deque[Future[Any]] = deque(pool.submit(next, iterator, end) for _ in range(AHEAD))
        while (thing := coming.popleft().result()) is not end:
            coming.append(pool.submit(next, iterator, end))
            yield thing
    finally:
        pool.shutdown(cancel_futures=True)
