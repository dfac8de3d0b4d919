"""What the declared sizes say: how large, of what shape, what passes which rule, and what an aspect range costs."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import nextafter, sqrt
from typing import Any

import numpy as np
import polars as pl

from native4k.analyze.estimates import Distribution, Estimator, distribution
from native4k.geometry import Geometry, geometry_reasons

SIDE = 4096
"""Pixels; sides below it are usual."""

SHIFT = 2**20
"""More than the longest side: an unusual width and height are counted as one number."""

WIDTH, HEIGHT = pl.col("declared_width"), pl.col("declared_height")
USUAL = WIDTH.is_between(1, SIDE - 1) & HEIGHT.is_between(1, SIDE - 1)
PLACED = {
    "cell": pl.when(USUAL).then(WIDTH * SIDE + HEIGHT),
    "size": pl.when(~USUAL.fill_null(False)).then((WIDTH.fill_null(0) + 1) * SHIFT + HEIGHT.fill_null(0) + 1),
}
"""Of a row, the one or the other."""


BUFFER = 2**20
"""Unusual sizes in memory before they are counted."""


class SizeCounts:
    """Rows by width and height."""

    def __init__(self) -> None:
        self.cells = np.zeros(SIDE * SIDE, np.int64)
        self.buffer = [pl.Series("size", dtype=pl.Int64)]
        self.unusual = pl.DataFrame(schema={"size": pl.Int64, "rows": pl.Int64})

    def add(self, cells: np.ndarray, unusual: pl.Series) -> None:
        """Take in the cells of usual rows, and the others' sizes."""
        np.add.at(self.cells, cells, 1)
        self.buffer.append(unusual)
        if sum(map(len, self.buffer)) > max(BUFFER, self.unusual.height):
            self._merge()

    def _merge(self) -> None:
        counted = pl.concat(self.buffer).value_counts(name="rows").cast(pl.Int64)
        self.unusual = pl.concat([self.unusual, counted]).group_by("size").agg(pl.col("rows").sum())
        self.buffer = [self.unusual["size"].clear()]

    def pairs(self) -> pl.DataFrame:
        """Declared widths and heights with their rows, in a fixed order; null where the source does not say."""
        self._merge()
        cells = np.flatnonzero(self.cells)
        usual = pl.DataFrame({"width": cells // SIDE, "height": cells % SIDE, "rows": self.cells[cells]})
        sides = {"width": pl.col("size") // SHIFT - 1, "height": pl.col("size") % SHIFT - 1}
        sides_ = {name: pl.when(side != 0).then(side) for name, side in sides.items()}
        return pl.concat([usual, self.unusual.sort("size").select(**sides_, rows="rows")])


BUCKETS = (1024, 2048, 4096)
"""Pixels of a side, as the LAION-High-Resolution summary has them."""

SHAPES = {"portrait": 0.9, "square": 1.1, "landscape": float("inf")}
"""Up to which width / height, as the same summary has them."""

FRAMES = {
    "taller than 1:2": nextafter(1 / 2, 0),
    "9:16, 10:16 (portrait UHD is 0.563)": 1 / 1.58,
    "2:3": 1 / 1.42,
    "3:4, 4:5": 0.9,
    "square": 1.1,
    "4:3, 5:4": 1.42,
    "3:2": 1.58,
    "16:9, 16:10 (UHD is 1.778)": 1.84,
    "17:9 (DCI 4K is 1.896)": 2.0,
    "wider than 2:1": float("inf"),
}
"""Up to which width / height."""

EXACTLY = {"UHD, 3840x2160": (3840, 2160), "portrait UHD, 2160x3840": (2160, 3840), "DCI 4K, 4096x2160": (4096, 2160)}

LENGTHS = (512, 1024, 1536, 2048, 2560, 3072, 3840, 4608, 5632, 8192)
"""Pixels of a side, between which rows are counted to be drawn."""

AREA = 24
"""Bits of 64 that the pixels of two longest sides leave free."""

Rules = Mapping[str, Geometry]
Failed = Mapping[str, pl.Series]
"""Reason of a rule -> the pairs that it hits."""


def missing(pairs: pl.DataFrame, rows: int, estimate: Estimator) -> dict[str, Any]:
    """Rows whose size the source does not say, and rows whose size cannot be."""
    absent = pairs.select(pl.any_horizontal(pl.col("width", "height").is_null())).to_series()
    wrong = pairs.select(pl.any_horizontal(pl.col("width", "height") < 0)).to_series()
    return {
        "no size": estimate.share(_sum(pairs, absent), rows),
        "impossible size": estimate.share(_sum(pairs, wrong & ~absent), rows),
    }


def possible(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs that can be an image's, with pixels and aspect."""
    good = pairs.filter((pl.col("width") > 0) & (pl.col("height") > 0))
    width, height = pl.col("width"), pl.col("height")
    return good.with_columns(pixels=width * height, aspect=width / height)


def described(pairs: pl.DataFrame, rules: Rules, rows: int, whole: int, estimate: Estimator) -> dict[str, Any]:
    """All that the sizes say; pairs as `possible` gives them, rows were looked at of the whole."""
    sized = int(pairs["rows"].sum())
    if not sized:
        return {"rows": 0}
    values = {name: sides(pairs[name], pairs["rows"]) for name in ("width", "height")}
    values["megapixels"] = areas(pairs["pixels"], pairs["rows"])
    values["aspect"] = distribution(pairs["aspect"], pairs["rows"])
    longer = sides(pairs.select(pl.max_horizontal("width", "height")).to_series(), pairs["rows"])
    failed = {name: geometry_reasons(pairs["width"], pairs["height"], rule) for name, rule in rules.items()}
    exactly = {
        name: _sum(pairs, (pairs["width"] == width) & (pairs["height"] == height))
        for name, (width, height) in EXACTLY.items()
    }
    return {
        "rows": sized,
        **{name: estimate.summary(found) for name, found in values.items()},
        "buckets": {name: estimate.share(count, sized) for name, count in _buckets(pairs, sized).items()},
        "shapes": {name: estimate.share(count, sized) for name, count in _classes(pairs, SHAPES).items()},
        "passes": {name: _passes(pairs, reasons, rows, whole, estimate) for name, reasons in failed.items()},
        "cost": {name: found for name, reasons in failed.items() if (found := cost(pairs, reasons, estimate))},
        "exactly": {name: estimate.share(count, rows) for name, count in exactly.items()},
        "map": side_map(pairs, sized),
        "histograms": {
            "long side (pixels)": histogram(longer, LENGTHS),
            "megapixels": histogram(values["megapixels"], (1, 2, 3, 4, 6, 8.2944, 12, 16, 24, 36, 50)),
            "aspect (width / height)": histogram(values["aspect"], np.arange(0.4, 2.61, 0.1).round(1).tolist()),
        },
    }


def side_map(pairs: pl.DataFrame, sized: int) -> dict[str, Any]:
    """Shares of the rows by width and height, a list for each height; the last of each holds all above it, too."""
    edges = (0, *LENGTHS)
    columns, rows = (np.searchsorted(edges, pairs[name].to_numpy(), "right") - 1 for name in ("width", "height"))
    counts = np.bincount(rows * len(edges) + columns, pairs["rows"].to_numpy(), len(edges) ** 2)
    shares = (counts / sized).reshape(len(edges), len(edges)).tolist()
    return {"widths": list(edges), "heights": list(edges), "shares": shares}


def sides(values: pl.Series, rows: pl.Series) -> Distribution:
    """A spread of sides, of which there are few different ones."""
    counts = np.bincount(values.to_numpy(), weights=rows.to_numpy()).astype(np.int64)
    there = np.flatnonzero(counts)
    return Distribution(there.astype(np.float64), counts[there], np.cumsum(counts[there]))


def areas(pixels: pl.Series, rows: pl.Series) -> Distribution:
    """A spread of megapixels; with its rows a size is one number of 64 bits, unless it has 17 million of them."""
    if rows.max() >= 2**AREA:
        return distribution(pixels / 1e6, rows)
    packed = ((pixels.cast(pl.UInt64) * 2**AREA) + rows.cast(pl.UInt64)).sort().to_numpy()
    counts = (packed % 2**AREA).astype(np.int64)
    return Distribution((packed >> AREA) / 1e6, counts, np.cumsum(counts))


def _buckets(pairs: pl.DataFrame, sized: int) -> dict[str, int]:
    """Rows whose both sides lie between two bounds, and those whose sides do not."""
    shorter = pairs.select(pl.min_horizontal("width", "height")).to_series()
    longer = pairs.select(pl.max_horizontal("width", "height")).to_series()
    found = {}
    for low, high in pairwise([0, *BUCKETS, 2**62]):
        name = f"both {low}-{high}" if high < 2**62 else f"both {low} and more"
        found[name if low else f"both under {high}"] = _sum(pairs, (shorter >= low) & (longer < high))
    return found | {"mixed": sized - sum(found.values())}


def _classes(pairs: pl.DataFrame, ends: Mapping[str, float]) -> dict[str, int]:
    """Rows by class of aspect."""
    places = np.searchsorted(list(ends.values()), pairs["aspect"].to_numpy())
    rows = np.bincount(places, weights=pairs["rows"].to_numpy(), minlength=len(ends))
    return {name: int(count) for name, count in zip(ends, rows, strict=True)}


def _passes(pairs: pl.DataFrame, failed: Failed, rows: int, whole: int, estimate: Estimator) -> dict[str, Any]:
    good = ~(failed["too_small"] | failed["aspect"])
    passing = _sum(pairs, good)
    pixels, counts = (pairs[name].filter(good).to_numpy().astype(float) for name in ("pixels", "rows"))
    mean, square = float(pixels @ counts) / rows, float(pixels**2 @ counts) / rows
    each = estimate.mean(mean, sqrt(max(square - mean * mean, 0)), rows)
    return {
        "share": estimate.share(passing, rows),
        "images": estimate.total(passing, rows, whole),
        "pixels": each.times(whole),
    }


def cost(pairs: pl.DataFrame, failed: Failed, estimate: Estimator) -> dict[str, Any] | None:
    """Of the rows large enough, how many are of which frame, and which share of those the aspect range loses."""
    large, lost = pairs.filter(~failed["too_small"]), pairs.filter(~failed["too_small"] & failed["aspect"])
    if not lost.height:
        return None
    enough, lost_of = int(large["rows"].sum()), _classes(lost, FRAMES)
    frames = {
        name: {"of the large": estimate.share(rows, enough), "lost": estimate.share(lost_of[name], rows)}
        for name, rows in _classes(large, FRAMES).items()
    }
    return {"large": enough, "lost": estimate.share(int(lost["rows"].sum()), enough), "frames": frames}


def _sum(pairs: pl.DataFrame, which: pl.Series) -> int:
    return int(pairs["rows"].filter(which).sum())


def histogram(values: Distribution, edges: Iterable[float]) -> dict[str, list[float]]:
    """Shares of the rows between edges; the first bar holds all below it, too, the last one all above."""
    bounds = list(edges)
    under = np.append(0, values.ranks)[np.searchsorted(values.values, bounds[1:])]
    rows = np.diff(under, prepend=0, append=values.rows)
    return {"edges": bounds, "shares": (rows / values.rows).tolist()}
