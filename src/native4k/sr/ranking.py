"""Who is ahead: networks sorted by a metric, with intervals, and each tested against the next on the same images."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from native4k.sr import metrics

OUT = Path("data/evaluations/ranking")
RANKING, ROWS, CROPS = "ranking.json", "ranking.csv", "crops"
"""Where a ranking is written by default, and its files and folder."""

EXACT = 12
"""Images up to which all signs are tried; of more, as many as the bootstrap draws."""

CHUNK = 2**22
"""Signs that are drawn at once."""

AHEAD = ("ahead", "ahead_low", "ahead_high", "p", "tells")
"""What the last of the networks has none of."""


def rank(values: pd.DataFrame, *, higher: bool, bootstrap: metrics.Bootstrap) -> list[dict[str, Any]]:
    """Sort networks by the mean of a metric; a column is a network, a row an image.

    `ahead` is how far the mean is ahead of the next one's, `p` that of a paired test with random signs, by Holm's
    step-down over all such tests, and `tells` whether that is significant at the bootstrap's confidence.
    """
    sign = 1 if higher else -1
    names = sorted(values.columns, key=lambda name: (-sign * values[name].mean(), name))
    rows: list[dict[str, Any]] = []
    for place, name in enumerate(names, 1):
        found: dict[str, Any] = metrics.describe(values[name].to_numpy(), bootstrap)
        rows.append({"place": place, "name": name} | found | dict.fromkeys(AHEAD))
    for row, following in zip(rows, names[1:], strict=False):
        ahead = sign * (values[row["name"]] - values[following]).to_numpy()
        low, high = metrics.interval(ahead, bootstrap)
        row |= {"ahead": float(ahead.mean()), "ahead_low": low, "ahead_high": high, "p": sign_test(ahead, bootstrap)}
    for row, p in zip(rows, holm([float(row["p"]) for row in rows[:-1]]), strict=False):
        row |= {"p": p, "tells": p <= 1 - bootstrap.confidence}
    digits = metrics.DIGITS
    return [
        {key: round(value, digits) if isinstance(value, float) else value for key, value in row.items()} for row in rows
    ]


def sign_test(differences: np.ndarray, numbers: metrics.Bootstrap) -> float:
    """Return the share of random signs that move the mean of paired differences at least as far from zero.

    The permutation test of pairs (Fisher 1935, section 21): two-sided; all signs of few pairs, else drawn ones.
    """
    count, observed = len(differences), abs(differences.sum()) * (1 - 1e-12)
    if count <= EXACT:
        signs = 1 - 2.0 * (np.arange(2**count)[:, None] >> np.arange(count) & 1)
        return float((abs(signs @ differences) >= observed).mean())
    random = np.random.default_rng([numbers.seed, count])
    at_once, beyond = max(1, CHUNK // count), 0
    for first in range(0, numbers.draws, at_once):
        signs = 1 - 2.0 * random.integers(2, size=(min(at_once, numbers.draws - first), count))
        beyond += int((abs(signs @ differences) >= observed).sum())
    return (1 + beyond) / (1 + numbers.draws)


def holm(found: list[float]) -> list[float]:
    """Adjust p for several tests (Holm 1979)."""
    order = sorted(range(len(found)), key=found.__getitem__)
    adjusted, so_far = [math.nan] * len(found), 0.0
    for place, test in enumerate(order):
        so_far = max(so_far, min(1.0, (len(found) - place) * found[test]))
        adjusted[test] = so_far
    return adjusted


def table(tree: dict[str, Any]) -> pd.DataFrame:
    """All tables of a ranking as one, with every metric's mean."""
    rows = [
        {"scale": one["scale"], "test_set": one["test_set"], "images": one["images"]} | row | one["means"][row["name"]]
        for one in tree["tables"]
        for row in one["rows"]
    ]
    return pd.DataFrame(rows)


def text(tree: dict[str, Any]) -> str:
    """The ranking as lines of text."""
    return "\n\n".join("\n".join(_lines(one, tree)) for one in tree["tables"])


def title(one: dict[str, Any], tree: dict[str, Any]) -> str:
    """What a table of the ranking shows."""
    share = f"{100 * tree['confidence']:g} %"
    return f"x{one['scale']}, {one['test_set']}, {one['images']} images, by {tree['metric']} ({share} intervals)"


def verdict(row: dict[str, Any]) -> str:
    """Say how far a network is ahead of the next, and whether the images tell."""
    if row["p"] is None:
        return ""
    bounds = f"{row['ahead']:.4g} ({row['ahead_low']:.4g} to {row['ahead_high']:.4g}), p {row['p']:.3g}"
    return bounds if row["tells"] else f"{bounds}: not told apart"


def _lines(one: dict[str, Any], tree: dict[str, Any]) -> list[str]:
    head = ["", "network", "architecture", "mean", "interval", "ahead of the next by", "s/MP", "MB", "weights"]
    rows = [head, *([str(value) for value in cells(row)] for row in one["rows"])]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    lines = ["  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [title(one, tree), *lines]


def cells(row: dict[str, Any]) -> list[Any]:
    """What is shown of a network, in the order of the columns."""
    interval = f"{row['low']:.4g} to {row['high']:.4g}"
    cost = [f"{row['seconds_per_megapixel']:.3g}", f"{row['memory_mb']:.0f}", f"{row['parameters']:,}"]
    return [row["place"], row["name"], row["architecture"], f"{row['mean']:.4f}", interval, verdict(row), *cost]
