"""Groups of near 64-bit hashes, without comparing all with all.

Two hashes within a radius differ, in at least one of several disjoint bands of bits, by no more than their share of it
(the pigeonhole principle). So a hash is compared only with the representatives in the buckets that its bands name,
a few bits flipped. The walk is best first, in blocks: each is looked up among the representatives before it, then
searched within itself. Only representatives are kept, so a cluster of look-alikes costs what its representatives do.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, repeat
from typing import NamedTuple

import numpy as np

BITS = 64

SMALL = 40_000
"""Different hashes up to which NumPy alone is done before numba is imported and has compiled; measured."""

BLOCKS = 32
"""Into how many a collection is cut: large ones find neighbouring buckets in the processor's caches."""

SMALLEST = 4096
"""Hashes in a block at least: so few are settled one by one."""

WIDEST = 24
"""Bits of a band: its directory takes 8 bytes for each of their patterns."""

PROBE, PAIR = 15.0, 0.3
"""Nanoseconds of opening a bucket, and of comparing with a hash in it; measured, and only for choosing bands."""


class Band(NamedTuple):
    """Buckets of the representatives, by a band of their bits; each has room for all hashes that belong there."""

    shift: np.uint64
    flips: np.ndarray
    ends: np.ndarray
    known: np.ndarray
    rows: np.ndarray


def chance_pairs(count: int, radius: int) -> float:
    """How many pairs among so many uniform hashes lie within the radius: N(N-1)/2 sum C(64, k) / 2^64."""
    return count * (count - 1) / 2 * balls(BITS, radius) / 2**BITS


def balls(width: int, flips: int) -> int:
    """How many patterns of so many bits have no more than so many set."""
    return sum(math.comb(width, bits) for bits in range(flips + 1))


def leaders(hashes: np.ndarray, radius: int, threads: int) -> np.ndarray:
    """Each row's representative, as a row number; the rows come best first, and equal hashes collapse.

    A row joins the first representative within the radius; where there is none, it becomes one.
    """
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    different = first[order]
    search = walk if len(different) <= SMALL else probe
    joined: np.ndarray = different[search(hashes[different], radius, threads)]
    return joined[place[inverse]]


def walk(hashes: np.ndarray, radius: int, _threads: int = 1) -> np.ndarray:
    """The rule as it is said, each representative compared with all after it."""
    leader = np.full(len(hashes), -1)
    for row in range(len(hashes)):
        if leader[row] < 0:
            near = np.bitwise_count(hashes[row:] ^ hashes[row]) <= radius
            leader[row:][near & (leader[row:] < 0)] = row
    return leader


def probe(hashes: np.ndarray, radius: int, threads: int) -> np.ndarray:
    """The same by bands; neither bands nor blocks nor threads show in the result."""
    from native4k.dataset import kernels

    limit = np.uint64(radius)
    if len(hashes) <= SMALLEST:
        return kernels.settle(hashes, limit)
    shapes = plan(len(hashes), radius)
    bands = [band(hashes, *shape) for shape in shapes]
    leader = np.full(len(hashes), kernels.NOBODY, dtype=np.uint32)

    def look(begin: int, end: int) -> None:
        for each, (first, width, _) in zip(bands, shapes, strict=True):
            rows = begin + np.argsort(keys(hashes[begin:end], first, width))
            found = leader[rows]
            kernels.look(hashes[rows], found, limit, *each)
            leader[rows] = found

    def insert(each: Band, fresh: np.ndarray) -> None:
        kernels.insert(hashes, fresh, each.shift, each.ends, each.known, each.rows)

    size = max(SMALLEST, math.ceil(len(hashes) / BLOCKS))
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(hashes), size):
            end = min(start + size, len(hashes))
            cuts = np.linspace(start, end, threads + 1).astype(int)
            list(pool.map(look, cuts[:-1], cuts[1:]))
            free = start + np.flatnonzero(leader[start:end] == kernels.NOBODY)
            leader[free] = free[probe(hashes[free], radius, threads)]
            list(pool.map(insert, bands, repeat(free[leader[free] == free])))
    return leader


def plan(count: int, radius: int) -> list[tuple[int, int, int]]:
    """The cheapest bands, each by its first bit, its width, and how many of its bits to flip.

    Bands that allow t1, ..., tm flips miss nothing within t1 + ... + tm + m - 1. A single band of no bits compares all.
    """

    def cost(shape: tuple[int, int]) -> float:
        probes = sum(balls(width, flips) for _, width, flips in shares(*shape, radius))
        return probes * (PROBE + PAIR * count / 2 ** (shape[1] + 1))

    shapes = [(m, width) for m in range(1, radius + 2) for width in range(min(BITS // m, WIDEST) + 1)]
    return shares(*min(shapes, key=cost), radius)


def shares(number: int, width: int, radius: int) -> list[tuple[int, int, int]]:
    """So many bands of a width, with the flips that each must allow."""
    each, more = divmod(radius - number + 1, number)
    return [(at * width, width, min(width, each + (at < more))) for at in range(number)]


def band(hashes: np.ndarray, start: int, width: int, flips: int) -> Band:
    """A band's empty buckets."""
    sizes = np.bincount(keys(hashes, start, width).astype(np.int64), minlength=2**width)
    begins = (np.cumsum(sizes) - sizes).astype(np.uint32)
    patterns = [sum(1 << bit for bit in bits) for set_ in range(flips + 1) for bits in combinations(range(width), set_)]
    return Band(
        shift=np.uint64(start),
        flips=np.array(patterns, dtype=np.uint64),
        ends=np.stack([begins, begins], axis=1),
        known=np.empty(len(hashes), dtype=np.uint64),
        rows=np.empty(len(hashes), dtype=np.uint32),
    )


def keys(hashes: np.ndarray, start: int, width: int) -> np.ndarray:
    """The bits of a band."""
    bits: np.ndarray = hashes >> np.uint64(start) & np.uint64(2**width - 1)
    return bits
