"""Figures are NumPy's, and intervals hold the true figure as often as they say."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k.analyze import estimates
from native4k.analyze.estimates import (
    PERCENTILES,
    Distribution,
    Estimate,
    Estimator,
    distribution,
    intervals,
    plain,
    rounded,
)

EXACT, SURE = Estimator(None), Estimator(0.95)
PAIRS = st.lists(st.tuples(st.none() | st.floats(-1e6, 1e6), st.integers(1, 40)), min_size=1, max_size=30)
DRAWS = 400


def expanded(pairs: list[tuple[float | None, int]]) -> list[float]:
    """A value for each row that has one."""
    return [value for value, rows in pairs for _ in range(rows) if value is not None]


def spread_of(pairs: list[tuple[float | None, int]]) -> Distribution:
    values, rows = zip(*pairs, strict=True)
    return distribution(pl.Series(values, dtype=pl.Float64), pl.Series(rows, dtype=pl.Int64))


def drawn(values: np.ndarray) -> Distribution:
    return distribution(pl.Series(values), pl.Series(np.ones(len(values), np.int64)))


def mean_of(sure: Estimator, values: np.ndarray) -> Estimate:
    found = drawn(values)
    return sure.mean(found.mean(), found.deviation(), found.rows)


def held(figure: Callable[[np.random.Generator], Estimate | None], true: float) -> float:
    """How often a figure's interval holds the true value."""
    found = [figure(np.random.default_rng(seed)) for seed in range(DRAWS)]
    inside = [
        one is not None and one.interval is not None and one.interval[0] <= true <= one.interval[1] for one in found
    ]
    return sum(inside) / DRAWS


@given(PAIRS)
def test_a_spread_is_of_the_rows_that_have_a_value_in_order(pairs: list[tuple[float | None, int]]) -> None:
    found = spread_of(pairs)
    assert np.repeat(found.values, found.counts).tolist() == sorted(expanded(pairs))
    assert found.rows == len(expanded(pairs))


@given(PAIRS, st.floats(0, 100) | st.sampled_from(PERCENTILES))
def test_a_percentile_is_numpys(pairs: list[tuple[float | None, int]], percent: float) -> None:
    rows = expanded(pairs)
    if rows:
        found = spread_of(pairs).percentile(percent)
        assert found == pytest.approx(float(np.percentile(rows, percent)), rel=1e-9, abs=1e-6)


@given(PAIRS)
def test_mean_and_deviation_are_numpys(pairs: list[tuple[float | None, int]]) -> None:
    rows = expanded(pairs)
    if rows:
        found = spread_of(pairs)
        wanted = float(np.mean(rows)), float(np.std(rows))
        assert (found.mean(), found.deviation()) == pytest.approx(wanted, rel=1e-9, abs=1e-6)


@given(PAIRS)
def test_the_value_at_a_rank_is_that_of_the_sorted_rows(pairs: list[tuple[float | None, int]]) -> None:
    rows = sorted(expanded(pairs))
    assert [spread_of(pairs).at(rank) for rank in range(len(rows))] == rows


@given(PAIRS)
def test_a_summary_has_numpys_figures_and_none_of_no_rows(pairs: list[tuple[float | None, int]]) -> None:
    rows = expanded(pairs)
    found = EXACT.summary(spread_of(pairs))
    if not rows:
        assert found is None
        return
    assert found is not None
    assert {key: found[key] for key in ("rows", "min", "max")} == {
        "rows": len(rows),
        "min": min(rows),
        "max": max(rows),
    }
    assert found["mean"].value == pytest.approx(float(np.mean(rows)), rel=1e-9, abs=1e-6)
    wanted = {str(percent): float(np.percentile(rows, percent)) for percent in PERCENTILES}
    values = {key: figure.value for key, figure in found["percentiles"].items()}
    assert values == pytest.approx(wanted, rel=1e-9, abs=1e-6)


def test_exact_figures_have_no_interval() -> None:
    values = drawn(np.arange(10.0))
    assert [EXACT.share(1, 4), EXACT.mean(4.5, 3, 10), EXACT.percentile(values, 50)] == [
        Estimate(0.25),
        Estimate(4.5),
        Estimate(4.5),
    ]
    assert intervals(EXACT.summary(values)) is None
    with pytest.raises(AssertionError, match="exact figures have no interval"):
        _ = EXACT.z


def test_a_share_of_no_rows_is_nothing() -> None:
    assert EXACT.share(0, 0) is None
    assert SURE.share(0, 0) is None


