"""native4k.sr.metrics.statistics: intervals that hold what they promise."""

import numpy as np
import pytest

from native4k.sr.metrics import statistics

NUMBERS = statistics.Bootstrap(seed=0, draws=400, confidence=0.9)


def test_a_mean_is_in_its_interval_about_as_often_as_promised() -> None:
    random = np.random.default_rng(0)
    hits = 0
    for _ in range(300):
        low, high = statistics.interval(random.normal(3, 2, 40), NUMBERS)
        hits += low <= 3 <= high
    assert 0.83 < hits / 300 < 0.95


def test_the_interval_is_the_one_of_the_normal_distribution_where_that_holds() -> None:
    values = np.random.default_rng(1).normal(0, 1, 2000)
    low, high = statistics.interval(values, NUMBERS)
    half = 1.645 * values.std() / len(values) ** 0.5
    assert (low, high) == (
        pytest.approx(values.mean() - half, abs=half / 4),
        pytest.approx(values.mean() + half, abs=half / 4),
    )


def test_large_and_small_portions_of_draws_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(2).random(50)
    whole = statistics.interval(values, NUMBERS)
    assert statistics.interval(values, NUMBERS) == whole
    monkeypatch.setattr(statistics, "CHUNK", 500)
    assert statistics.interval(values, NUMBERS) == whole


def test_one_value_is_its_own_interval() -> None:
    assert statistics.described(np.array([2.5]), NUMBERS) == {"mean": 2.5, "median": 2.5, "low": 2.5, "high": 2.5}
