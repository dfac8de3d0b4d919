"""The different values of a column with their rows, each kind of value in its quickest way."""

from collections.abc import Iterator

import numpy as np
import polars as pl

STEPS = 1000
"""Steps of a score between two whole numbers: scores are counted to three digits."""

BOUND = 1_000_000
"""Of a score; what lies beyond is counted there."""

FEW = 2**20
"""Up to so far apart, whole numbers are counted in a table."""

PIECE = 2**13
"""Numbers that are worked on at once: arrays this small stay in the cache, and their memory is at hand."""


def pieces(numbers: np.ndarray) -> Iterator[np.ndarray]:
    """An array piece by piece; one empty piece, if it is empty."""
    return (numbers[start : start + PIECE] for start in range(0, max(len(numbers), 1), PIECE))


def values(column: pl.Series) -> pl.DataFrame:
    """Values of any kind."""
    return column.value_counts(name="rows").cast({"rows": pl.Int64})


def numbers(column: pl.Series) -> pl.DataFrame:
    """Whole numbers."""
    return tabled(column.name, column.drop_nulls().to_numpy(), column.null_count())


def stepped(scores: pl.Series) -> pl.DataFrame:
    """Scores in steps."""
    known = scores.drop_nulls().to_numpy()
    steps = [np.rint(piece.clip(-BOUND, BOUND) * STEPS).astype(np.int32) for piece in pieces(known)]
    return tabled(scores.name, np.concatenate(steps), scores.null_count())


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
    url, odd = rows["url"], rows["odd"]
    if odd.any():
        paths = url.filter(odd).str.replace(r"^[A-Za-z]+://[^/?#]*", "").str.replace(r"[?#].*$", "")
        url = pl.concat([url.filter(~odd), paths])
    tails = values(url.str.tail(6).alias("tail"))
    found = pl.col("tail").str.extract(r"\.([A-Za-z0-9]{2,5})$").str.to_lowercase()
    return tails.select(found.alias("ending"), "rows")
