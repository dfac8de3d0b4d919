"""Estimates: exact numbers of all rows, or numbers of a sample with confidence intervals."""

from math import ceil, floor, sqrt
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import polars as pl

PERCENTILES = (25, 50, 75, 90, 95, 99)


class Estimate(NamedTuple):
    """A number, and its interval if it comes from a sample."""

    value: float
    interval: tuple[float, float] | None = None

    def times(self, factor: float) -> "Estimate":
        """The estimate and its interval scaled by a factor."""
        scaled = None if self.interval is None else (self.interval[0] * factor, self.interval[1] * factor)
        return Estimate(self.value * factor, scaled)


class Distribution(NamedTuple):
    """Values in ascending order, how many rows have each, and how many have it or less."""

    values: np.ndarray
    counts: np.ndarray
    ranks: np.ndarray

    @property
    def rows(self) -> int:
        """How many rows have a value."""
        return int(self.ranks[-1]) if len(self.ranks) else 0

    def at(self, rank: int) -> float:
        """The value of a row, by its rank among all in ascending order, from 0."""
        return float(self.values[np.searchsorted(self.ranks, rank, side="right")])

    def percentile(self, percent: float) -> float:
        """As NumPy defines it, linear between two rows."""
        place = (self.rows - 1) * percent / 100
        low, high = self.at(floor(place)), self.at(ceil(place))
        return low + (high - low) * (place - floor(place))

    def mean(self) -> float:
        """The mean over the rows."""
        return float(self.values @ self.counts / self.rows)

    def deviation(self) -> float:
        """The standard deviation over the rows."""
        return sqrt(float((self.values - self.mean()) ** 2 @ self.counts / self.rows))


def distribution(values: pl.Series, rows: pl.Series) -> Distribution:
    """The distribution of values with their numbers of rows; unknown values are left out."""
    frame = pl.DataFrame({"value": values, "rows": rows}).drop_nulls("value").sort("value")
    counts = frame["rows"].to_numpy()
    return Distribution(frame["value"].cast(pl.Float64).to_numpy(), counts, np.cumsum(counts))


class Estimator(NamedTuple):
    """Makes exact estimates, or ones with intervals of a confidence level."""

    confidence: float | None

    @property
    def z(self) -> float:
        """Standard deviations to either side."""
        if self.confidence is None:
            raise AssertionError("exact figures have no interval")
        return NormalDist().inv_cdf(0.5 + self.confidence / 2)

    def share(self, rows: int, of: int) -> Estimate | None:
        """A share of the rows; Wilson's interval."""
        if not of:
            return None
        share = rows / of
        if self.confidence is None:
            return Estimate(share)
        z = self.z
        middle, reach = share + z * z / (2 * of), z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
        scale = 1 + z * z / of
        low, high = (middle - reach) / scale, (middle + reach) / scale
        return Estimate(share, (low if rows else 0.0, high if rows < of else 1.0))

    def total(self, rows: int, of: int, whole: int) -> Estimate | None:
        """A share of the rows as a number of rows of the whole."""
        share = self.share(rows, of)
        return share and share.times(whole)._replace(value=rows * whole / of)

    def percentile(self, values: Distribution, percent: float) -> Estimate | None:
        """A percentile; the interval lies between two ranks (binomial), and too few rows to have both give none."""
        if self.confidence is None:
            return Estimate(values.percentile(percent))
        rows, share = values.rows, percent / 100
        reach = self.z * sqrt(rows * share * (1 - share))
        low, high = floor(rows * share - reach) - 1, ceil(rows * share + reach)
        if low < 0 or high >= rows:
            return None
        return Estimate(values.percentile(percent), (values.at(low), values.at(high)))

    def mean(self, mean: float, deviation: float, rows: int) -> Estimate:
        """A mean over rows; the interval by the central limit theorem."""
        if self.confidence is None:
            return Estimate(mean)
        reach = self.z * deviation / sqrt(rows)
        return Estimate(mean, (mean - reach, mean + reach))

    def summary(self, values: Distribution) -> dict[str, Any] | None:
        """Min, max, mean and percentiles; min and max are those of the rows looked at."""
        if not values.rows:
            return None
        return {
            "rows": values.rows,
            "min": float(values.values[0]),
            "max": float(values.values[-1]),
            "mean": self.mean(values.mean(), values.deviation() if self.confidence else 0, values.rows),
            "percentiles": {str(percent): self.percentile(values, percent) for percent in PERCENTILES},
        }


def plain(tree: Any) -> Any:
    """A tree with the values of its estimates only."""
    if isinstance(tree, Estimate):
        return rounded(tree.value)
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [plain(value) for value in tree]
    return rounded(tree) if isinstance(tree, float) else tree


def intervals(tree: Any) -> Any:
    """A tree with the intervals of its estimates only, or None where there are none."""
    if isinstance(tree, Estimate):
        return tree.interval and [rounded(bound) for bound in tree.interval]
    if not isinstance(tree, dict):
        return None
    return {key: inner for key, value in tree.items() if (inner := intervals(value)) is not None} or None


def rounded(value: float) -> float:
    """Nine digits: more than is known, and the same on every processor."""
    return float(f"{value:.9g}")
