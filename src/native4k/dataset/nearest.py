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
    """Of each hash the row of its nearest, the first of equals, how far it is, and how many lie within the radius."""

    row: np.ndarray
    distance: np.ndarray
    within: np.ndarray


def distances(one: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The bits in which a hash of several 64-bit words differs from each of others, one a row."""
    apart: np.ndarray = np.bitwise_count(known ^ one).sum(axis=1, dtype=np.uint16)
    return apart


def nearest(hashes: np.ndarray, known: np.ndarray, radius: int, threads: int) -> Nearest:
    """The nearest among the known, of which there is at least one; one hash a row, equally many words each."""
    found = Nearest(*(np.zeros(len(hashes), dtype=np.int64) for _ in Nearest._fields))
    cuts = np.linspace(0, len(hashes), threads + 1).astype(int)
    parts = [(hashes[begin:end], Nearest(*(part[begin:end] for part in found))) for begin, end in pairwise(cuts)]
    search = walk if len(hashes) * known.size <= SMALL else probe
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda part: search(part[0], known, radius, part[1]), parts))
    return found


def walk(hashes: np.ndarray, known: np.ndarray, radius: int, found: Nearest) -> None:
    """The search as it is said."""
    for at, one in enumerate(hashes):
        apart = distances(one, known)
        found.row[at] = apart.argmin()
        found.distance[at] = apart[found.row[at]]
        found.within[at] = (apart <= radius).sum()


def probe(hashes: np.ndarray, known: np.ndarray, radius: int, found: Nearest) -> None:
    """The same by compiled loops."""
    from native4k.dataset import kernels

    found.distance[:] = 64 * known.shape[1] + 1
    words = np.ascontiguousarray(known.T)
    kernels.closest(hashes, words, np.uint64(radius), BLOCK, found.row, found.distance, found.within)
