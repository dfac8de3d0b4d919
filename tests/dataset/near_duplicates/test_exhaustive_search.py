"""The nearest hashes, against comparing all with all in plain words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native4k.dataset.near_duplicates import exhaustive_search


def bits(hashes: np.ndarray) -> np.ndarray:
    return np.unpackbits(np.ascontiguousarray(hashes).view(np.uint8), axis=1)


def brute(hashes: np.ndarray, known: np.ndarray, radius: int) -> list[list[int]]:
    apart = (bits(hashes)[:, None, :] != bits(known)[None, :, :]).sum(axis=2)
    return [apart.argmin(axis=1).tolist(), apart.min(axis=1).tolist(), (apart <= radius).sum(axis=1).tolist()]


def some(count: int, words: int, seed: int) -> np.ndarray:
    """Hashes of which many are near each other."""
    dice = np.random.default_rng(seed)
    few = dice.integers(0, 2**64, (4, words), dtype=np.uint64)
    flips = np.uint64(1) << dice.integers(0, 64, (count, words), dtype=np.uint64)
    return few[dice.integers(0, 4, count)] ^ flips


@settings(max_examples=30)
@given(st.integers(1, 20), st.integers(1, 40), st.sampled_from([1, 4]), st.integers(0, 9), st.integers(0, 99))
def test_the_search_finds_what_comparing_every_bit_finds(
    count: int, others: int, words: int, radius: int, seed: int
) -> None:
    hashes, known = some(count, words, seed), some(others, words, seed + 1)
    for threads in (1, 3):
        found = exhaustive_search.nearest(hashes, known, radius, threads)
        assert [part.tolist() for part in found] == brute(hashes, known, radius)


@pytest.mark.parametrize("words", [1, 4])
def test_the_compiled_search_finds_what_the_plain_one_finds(words: int) -> None:
    hashes, known = some(50, words, 0), some(3 * exhaustive_search.BLOCK + 7, words, 1)
    ways = []
    for search in (exhaustive_search.search_with_numpy, exhaustive_search.search_compiled):
        found = exhaustive_search.Nearest(*(np.zeros(50, dtype=np.int64) for _ in range(3)))
        search(hashes, known, 3, found)
        ways.append([part.tolist() for part in found])
    assert ways[0] == ways[1] == brute(hashes, known, 3)


def test_the_first_of_equals_is_the_nearest() -> None:
    known = np.array([[7], [1], [1], [0]], dtype=np.uint64)
    found = exhaustive_search.nearest(np.array([[3]], dtype=np.uint64), known, 1, 1)
    assert [part.tolist() for part in found] == [[0], [1], [3]]


def test_many_hashes_are_searched_by_the_compiled_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exhaustive_search, "SMALL", 100)
    monkeypatch.setattr(exhaustive_search, "search_with_numpy", None)
    hashes, known = some(11, 1, 0), some(10, 1, 1)
    assert [part.tolist() for part in exhaustive_search.nearest(hashes, known, 2, 2)] == brute(hashes, known, 2)
