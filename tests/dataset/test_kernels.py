"""The compiled loops, each on hashes that can be counted by hand."""

import numpy as np

from native4k.dataset import kernels

HASHES = np.array([0b1111, 0b0111, 0b1, 0b0, 2**63], dtype=np.uint64)
ONE = np.uint64(1)


def test_the_first_hash_within_the_radius_is_found_between_its_bounds() -> None:
    def found(one: int, begin: int, end: int, radius: int) -> int:
        return int(kernels.first_near(np.uint64(one), HASHES, begin, end, np.uint64(radius)))

    assert found(0, 0, 5, 1) == 2
    assert found(0, 3, 5, 0) == 3
    assert found(0, 0, 2, 2) == 2, "none: the end"
    assert found(0, 4, 4, 64) == 4, "an empty bucket"
    assert found(2**64 - 1, 0, 5, 60) == 0


def test_a_few_hashes_are_settled_best_first() -> None:
    assert kernels.settle(HASHES, ONE).tolist() == [0, 0, 2, 2, 4]
    assert kernels.settle(HASHES[::-1].copy(), ONE).tolist() == [0, 0, 2, 3, 3]
    assert kernels.settle(HASHES[:0], ONE).tolist() == []


def test_representatives_are_found_in_the_buckets_of_their_band_once_they_are_inserted() -> None:
    ends = np.array([[0, 0], [2, 2]], dtype=np.uint32)  # by the third bit: two have it
    known, rows = np.zeros(5, dtype=np.uint64), np.zeros(5, dtype=np.uint32)
    kernels.insert(HASHES, np.array([2, 3], dtype=np.uint32), np.uint64(2), ends, known, rows)
    assert (known[:2].tolist(), rows[:2].tolist(), ends.tolist()) == ([1, 0], [2, 3], [[0, 2], [2, 2]])

    def leaders(flips: list[int], radius: int) -> list[int]:
        found = np.full(5, 9, dtype=np.uint32)
        patterns = np.array(flips, dtype=np.uint64)
        kernels.look(HASHES, found, np.uint64(radius), np.uint64(2), patterns, ends, known, rows)
        return found.tolist()

    assert leaders([0], 1) == [9, 9, 2, 2, 3]
    assert leaders([0, 1], 2) == [9, 2, 2, 2, 2]
    assert leaders([0, 1], 3) == [2, 2, 2, 2, 2]
