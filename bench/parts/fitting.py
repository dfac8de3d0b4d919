"""The numbers of nativeness, fitted: weights of the log odds, bounds of the outcomes, weights of the factor."""

from typing import Any

import numpy as np
import pandas as pd

TRAITS = ["cliff", "fall", *(f"{a}_{b}" for a in ("first", "second") for b in ("half", "quarter", "other"))]
FACTOR = [*TRAITS, "reach"]

RIDGE = 3.0
"""Penalty on squared standardised weights, against a sum over pictures."""

SURE, CALLED = 0.005, 0.03
"""Shares of the natives fitted on that lie below `upscaled_below` and below `native_above`."""


def fitted(table: pd.DataFrame) -> dict[str, Any]:
    """What stands in params.yaml, from a row a picture with its traits and its factor (1 for natives)."""
    native = (table["factor"] == 1).to_numpy()
    weights = logistic(table[TRAITS].to_numpy(), native)
    odds = table[TRAITS].to_numpy() @ weights[1:] + weights[0]
    bounds = np.quantile(odds[native], [SURE, CALLED])
    factor = linear(table.loc[~native, FACTOR].to_numpy(), np.log2(table.loc[~native, "factor"].to_numpy()))
    return {
        "weights": _named(["constant", *TRAITS], weights),
        "upscaled_below": round(float(bounds[0]), 2),
        "native_above": round(float(bounds[1]), 2),
        "factor": _named(["constant", *FACTOR], factor),
    }


def logistic(traits: np.ndarray, native: np.ndarray) -> np.ndarray:
    """Weights of the log odds, the constant first; natives and fakes count for as much (Newton's method)."""
    known, mean, spread = _standard(traits)
    share = np.where(native, 0.5 / native.mean(), 0.5 / (1 - native.mean()))
    penalty = RIDGE * np.diag([0.0, *np.ones(traits.shape[1])])
    weights = np.zeros(known.shape[1])
    for _ in range(30):
        odds = 1 / (1 + np.exp(-known @ weights))
        slope = known.T @ (share * (native - odds)) - penalty @ weights
        weights += np.linalg.solve((known * (share * odds * (1 - odds))[:, None]).T @ known + penalty, slope)
    return _plain(weights, mean, spread)


def linear(traits: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Weights of a number, the constant first, by least squares."""
    known, mean, spread = _standard(traits)
    penalty = RIDGE * np.diag([0.0, *np.ones(traits.shape[1])])
    return _plain(np.linalg.solve(known.T @ known + penalty, known.T @ target), mean, spread)


def _standard(traits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean, spread = traits.mean(axis=0), traits.std(axis=0)
    return np.c_[np.ones(len(traits)), (traits - mean) / spread], mean, spread


def _plain(weights: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    scaled = weights[1:] / spread
    return np.r_[weights[0] - scaled @ mean, scaled]


def _named(names: list[str], values: np.ndarray) -> dict[str, float]:
    return {name: round(float(value), 3) for name, value in zip(names, values, strict=True)}
