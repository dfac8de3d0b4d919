"""A table with the distribution that is published of LAION-High-Resolution's sizes (10,000 rows of its metadata)."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from scipy.optimize import linprog

WIDTHS = {"25": 1200, "50": 1600, "75": 2000, "90": 2640, "95": 3307, "99": 5109}
HEIGHTS = {"25": 1186, "50": 1440, "75": 1920, "90": 2560, "95": 3140, "99": 4180}
WIDEST, HIGHEST, LEAST = 12_514, 12_834, 1024
MEANS = {"width": 1786.0, "height": 1658.0, "megapixels": 3.35, "aspect": 1.13}
MEGAPIXELS = 2.17
"""The median."""

SHAPES = {"square": 0.331, "landscape": 0.407, "portrait": 0.262}
BUCKETS = {"both 1024-2048": 0.709, "both 2048-4096": 0.090, "both 4096 and more": 0.031, "mixed": 0.170}
"""The published summary's fourth bucket, 'under 1024' in its words, is what is left: no side of its is under 1024."""

ROWS = 10_000
BETWEEN = [1100, 1300, 1400, 1500, 1700, 1800, 1900, 2200, 2400, 2900, 3600, 3840, 4095, 4120, 4600, 6000, 8500]


def sizes() -> pl.DataFrame:
    """10,000 widths and heights; a linear programme says how many of each, the published figures bound it."""
    sides = sorted({LEAST, *BETWEEN, *WIDTHS.values()}), sorted({LEAST, *BETWEEN, *HEIGHTS.values()})
    width, height = (grid.ravel() for grid in np.meshgrid(*sides, indexing="ij"))
    equal, below = list(_equal(width, height)), list(_below(width, height))
    found = linprog(
        np.zeros(len(width)),
        A_eq=np.array([row for row, _ in equal]),
        b_eq=[value for _, value in equal],
        A_ub=np.array([row for row, _ in below]),
        b_ub=[value for _, value in below],
        bounds=(0, 1),
    )
    assert found.success, found.message
    rows = np.floor(found.x * ROWS).astype(int)
    rows[np.argsort(rows - found.x * ROWS)[: ROWS - rows.sum()]] += 1
    table = pl.DataFrame({"WIDTH": np.repeat(width, rows), "HEIGHT": np.repeat(height, rows)})
    largest = pl.DataFrame({"WIDTH": [WIDEST, 8500], "HEIGHT": [8500, HIGHEST]})
    huge = table.with_row_index().filter((pl.col("WIDTH") == 8500) & (pl.col("HEIGHT") == 8500)).head(2)
    assert huge.height == largest.height, "two rows to put the published greatest sides into"
    return pl.concat([table.with_row_index().join(huge, on="index", how="anti").drop("index"), largest])


Constraint = tuple[np.ndarray, float]


def _equal(width: np.ndarray, height: np.ndarray) -> Iterator[Constraint]:
    aspect, shorter, longer = width / height, np.minimum(width, height), np.maximum(width, height)
    yield np.ones(len(width)), 1
    for name, values in {
        "width": width,
        "height": height,
        "megapixels": width * height / 1e6,
        "aspect": aspect,
    }.items():
        yield values.astype(float), MEANS[name]
    yield ((aspect > 0.9) & (aspect <= 1.1)).astype(float), SHAPES["square"]
    yield (aspect > 1.1).astype(float), SHAPES["landscape"]
    for low, high, name in ((1024, 2048, "1024-2048"), (2048, 4096, "2048-4096"), (4096, 10**9, "4096 and more")):
        yield ((shorter >= low) & (longer < high)).astype(float), BUCKETS[f"both {name}"]
    yield ((width == 8500) & (height == 8500)).astype(float), 2 / ROWS


def _below(width: np.ndarray, height: np.ndarray, room: float = 0.002) -> Iterator[Constraint]:
    for values, percentiles in ((width, WIDTHS), (height, HEIGHTS)):
        for percent, value in percentiles.items():
            yield (values < value).astype(float), int(percent) / 100 - room
            yield -(values <= value).astype(float), -(int(percent) / 100 + room)
    pixels = width * height / 1e6
    yield (pixels < MEGAPIXELS - 0.02).astype(float), 0.5 - room
    yield -(pixels <= MEGAPIXELS + 0.02).astype(float), -(0.5 + room)


def write(path: Path, times: int = 1) -> pl.DataFrame:
    """The table with the columns of the collection, as often as wanted, in a random order."""
    table = pl.concat([sizes()] * times)
    dice = np.random.default_rng(5)
    rows = (
        table[dice.permutation(table.height)]
        .with_row_index("n")
        .with_columns(
            URL=pl.format("https://host{}.example.com/{}.jpg", pl.col("n") % 7, "n"),
            TEXT=pl.format("a photo of the thing number {}", "n"),
            similarity=pl.Series(dice.normal(0.3, 0.04, table.height)),
            hash="n",
            LANGUAGE=pl.lit("en"),
            punsafe=pl.Series(dice.beta(0.3, 6, table.height)),
            pwatermark=pl.Series(dice.beta(0.5, 1.5, table.height)),
        )
    )
    rows.drop("n").write_parquet(path)
    return table
