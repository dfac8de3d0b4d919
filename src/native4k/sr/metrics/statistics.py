"""What measured values say together: mean, median, and the interval that the mean is in."""

from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Interval

from native4k import params

DIGITS = 4
CHUNK = 1_000_000  # values that are drawn at once


@params.params
class Bootstrap:
    """How sure a mean is; units and sources are in params.yaml."""

    seed: Annotated[int, Ge(0)]
    draws: Annotated[int, Gt(0)]
    confidence: Annotated[float, Interval(gt=0, lt=1)]


def described(values: np.ndarray, numbers: Bootstrap) -> dict[str, float]:
    """Mean, median, and the bounds of the mean."""
    low, high = interval(values, numbers)
    found = {"mean": float(values.mean()), "median": float(np.median(values)), "low": low, "high": high}
    return {name: round(value, DIGITS) for name, value in found.items()}


def interval(values: np.ndarray, numbers: Bootstrap) -> tuple[float, float]:
    """The percentile bootstrap of the mean (Efron and Tibshirani 1993, section 13.3); of one value, that value."""
    random = np.random.default_rng([numbers.seed, len(values)])
    at_once = max(1, CHUNK // len(values))
    means = np.concatenate(
        [
            values[random.integers(len(values), size=(min(at_once, numbers.draws - first), len(values)))].mean(1)
            for first in range(0, numbers.draws, at_once)
        ]
    )
    tail = (1 - numbers.confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)
