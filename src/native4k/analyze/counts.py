"""How often each value comes, over any number of rows, in memory or spilled to disk."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

HELD = 2_000_000
"""Hashes in memory before they are laid aside, and values that Counts keeps by name."""

SHELVES = 256
"""Files of hashes, by their first eight bits; one at a time is in memory."""


def copied(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows with texts of their own: a frame cut from another keeps the texts of all its rows in memory."""
    return pl.DataFrame(frame.to_arrow(compat_level=pl.CompatLevel.oldest()))


class Counts:
    """Rows by value; where there are more than HELD values, the rows of the rarest so far lose their names."""

    def __init__(self, name: str, limit: int | None = HELD) -> None:
        self.name, self.limit, self.unnamed = name, limit, 0
        self.pending: list[pl.DataFrame] = []
        self.settled: pl.DataFrame | None = None

    def add(self, counted: pl.DataFrame) -> None:
        """Take in values with their rows, a value perhaps more than once."""
        self.pending.append(copied(counted.select(self.name, "rows")))
        waiting = sum(frame.height for frame in self.pending)
        if waiting > (self.settled.height if self.settled is not None else 0):
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

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.held: list[np.ndarray] = []
        folder.mkdir(parents=True)

    def add(self, hashes: np.ndarray) -> None:
        """Lay hashes aside."""
        self.held.append(hashes)
        if sum(map(len, self.held)) >= HELD:
            self._spill()

    def _spill(self) -> None:
        if not self.held:
            return
        hashes = np.concatenate(self.held)
        self.held = []
        shelves = (hashes >> np.uint64(56)).astype(np.uint8)
        order = np.argsort(shelves, kind="stable")
        ends = np.cumsum(np.bincount(shelves, minlength=SHELVES))
        for number, shelf in enumerate(np.split(hashes[order], ends[:-1])):
            if shelf.size:
                with (self.folder / str(number)).open("ab") as file:
                    shelf.tofile(file)

    def repeats(self) -> Repeats:
        """Count what was added."""
        self._spill()
        counted = [Repeats(0, 0, 0)]
        for path in self.folder.iterdir():
            hashes = pl.Series(np.fromfile(path, dtype=np.uint64)).sort().to_numpy()
            starts = np.flatnonzero(np.diff(hashes, prepend=~hashes[:1]) != 0)
            lengths = np.diff(starts, append=len(hashes))
            counted.append(Repeats(len(hashes), len(starts), int(lengths[lengths > 1].sum())))
        return Repeats(*(sum(column) for column in zip(*counted, strict=True)))
