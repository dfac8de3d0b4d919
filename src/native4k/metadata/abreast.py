"""Do the same to many things, several at once, and get the results in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")

THREADS = min(4, os.cpu_count() or 1)
"""At once; each may hold a row group, so that more would cost memory. The results do not depend on it."""


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
