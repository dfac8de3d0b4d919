"""The different values of a column with their rows, each kind of value in its quickest way."""

import numpy as np
import polars as pl

STEPS = 1000
"""Steps of a score between two whole numbers: scores are counted to three digits."""

BOUND = 1_000_000
"""Of a score; what lies beyond is counted there."""

FEW = 2**20
"""Up to so far apart, whole numbers are counted in a table."""


def values(column: pl.Series) -> pl.DataFrame:
    """Values of any kind."""
    return column.value_counts(name="rows").cast({"rows": pl.Int64})


def numbers(column: pl.Series) -> pl.DataFrame:
    """Whole numbers."""
    return tabled(column.name, column.drop_nulls().to_numpy(), column.null_count())


def stepped(scores: pl.Series) -> pl.DataFrame:
    """Scores in steps."""
    steps = scores.drop_nulls().to_numpy().clip(-BOUND, BOUND)
    steps *= STEPS
    return tabled(scores.name, np.rint(steps, out=steps), scores.null_count())


def tabled(name: str, known: np.ndarray, unknown: int) -> pl.DataFrame:
    """Whole numbers in whatever type, and how many are unknown."""
    least, greatest = (known.min(), known.max()) if len(known) else (0, 0)
    if greatest - least < FEW:
        rows = np.bincount((known - least).astype(np.int64))
        there = np.flatnonzero(rows)
        found = pl.DataFrame({name: there + int(least), "rows": rows[there]})
    else:
        found = values(pl.Series(name, known.astype(np.int64)))
    missing = pl.DataFrame({name: [None], "rows": [unknown]}, schema=found.schema)
    return pl.concat([found, missing]) if unknown else found


def origins(column: pl.Series) -> pl.DataFrame:
    """URLs up to the slash after the host, as bytes; no URL has none."""
    return values(column).filter(pl.col(column.name) != b"").cast({column.name: pl.String})


def endings(rows: pl.DataFrame) -> pl.DataFrame:
    """Endings of the files that URLs name, in small letters, some of them several times; null for none."""
    odd = rows.filter("odd")["url"]
    plain = rows.filter(~pl.col("odd"))["url"] if len(odd) else rows["url"]
    paths = odd.str.replace(r"^[A-Za-z]+://[^/?#]*", "").str.replace(r"[?#].*$", "")
    tails = values(pl.concat([plain, paths]).str.tail(6).alias("tail"))
    return tails.with_columns(ending=pl.col("tail").str.extract(r"\.([A-Za-z0-9]{2,5})$").str.to_lowercase())
