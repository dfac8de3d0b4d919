"""Shuffling by arithmetic: where each number of an epoch goes, without a list that anyone makes or holds.

A Feistel network over pairs of digits; what it does depends on seed and epoch alone.
"""

import functools
import math

import numpy as np

ROUNDS = 8


def shuffled(places: np.ndarray, count: int, seed: int, epoch: int) -> np.ndarray:
    """Another number below `count` for each one: a permutation.

    The network permutes the next square; a number that it takes beyond the last patch goes through it again.
    """
    side = np.uint64(math.isqrt(count - 1) + 1)
    keys = _keys(seed, epoch)
    found = _permuted(places.astype(np.uint64), side, keys)
    while len(beyond := np.flatnonzero(found >= count)):
        found[beyond] = _permuted(found[beyond], side, keys)
    return found.astype(np.int64)


def scattered(positions: np.ndarray, ways: int, seed: int) -> np.ndarray:
    """A number below `ways` for each position, by chance."""
    key = _keys(seed, -1)[0]
    return (_mixed(positions.astype(np.uint64) ^ key) % np.uint64(ways)).astype(np.int64)


def _permuted(numbers: np.ndarray, side: np.uint64, keys: tuple[np.uint64, ...]) -> np.ndarray:
    left, right = np.divmod(numbers, side)
    for key in keys:
        left, right = right, (left + _mixed(right ^ key) % side) % side
    return left * side + right


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Each number's bits stirred (splitmix64: Steele, Lea and Flood 2014)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


@functools.lru_cache(maxsize=8)
def _keys(seed: int, epoch: int) -> tuple[np.uint64, ...]:
    return tuple(np.random.SeedSequence([seed, epoch + 1]).generate_state(ROUNDS, np.uint64))
