"""The compiled loops, each on hashes that can be counted by hand."""

import numpy as np

from native4k.dataset import kernels

HASHES = np.array([0b1111, 0b0111, 0b1, 0b0, 2**63], dtype=np.uint64)
FINE = np.array([[0], [0], [0], [3], [0]], dtype=np.uint64)
NONE = np.empty((5, 0), dtype=np.uint64)
ROWS = np.arange(5, dtype=np.uint32)
UNKNOWN = np.full(5, -1)
ONE = np.uint64(1)


def test_the_first_copy_is_found_between_its_bounds_and_below_the_leader() -> None:
    def found(entry: int, begin: int, end: int, radius: int, leader: int = 9, longs: np.ndarray = NONE) -> int:
        limits = np.uint64(radius), ONE
        return int(kernels.first_copy(entry, begin, end, HASHES, ROWS, HASHES, longs, 5, *limits, leader))

    assert found(3, 0, 5, 1) == 2
    assert found(3, 3, 5, 0) == 3
    assert found(3, 0, 2, 2) == 9, "none: the leader"
    assert found(3, 4, 4, 64) == 9, "an empty bucket"
    assert found(3, 0, 5, 1, leader=1) == 1
    assert found(2, 3, 4, 1) == 3
    assert found(2, 3, 4, 1, longs=FINE) == 9, "the signatures do not agree"


def test_a_few_pictures_are_settled_best_first() -> None:
    def settled(hashes: np.ndarray, longs: np.ndarray, before: list[int]) -> list[int]:
        return [int(row) for row in kernels.settle(hashes, longs, np.array(before, dtype=np.int64), ONE, ONE)]

    assert settled(HASHES, NONE, [-1] * 5) == [0, 0, 2, 2, 4]
    assert settled(HASHES, FINE, [-1] * 5) == [0, 0, 2, 3, 4]
    assert settled(HASHES[::-1].copy(), NONE, [-1] * 5) == [0, 0, 2, 3, 3]
    assert settled(HASHES[:0], NONE[:0], []) == []
    assert settled(HASHES, NONE, [0, 0, 2, 2, 4]) == [0, 0, 2, 2, 4], "known before"
    assert settled(HASHES, NONE, [0, 0, -1, 3, 4]) == [0, 0, 2, 2, 4], "a new one takes the place of an old one"


def test_the_whole_is_compared_with_every_view_and_middles_with_the_whole() -> None:
    shorts = np.array([[8, 16, 32], [64, 8, 64]], dtype=np.uint64).ravel()  # three pictures, two views each
    longs = np.empty((6, 0), dtype=np.uint64)
    exact = np.uint64(0)
    assert kernels.settle(shorts, longs, UNKNOWN[:3], exact, exact).tolist() == [0, 0, 2], "64 is a middle of both"


def test_representatives_are_found_in_the_buckets_of_their_band_once_they_are_inserted() -> None:
    ends = np.array([[0, 0], [2, 2]], dtype=np.uint32)  # by the third bit: two have it
    known, holders = np.zeros(5, dtype=np.uint64), np.zeros(5, dtype=np.uint32)
    kernels.insert(np.array([2, 3]), HASHES, np.uint64(2), ends, known, holders)
    assert (known[:2].tolist(), holders[:2].tolist(), ends.tolist()) == ([1, 0], [2, 3], [[0, 2], [2, 2]])

    def leaders(flips: list[int], radius: int, longs: np.ndarray = NONE) -> list[int]:
        found = np.full(5, 9)
        limits, patterns = (np.uint64(radius), ONE), np.array(flips, dtype=np.uint64)
        kernels.look(np.arange(5), found, HASHES, longs, *limits, np.uint64(2), patterns, ends, known, holders)
        return [int(row) for row in found]

    assert leaders([0], 1) == [9, 9, 2, 2, 3]
    assert leaders([0, 1], 2) == [9, 2, 2, 2, 2]
    assert leaders([0, 1], 3) == [2, 2, 2, 2, 2]
    assert leaders([0], 1, FINE) == [9, 9, 2, 3, 9]
