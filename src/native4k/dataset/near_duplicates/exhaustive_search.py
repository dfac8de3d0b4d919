"""The nearest of many hashes to each of a few, by comparing all with all: no radius limits it, nothing is missed."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numpy as np

SMALL = 100_000_000
"""64-bit words compared up to which NumPy is done before numba is imported and has compiled; measured."""

BLOCK = 1024
"""Hashes that are compared with one after another while they lie in the processor's nearest cache."""


class Nearest(NamedTuple):
    """For each hash the row of its nearest (the first of equals), the distance, and how many lie within the radius."""

    row: np.ndarray
    distance: np.ndarray
    within: np.ndarray


def distances(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Count the bits in which a hash of several 64-bit words differs from each of the others, one a row."""
    differing: np.ndarray = np.bitwise_count(others ^ one).sum(axis=1, dtype=np.uint16)
    return differing


def nearest(hashes: np.ndarray, others: np.ndarray, radius: int, threads: int) -> Nearest:
    """Find the nearest of the others, of which there is at least one; one hash a row, equally many words each."""
    found = Nearest(*(np.zeros(len(hashes), dtype=np.int64) for _ in Nearest._fields))
    cuts = np.linspace(0, len(hashes), threads + 1).astype(int)
    parts = [(hashes[begin:end], Nearest(*(part[begin:end] for part in found))) for begin, end in pairwise(cuts)]
    search = search_with_numpy if len(hashes) * others.size <= SMALL else search_compiled
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda part: search(part[0], others, radius, part[1]), parts))
    return found


def search_with_numpy(hashes: np.ndarray, others: np.ndarray, radius: int, found: Nearest) -> None:
    """Search one hash after another with NumPy."""
    for at, one in enumerate(hashes):
        apart = distances(one, others)
        found.row[at] = apart.argmin()
        found.distance[at] = apart[found.row[at]]
        found.within[at] = (apart <= radius).sum()


def search_compiled(hashes: np.ndarray, others: np.ndarray, radius: int, found: Nearest) -> None:
    """Search with the compiled loop."""
    from native4k.dataset.near_duplicates import popcount_kernels

    found.distance[:] = 64 * others.shape[1] + 1
    words = np.ascontiguousarray(others.T)
    popcount_kernels.nearest(hashes, words, np.uint64(radius), BLOCK, found.row, found.distance, found.within)
