"""The numbers of nativeness, fitted: weights of the log odds and of the factor."""

from typing import Any

import numpy as np
import pandas as pd

TRACES = [f"{order}_{place}" for order in ("first", "second") for place in ("half", "quarter", "other", "block")]
TRAITS = ["cliff", "fall", *TRACES, "lone_half"]
FACTOR = ["cliff", "fall", *TRACES, "reach"]

RIDGE = 3.0
"""Penalty on squared standardised weights, against a sum over pictures."""


def fitted(table: pd.DataFrame) -> dict[str, Any]:
    """Weights of the log odds and of the factor, from a row a picture with traits and factor (1 for natives)."""
    fake = table[table["factor"] > 1]
    factor = linear(fake[FACTOR].to_numpy(), np.log2(fake["factor"].to_numpy()))
    return {
        "weights": _named(["constant", *TRAITS], weights_of(table)),
        "factor": _named(["constant", *FACTOR], factor),
    }


def weights_of(table: pd.DataFrame) -> np.ndarray:
    """Weights of the log odds, the constant first."""
    return logistic(table[TRAITS].to_numpy(), (table["factor"] == 1).to_numpy())


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
