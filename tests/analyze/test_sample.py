"""A sample is uniform, of the wanted size, and the same for the same rows and seed, whatever the frames."""

from itertools import accumulate, pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k.analyze.sample import Sample


def drawn(size: int, seed: int, frames: list[int]) -> list[int]:
    """The numbers of the rows that are drawn of frames of such heights."""
    rows = pl.DataFrame({"row": range(sum(frames))}, schema={"row": pl.Int64})
    return sampled(size, seed, rows, frames)["row"].to_list()


def sampled(size: int, seed: int, rows: pl.DataFrame, frames: list[int]) -> pl.DataFrame:
    """The rows that are drawn, where the frames have such heights; two are always looked at before one is taken."""
    sample, starts = Sample(size, seed), list(accumulate(frames, initial=0))
    numbered = list(sample.numbered(rows[start:end] for start, end in pairwise(starts)))
    assert ([first for first, _ in numbered], sample.rows) == (starts[:-1], len(rows))
    for at in range(0, len(numbered), 2):
        for drawn in [sample.look(*one) for one in numbered[at : at + 2]]:
            sample.take(drawn)
    return sample.drawn()


def surprise(found: list[int], wanted: float) -> float:
    """Chi square of counts that should be equal."""
    return sum((count - wanted) ** 2 / wanted for count in found)


@given(st.lists(st.integers(0, 90), min_size=1, max_size=12), st.integers(1, 60), st.integers(0, 2**63))
def test_the_rows_do_not_depend_on_the_frames(frames: list[int], size: int, seed: int) -> None:
    whole = [sum(frames)]
    if whole != [0]:
        assert drawn(size, seed, frames) == drawn(size, seed, whole)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**63))
def test_there_are_as_many_as_wanted_or_all_each_once_and_in_order(rows: int, size: int, seed: int) -> None:
    found = drawn(size, seed, [rows // 2, rows - rows // 2])
    assert len(found) == min(size, rows)
    assert all(before < after for before, after in pairwise(found))
    assert set(found) <= set(range(rows))


def test_all_rows_are_drawn_where_they_are_few() -> None:
    assert drawn(1000, 0, [3, 0, 4]) == list(range(7))


def test_all_columns_of_a_row_stay_together_as_they_are() -> None:
    rows = pl.DataFrame({"row": range(500), "text": [None if n % 3 else f"{n}" for n in range(500)]})
    found = sampled(50, 7, rows, [60] * 8 + [20])
    assert found.equals(rows.filter(pl.col("row").is_in(found["row"].implode())))
    assert found.columns == rows.columns


def test_another_seed_draws_other_rows() -> None:
    samples = [set(drawn(100, seed, [10_000])) for seed in range(20)]
    shared = [len(one & other) for one, other in pairwise(samples)]
    assert max(shared) < 10, "1 of 100 is to be expected"


def test_a_larger_sample_holds_the_smaller_one_of_its_seed() -> None:
    assert set(drawn(50, 3, [400, 600])) < set(drawn(80, 3, [1000]))


def test_each_row_is_drawn_as_often_as_any_other() -> None:
    found = [row for seed in range(400) for row in drawn(10, seed, [30, 20])]
    often = [found.count(row) for row in range(50)]
    assert 20 < surprise(often, 80) < 70, "chi square of 49 degrees is 39 on average here, 0.8 * 49"


def test_neighbours_are_not_drawn_together_more_often_than_others() -> None:
    samples = [drawn(10, seed, [50]) for seed in range(400)]
    near = sum(after - before == 1 for sample in samples for before, after in pairwise(sample))
    assert near == pytest.approx(400 * 49 * (10 * 9) / (50 * 49), rel=0.12)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_sample_of_many_rows_is_spread_evenly(seed: int) -> None:
    found = drawn(2000, seed, [7000] * 20)
    blocks = [sum(start <= row < start + 7000 for row in found) for start in range(0, 140_000, 7000)]
    digits = [sum(row % 10 == digit for row in found) for digit in range(10)]
    assert surprise(blocks, 100) < 43.8, "one in a thousand of 19 degrees is more"
    assert surprise(digits, 200) < 27.9, "one in a thousand of 9 degrees is more"
