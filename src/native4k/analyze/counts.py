"""How often each value comes, over any number of rows, in memory or spilled to disk."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

HELD = 2_000_000
"""Values that Counts keeps by name."""

WAITING = 2**16
"""Values with their rows that are taken in before they are added up."""

AT_ONCE, BLOCK = 2**23, 2**17
"""Hashes that are sorted in memory, and that are read from disk."""


def copied(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows with texts of their own: a frame cut from another keeps the texts of all its rows in memory."""
    if pl.String not in frame.dtypes:
        return frame
    return pl.DataFrame(frame.to_arrow(compat_level=pl.CompatLevel.oldest()))


class Counts:
    """Rows by value; where there are more than HELD values, the rows of the rarest so far lose their names."""

    def __init__(self, name: str, limit: int | None = HELD) -> None:
        self.name, self.limit, self.unnamed = name, limit, 0
        self.pending: list[pl.DataFrame] = []
        self.settled: pl.DataFrame | None = None

    def add(self, counted: pl.DataFrame) -> None:
        """Take in a column of values and one of their rows, a value perhaps more than once."""
        self.pending.append(counted)
        waiting = sum(frame.height for frame in self.pending)
        if waiting > max(WAITING, self.settled.height if self.settled is not None else 0):
            self._settle()

    def _settle(self) -> None:
        if not self.pending:
            return
        held = [*([self.settled] if self.settled is not None else []), *self.pending]
        self.pending = []
        self.settled = pl.concat(held).group_by(self.name).agg(pl.col("rows").sum())
        if self.limit is not None and self.settled.height > self.limit:
            ordered = self.settled.sort("rows", self.name, descending=[True, False])
            self.unnamed += int(ordered[self.limit // 2 :]["rows"].sum())
            self.settled = ordered[: self.limit // 2]

    def counted(self) -> pl.DataFrame:
        """Each value with its rows, in no order."""
        self._settle()
        if self.settled is None:
            raise AssertionError(f"no rows to count {self.name} of")
        return self.settled

    def table(self) -> pl.DataFrame:
        """Each value with its rows, the most frequent first."""
        return self.counted().sort("rows", self.name, descending=[True, False], nulls_last=True)


class Repeats(NamedTuple):
    """How far values repeat."""

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
        """Lay hashes aside."""
        self.rows += len(hashes)
        with self.path.open("ab") as file:
            hashes.tofile(file)

    def repeats(self) -> Repeats:
        """Count what was added."""
        shares = -(-self.rows // AT_ONCE) or 1
        distinct = repeated = 0
        for share in range(shares):
            hashes = self._share(2**64 * share // shares, 2**64 * (share + 1) // shares - 1).sort().to_numpy()
            again = hashes[1:] == hashes[:-1]
            starts = np.diff(again, prepend=False) & again
            distinct += len(hashes) - int(again.sum())
            repeated += int(again.sum() + starts.sum())
        return Repeats(self.rows, distinct, repeated)

    def _share(self, least: int, greatest: int) -> pl.Series:
        """The hashes in a range, which are about as many in each of equal width."""
        with self.path.open("rb") as file:
            blocks = (pl.Series(np.fromfile(file, np.uint64, BLOCK)) for _ in range(-(-self.rows // BLOCK)))
            kept = [block.filter(block.is_between(least, greatest)) for block in blocks]
        return pl.concat([pl.Series(dtype=pl.UInt64), *kept])