@given(st.integers(1, 10**9).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))), st.floats(0.5, 0.9999))
def test_the_interval_of_a_share_is_wilsons(rows_of: tuple[int, int], confidence: float) -> None:
    """Its ends are the shares p from which ours is z deviations away: (p - share)^2 = z^2 p (1 - p) / n."""
    sure = Estimator(confidence)
    found, (rows, of) = sure.share(*rows_of), rows_of
    assert found is not None
    assert found.interval is not None
    share, reach = rows / of, sure.z**2 / of
    ends = np.sort(np.roots([1 + reach, -(2 * share + reach), share**2]).real)
    assert found.value == share
    assert found.interval == pytest.approx(np.clip(ends, 0, 1), rel=1e-4, abs=2e-8)
    assert 0 <= found.interval[0] <= share <= found.interval[1] <= 1


@pytest.mark.parametrize(("confidence", "z"), [(0.6826895, 1), (0.9544997, 2), (0.95, 1.959964)])
def test_a_confidence_is_so_many_deviations_to_either_side(confidence: float, z: float) -> None:
    assert Estimator(confidence).z == pytest.approx(z, abs=1e-5)


@pytest.mark.parametrize("percent", [25, 50, 75, 90, 95])
def test_intervals_of_percentiles_hold_the_true_one_as_often_as_they_say(percent: int) -> None:
    true = float(-np.log(1 - percent / 100))
    assert 0.92 <= held(lambda dice: SURE.percentile(drawn(dice.exponential(size=400)), percent), true) <= 0.99


def test_intervals_of_percentiles_hold_the_true_one_among_few_values() -> None:
    def rolled(dice: np.random.Generator) -> Estimate:
        return SURE.percentile(drawn(dice.integers(1, 7, 200).astype(float)), 60)

    assert held(rolled, 4.0) >= 0.92


@pytest.mark.parametrize(("rows", "percent"), [(100, 99), (30, 95), (20, 90), (5, 25)])
def test_a_percentile_that_so_few_rows_cannot_bound_is_not_said_to_be_bounded(rows: int, percent: int) -> None:
    """The true one often lies beyond the greatest row, or the least."""
    found = SURE.percentile(drawn(np.arange(float(rows))), percent)
    true = float(-np.log(1 - percent / 100))
    often = held(lambda dice: SURE.percentile(drawn(dice.exponential(size=rows)), percent), true)
    assert found is None or often >= 0.92


def test_intervals_of_means_hold_the_true_one_as_often_as_they_say() -> None:
    assert 0.92 <= held(lambda dice: mean_of(SURE, dice.exponential(size=500)), 1.0) <= 0.98


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.97])
def test_intervals_of_shares_hold_the_true_one_as_often_as_they_say(share: float) -> None:
    assert 0.92 <= held(lambda dice: SURE.share(int(dice.binomial(500, share)), 500), share) <= 0.99


def test_a_lower_confidence_misses_more_often() -> None:
    assert 0.45 <= held(lambda dice: mean_of(Estimator(0.5), dice.normal(size=300)), 0.0) <= 0.55


def test_a_figure_of_one_is_times_as_much_of_many() -> None:
    assert Estimate(0.5).times(8) == Estimate(4.0)
    assert Estimate(0.5, (0.25, 0.75)).times(8) == Estimate(4.0, (2.0, 6.0))


def test_a_tree_of_figures_is_a_tree_of_values_and_one_of_intervals() -> None:
    tree = {
        "rows": 3,
        "name": "a",
        "none": None,
        "third": 1 / 3,
        "list": [2 / 3, "b", {"x": Estimate(0.1)}],
        "exact": {"share": Estimate(1 / 3)},
        "estimated": {"share": Estimate(1 / 3, (0.1, 2 / 3)), "rows": 3, "deep": {"mean": Estimate(2, (1, 3))}},
    }
    assert plain(tree) == {
        "rows": 3,
        "name": "a",
        "none": None,
        "third": 0.333333333,
        "list": [0.666666667, "b", {"x": 0.1}],
        "exact": {"share": 0.333333333},
        "estimated": {"share": 0.333333333, "rows": 3, "deep": {"mean": 2.0}},
    }
    assert intervals(tree) == {"estimated": {"share": [0.1, 0.666666667], "deep": {"mean": [1.0, 3.0]}}}
    assert intervals({"exact": {"share": Estimate(1 / 3)}, "rows": 3}) is None


@given(st.floats(-1e15, 1e15))
def test_nine_digits_are_near_enough_and_stay_as_they_are(value: float) -> None:
    assert estimates.rounded(value) == pytest.approx(value, rel=5.1e-9, abs=1e-300)
    assert rounded(rounded(value)) == rounded(value)
