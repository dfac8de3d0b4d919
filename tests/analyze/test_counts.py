"""Counts are those of a Counter, and repeats those of brute force, however the rows come in."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native4k.analyze import counts
from native4k.analyze.counts import Counts, Hashes, Repeats

WORDS = st.none() | st.sampled_from("abcde") | st.text(max_size=2)
PARTS = st.lists(st.lists(WORDS, max_size=12), min_size=1, max_size=12)
ENDS = [0, 1, 2**56 - 1, 2**56, 2**63, 2**64 - 2, 2**64 - 1]
NUMBERS = st.lists(st.sampled_from(ENDS) | st.integers(0, 2**64 - 1), max_size=30)


def added(parts: list[list[str | None]], limit: int | None = None) -> Counts:
    made = Counts("word", limit=limit)
    for part in parts:
        words = pl.DataFrame({"word": part}, schema={"word": pl.String})
        made.add(words.with_columns(rows=pl.lit(1, pl.Int64)))
    return made


def repeats(parts: list[list[int]], folder: Path) -> Repeats:
    made = Hashes(folder)
    for part in parts:
        made.add(np.array(part, dtype=np.uint64))
    return made.repeats()


@given(PARTS)
def test_values_are_counted_as_by_a_counter(parts: list[list[str | None]]) -> None:
    found = added(parts).counted().rows()
    assert sorted(found, key=repr) == sorted(Counter(word for part in parts for word in part).items(), key=repr)


@given(PARTS)
def test_the_most_frequent_come_first_and_equals_in_order(parts: list[list[str | None]]) -> None:
    counted = Counter(word for part in parts for word in part).items()
    wanted = sorted(counted, key=lambda pair: (-pair[1], pair[0] is None, pair[0] or ""))
    assert added(parts).table().rows() == wanted


def test_values_that_are_counted_already_are_taken_in_with_their_rows() -> None:
    made = Counts("word")
    made.add(pl.DataFrame({"word": ["a", "b", "a"], "rows": [3, 4, 1]}))
    made.add(pl.DataFrame({"word": ["b"], "rows": [5]}))
    assert made.table().rows() == [("b", 9), ("a", 4)]


def test_nothing_to_count_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="no rows to count word of"):
        Counts("word").counted()


def test_the_rarest_values_beyond_the_limit_lose_their_names() -> None:
    made = added([list("aaaaabbbbcccdde")], limit=4)
    assert (made.table().rows(), made.unnamed) == ([("a", 5), ("b", 4)], 6)


def test_as_many_values_as_the_limit_keep_their_names() -> None:
    made = added([list("aaaaabbbbcccdd")], limit=4)
    assert (made.table().rows(), made.unnamed) == ([("a", 5), ("b", 4), ("c", 3), ("d", 2)], 0)


@given(PARTS, st.integers(2, 8))
def test_no_row_is_lost_with_its_name_and_none_is_counted_twice(parts: list[list[str | None]], limit: int) -> None:
    made = added(parts, limit)
    found = dict(made.counted().rows())
    true = Counter(word for part in parts for word in part)
    assert sum(found.values()) + made.unnamed == true.total()
    assert len(found) <= limit
    assert all(rows <= true[word] for word, rows in found.items())


def test_a_value_that_is_frequent_throughout_keeps_its_name_and_all_its_rows() -> None:
    made = added([["a", "a", "a", f"{n}", f"{n}'"] for n in range(50)], limit=6)
    assert made.table().rows()[0] == ("a", 150)
    assert sum(made.counted()["rows"]) + made.unnamed == 250


@settings(max_examples=15)
@given(st.lists(NUMBERS, max_size=6), st.integers(1, 25))
def test_repeats_are_those_of_brute_force_over_any_shares(parts: list[list[int]], held: int) -> None:
    counted = Counter(number for part in parts for number in part).values()
    wanted = Repeats(sum(counted), len(counted), sum(rows for rows in counted if rows > 1))
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(counts, "AT_ONCE", held)
        patch.setattr(counts, "BLOCK", 1 + held // 2)
        assert repeats(parts, Path(folder) / "hashes") == wanted


def test_the_least_and_the_greatest_hash_repeat_as_others_do(tmp_path: Path) -> None:
    assert repeats([ENDS, [0, 2**64 - 1], [0]], tmp_path / "hashes") == Repeats(10, 7, 5)


def test_without_hashes_nothing_repeats(tmp_path: Path) -> None:
    assert repeats([], tmp_path / "none") == repeats([[], []], tmp_path / "empty") == Repeats(0, 0, 0)


def test_hashes_of_another_run_are_not_counted_with_ours(tmp_path: Path) -> None:
    repeats([[1, 2]], tmp_path / "hashes")
    with pytest.raises(FileExistsError):
        Hashes(tmp_path / "hashes")
