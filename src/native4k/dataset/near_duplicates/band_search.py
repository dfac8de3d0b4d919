"""Index hashes by bands of their bits, so that a hash is compared with few others and none within a radius is missed.

Two hashes within a radius differ, in at least one of several disjoint bands of bits, by no more than their share of
it (the pigeonhole principle). So a hash is compared only with those in the buckets that its bands name, a few bits
flipped.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import combinations
from typing import NamedTuple

import numpy as np

BITS = 64
"""Of a pHash."""

NO_LEADER = 2**32 - 1
"""The leader, as an unsigned row, of a picture that has none yet."""

WIDEST = 24
"""Bits of a band: its directory takes 8 bytes for each of their patterns."""

PROBE, PAIR = 15.0, 0.3
"""Nanoseconds of opening a bucket, and of comparing with a hash in it; measured, and only for choosing bands."""


class Workers(NamedTuple):
    """Threads to search with."""

    pool: ThreadPoolExecutor
    threads: int


class Shape(NamedTuple):
    """A band of bits: the first, how many, and how many of them may be flipped."""

    start: int
    width: int
    flips: int


class Band(NamedTuple):
    """Buckets of leaders, by a band of their bits; each has room for all hashes that belong there."""

    shift: np.uint64
    flips: np.ndarray
    ends: np.ndarray
    hashes: np.ndarray
    holders: np.ndarray


def patterns_within(width: int, flips: int) -> int:
    """Count the patterns of so many bits that have at most so many set."""
    return sum(math.comb(width, bits) for bits in range(min(width, flips) + 1))


def plan_bands(count: int, radius: int) -> list[Shape]:
    """Choose the bands that find all hashes within a radius among so many at the lowest cost.

    Bands that allow t1, ..., tm flips miss nothing within t1 + ... + tm + m - 1. A single band of no bits compares all.
    """

    def cost(shape: tuple[int, int]) -> float:
        probes = sum(patterns_within(width, flips) for _, width, flips in equal_bands(*shape, radius))
        return probes * (PROBE + PAIR * count / 2 ** (shape[1] + 1))

    shapes = [(m, width) for m in range(1, radius + 2) for width in range(min(BITS // m, WIDEST) + 1)]
    return equal_bands(*min(shapes, key=cost), radius)


def equal_bands(number: int, width: int, radius: int) -> list[Shape]:
    """Lay so many bands of a width side by side, with the flips that each must allow."""
    each, more = divmod(radius - number + 1, number)
    return [Shape(at * width, width, min(width, each + (at < more))) for at in range(number)]


def empty_band(hashes: np.ndarray, shape: Shape) -> Band:
    """Make a band's empty buckets, with room for these hashes."""
    start, width, flips = shape
    sizes = np.bincount(band_bits(hashes, shape).astype(np.int64), minlength=2**width)
    begins = (np.cumsum(sizes) - sizes).astype(np.uint32)
    patterns = [sum(1 << bit for bit in bits) for set_ in range(flips + 1) for bits in combinations(range(width), set_)]
    return Band(
        shift=np.uint64(start),
        flips=np.array(patterns, dtype=np.uint64),
        ends=np.stack([begins, begins], axis=1),
        hashes=np.empty(len(hashes), dtype=np.uint64),
        holders=np.empty(len(hashes), dtype=np.uint32),
    )


def band_bits(hashes: np.ndarray, shape: Shape) -> np.ndarray:
    """Cut the bits of a band out of each hash."""
    bits: np.ndarray = hashes >> np.uint64(shape.start) & np.uint64(2**shape.width - 1)
    return bits


def families(view_pairs: list[tuple[int, int]]) -> list[tuple[list[int], list[int]]]:
    """Put views that the same views look up into one family: those that look up, those that are held."""
    looking = {held: tuple(sorted(one for one, other in view_pairs if other == held)) for _, held in view_pairs}
    return [
        (list(ones), [held for held in looking if looking[held] == ones]) for ones in dict.fromkeys(looking.values())
    ]


class BandIndex:
    """Leaders in buckets, by the views that the same views of other pictures look up.

    Hashes lie as views x pictures (short) and views x pictures x words (long).
    """

    def __init__(
        self,
        short: np.ndarray,
        long: np.ndarray,
        limits: tuple[int, int],
        view_pairs: list[tuple[int, int]],
        expected: int,
        workers: Workers,
    ) -> None:
        self.short, self.long, self.workers = short, long.reshape(short.size, long.shape[2]), workers
        self.radius, self.verify = map(np.uint64, limits)
        self.families = [
            (self._bands(short[held], expected * len(held)), looking, held) for looking, held in families(view_pairs)
        ]

    def _bands(self, hashes: np.ndarray, expected: int) -> list[tuple[Shape, Band]]:
        """Make bands with room for some views of all pictures."""
        shapes = plan_bands(expected, int(self.radius))
        return [(shape, empty_band(hashes.ravel(), shape)) for shape in shapes]

    def look_up(self, rows: np.ndarray, leader: np.ndarray) -> None:
        """Lower the leaders of some pictures to the first leader that is near."""
        parts = np.array_split(rows, self.workers.threads)
        list(self.workers.pool.map(partial(self._look_up_part, leader=leader), parts))

    def _look_up_part(self, rows: np.ndarray, leader: np.ndarray) -> None:
        """Look up one thread's share of the pictures."""
        from native4k.dataset.near_duplicates import popcount_kernels

        short, count = self.short.ravel(), self.short.shape[1]
        for bands, looking, _ in self.families:
            for view in looking:
                for shape, band in bands:
                    order = np.argsort(band_bits(self.short[view, rows], shape))
                    entries = rows[order] + view * count
                    popcount_kernels.lower_leaders(entries, leader, short, self.long, self.radius, self.verify, *band)

    def insert(self, rows: np.ndarray) -> None:
        """Add leaders."""
        from native4k.dataset.near_duplicates import popcount_kernels

        short, count = self.short.ravel(), self.short.shape[1]
        for bands, _, held in self.families:
            entries = np.concatenate([rows + view * count for view in held])
            work = [(entries, short, band.shift, band.ends, band.hashes, band.holders) for _, band in bands]
            list(self.workers.pool.map(lambda each: popcount_kernels.insert(*each), work))
