"""The compiled loops, each on hashes that can be counted by hand."""

import numpy as np

from native4k.dataset.near_duplicates import popcount_kernels

HASHES = np.array([0b1111, 0b0111, 0b1, 0b0, 2**63], dtype=np.uint64)
FINE = np.array([[0], [0], [0], [3], [0]], dtype=np.uint64)
NONE = np.empty((5, 0), dtype=np.uint64)
ROWS = np.arange(5, dtype=np.uint32)
ONE = np.uint64(1)
WHOLE = np.array([[0, 0]])
"""The pair of views that is compared where there is nothing but the whole."""


def test_the_first_copy_is_found_between_its_bounds_and_below_the_leader() -> None:
    def found(entry: int, begin: int, end: int, radius: int, leader: int = 9, long: np.ndarray = NONE) -> int:
        limits = np.uint64(radius), ONE
        return int(popcount_kernels.first_near(entry, begin, end, HASHES, ROWS, HASHES, long, 5, *limits, leader))

    assert found(3, 0, 5, 1) == 2
    assert found(3, 3, 5, 0) == 3
    assert found(3, 0, 2, 2) == 9, "none: the leader"
    assert found(3, 4, 4, 64) == 9, "an empty bucket"
    assert found(3, 0, 5, 1, leader=1) == 1
    assert found(2, 3, 4, 1) == 3
    assert found(2, 3, 4, 1, long=FINE) == 9, "the signatures do not agree"


def test_a_few_pictures_are_clustered_best_first() -> None:
    def clustered(hashes: np.ndarray, long: np.ndarray) -> list[int]:
        return [int(row) for row in popcount_kernels.cluster(hashes, long, len(hashes), ONE, ONE, WHOLE)]

    assert clustered(HASHES, NONE) == [0, 0, 2, 2, 4]
    assert clustered(HASHES, FINE) == [0, 0, 2, 3, 4]
    assert clustered(HASHES[::-1].copy(), NONE) == [0, 0, 2, 3, 3]
    assert clustered(HASHES[:0], NONE[:0]) == []


def test_views_are_compared_in_the_pairs_that_are_given() -> None:
    short = np.array([[8, 16, 32], [64, 8, 64]], dtype=np.uint64).ravel()  # three pictures, two views each
    long = np.empty((6, 0), dtype=np.uint64)
    exact = np.uint64(0)
    crossed, parallel = np.array([[0, 0], [0, 1], [1, 0]]), np.array([[0, 0], [1, 1]])
    assert popcount_kernels.cluster(short, long, 3, exact, exact, crossed).tolist() == [0, 0, 2], "64 is no whole"
    assert popcount_kernels.cluster(short, long, 3, exact, exact, parallel).tolist() == [0, 1, 0]


def test_representatives_are_found_in_the_buckets_of_their_band_once_they_are_inserted() -> None:
    ends = np.array([[0, 0], [2, 2]], dtype=np.uint32)  # by the third bit: two have it
    hashes, holders = np.zeros(5, dtype=np.uint64), np.zeros(5, dtype=np.uint32)
    popcount_kernels.insert(np.array([2, 3]), HASHES, np.uint64(2), ends, hashes, holders)
    assert (hashes[:2].tolist(), holders[:2].tolist(), ends.tolist()) == ([1, 0], [2, 3], [[0, 2], [2, 2]])

    def leaders(flips: list[int], radius: int, long: np.ndarray = NONE) -> list[int]:
        found = np.full(5, 9)
        limits, patterns = (np.uint64(radius), ONE), np.array(flips, dtype=np.uint64)
        popcount_kernels.lower_leaders(
            np.arange(5), found, HASHES, long, *limits, np.uint64(2), patterns, ends, hashes, holders
        )
        return [int(row) for row in found]

    assert leaders([0], 1) == [9, 9, 2, 2, 3]
    assert leaders([0, 1], 2) == [9, 2, 2, 2, 2]
    assert leaders([0, 1], 3) == [2, 2, 2, 2, 2]
    assert leaders([0], 1, FINE) == [9, 9, 2, 3, 9]
