"""The values of a column with their numbers of rows: of one frame, and of any number of frames in bounded memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

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

MAX_VALUES = 2_000_000
"""Values that ValueCounts keeps by name."""

BUFFER = 2**16
"""Values with their rows that are buffered before they are merged."""

AT_ONCE, BLOCK = 2**23, 2**17
"""Hashes that are sorted in memory, and that are read from disk."""


def pieces(numbers: np.ndarray) -> Iterator[np.ndarray]:
    """Split an array into pieces; an empty one gives one empty piece."""
    return (numbers[start : start + PIECE] for start in range(0, max(len(numbers), 1), PIECE))


def count_values(column: pl.Series) -> pl.DataFrame:
    """Count values of any type."""
    return column.value_counts(name="rows").cast({"rows": pl.Int64})


def count_integers(column: pl.Series) -> pl.DataFrame:
    """Count whole numbers."""
    return count_in_table(column.name, column.drop_nulls().to_numpy(), column.null_count())


def count_scores(scores: pl.Series) -> pl.DataFrame:
    """Count scores in steps of a thousandth."""
    known = scores.drop_nulls().to_numpy()
    steps = [np.rint(piece.clip(-BOUND, BOUND) * STEPS).astype(np.int32) for piece in pieces(known)]
    return count_in_table(scores.name, np.concatenate(steps), scores.null_count())


def count_in_table(name: str, known: np.ndarray, unknown: int) -> pl.DataFrame:
    """Count whole numbers of any type in a table where they are close together; unknown is the number of nulls."""
    low, high = (known.min(), known.max()) if len(known) else (0, 0)
    if high - low < FEW:
        rows = np.bincount((known - low).astype(np.int64))
        there = np.flatnonzero(rows)
        found = pl.DataFrame({name: there + int(low), "rows": rows[there]})
    else:
        found = count_values(pl.Series(name, known.astype(np.int64)))
    missing = pl.DataFrame({name: [None], "rows": [unknown]}, schema=found.schema)
    return pl.concat([found, missing]) if unknown else found


def count_endings(rows: pl.DataFrame) -> pl.DataFrame:
    """Count the file endings of URLs in lower case, an ending perhaps in several rows; null where there is none."""
    url, odd = rows["url"], rows["odd"]
    if odd.any():
        paths = url.filter(odd).str.replace(r"^[A-Za-z]+://[^/?#]*", "").str.replace(r"[?#].*$", "")
        url = pl.concat([url.filter(~odd), paths])
    tails = count_values(url.str.tail(6).alias("tail"))
    found = pl.col("tail").str.extract(r"\.([A-Za-z0-9]{2,5})$").str.to_lowercase()
    return tails.select(found.alias("ending"), "rows")


def compact_copy(frame: pl.DataFrame) -> pl.DataFrame:
    """A copy that holds the texts of its own rows only: a frame cut from another keeps all of that one in memory."""
    if pl.String not in frame.dtypes:
        return frame
    return pl.DataFrame(frame.to_arrow(compat_level=pl.CompatLevel.oldest()))


class ValueCounts:
    """Rows by value; beyond a limit of values, the rarest lose their names and are counted together."""

    def __init__(self, name: str, limit: int = MAX_VALUES) -> None:
        self.name, self.limit, self.unnamed = name, limit, 0
        self.pending: list[pl.DataFrame] = []
        self.merged: pl.DataFrame | None = None

    def add(self, counted: pl.DataFrame) -> None:
        """Add a column of values and one of their rows, a value perhaps more than once."""
        self.pending.append(counted)
        waiting = sum(frame.height for frame in self.pending)
        if waiting > max(BUFFER, self.merged.height if self.merged is not None else 0):
            self._merge()

    def _merge(self) -> None:
        frames = [frame for frame in (self.merged, *self.pending) if frame is not None]
        if not frames:
            raise AssertionError(f"no rows to count {self.name} of")
        self.pending = []
        self.merged = pl.concat(frames).group_by(self.name).agg(pl.col("rows").sum())
        if self.merged.height > self.limit:
            ordered = self.merged.sort("rows", self.name, descending=[True, False])
            self.unnamed += int(ordered[self.limit // 2 :]["rows"].sum())
            self.merged = ordered[: self.limit // 2]

    def counted(self) -> pl.DataFrame:
        """Each value with its rows, in no order."""
        if self.pending or self.merged is None:
            self._merge()
        assert self.merged is not None
        return self.merged


class Repeats(NamedTuple):
    """Numbers of rows, of distinct values and of rows with repeated values."""

    rows: int
    distinct: int
    repeated: int
    """Rows whose value another row has, too."""


class Hashes:
    """64-bit hashes of a column, on disk, so that repeats are counted in bounded memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(exist_ok=False)

    def add(self, hashes: np.ndarray) -> None:
        """Append hashes to the file."""
        self.rows += len(hashes)
        with self.path.open("ab") as file:
            hashes.tofile(file)

    def repeats(self) -> Repeats:
        """Count how far the added hashes repeat."""
        shares = -(-self.rows // AT_ONCE) or 1
        distinct = repeated = 0
        for share in range(shares):
            hashes = self._share(2**64 * share // shares, 2**64 * (share + 1) // shares - 1).sort().to_numpy()
            again = hashes[1:] == hashes[:-1]
            starts = np.diff(again, prepend=False) & again
            distinct += len(hashes) - int(again.sum())
            repeated += int(again.sum() + starts.sum())
        return Repeats(self.rows, distinct, repeated)

    def _share(self, low: int, high: int) -> pl.Series:
        """The hashes in a range of values; ranges of equal width hold about equally many."""
        with self.path.open("rb") as file:
            blocks = (pl.Series(np.fromfile(file, np.uint64, BLOCK)) for _ in range(-(-self.rows // BLOCK)))
            kept = [block.filter(block.is_between(low, high)) for block in blocks]
        return pl.concat([pl.Series(dtype=pl.UInt64), *kept])
