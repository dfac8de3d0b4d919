"""Buckets of hashes by bands of their bits: which bands find all hashes within a radius at the least cost.

Two hashes within a radius differ, in at least one of several disjoint bands of bits, by no more than their share of
it (the pigeonhole principle). So a hash is compared only with those in the buckets that its bands name, a few bits
flipped.
"""

import math
from itertools import combinations
from typing import NamedTuple

import numpy as np

BITS = 64

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
    holders: np.ndarray


def balls(width: int, flips: int) -> int:
    """How many patterns of so many bits have no more than so many set."""
    return sum(math.comb(width, bits) for bits in range(min(width, flips) + 1))


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
    """A band's empty buckets, with room for these hashes."""
    sizes = np.bincount(keys(hashes, start, width).astype(np.int64), minlength=2**width)
    begins = (np.cumsum(sizes) - sizes).astype(np.uint32)
    patterns = [sum(1 << bit for bit in bits) for set_ in range(flips + 1) for bits in combinations(range(width), set_)]
    return Band(
        shift=np.uint64(start),
        flips=np.array(patterns, dtype=np.uint64),
        ends=np.stack([begins, begins], axis=1),
        known=np.empty(len(hashes), dtype=np.uint64),
        holders=np.empty(len(hashes), dtype=np.uint32),
    )


def keys(hashes: np.ndarray, start: int, width: int) -> np.ndarray:
    """The bits of a band."""
    bits: np.ndarray = hashes >> np.uint64(start) & np.uint64(2**width - 1)
    return bits
