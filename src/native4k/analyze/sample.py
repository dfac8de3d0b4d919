"""A seeded sample of rows: the same rows for the same parts, whatever the frames they come in."""

from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl

from native4k.analyze.value_counts import compact_copy, pieces

MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
"""The constants of SplitMix64."""


def scattered(numbers: np.ndarray) -> np.ndarray:
    """Each number's place in a fixed random order (SplitMix64, wrapping at 64 bits)."""
    mixed = numbers * MIX[0]
    mixed ^= mixed >> np.uint64(30)
    mixed *= MIX[1]
    mixed ^= mixed >> np.uint64(27)
    mixed *= MIX[2]
    mixed ^= mixed >> np.uint64(31)
    return mixed


class Sample:
    """The rows that come first in a random order of all rows: uniform, without replacement, in one pass."""

    def __init__(self, size: int, seed: int) -> None:
        self.size, self.seed, self.rows = size, np.uint64(seed), 0
        self.last = np.uint64(2**64 - 1)
        self.held: list[pl.DataFrame] = []

    def numbered(self, frames: Iterable[pl.DataFrame]) -> Iterator[tuple[int, pl.DataFrame]]:
        """The frames of all rows in their order, each with the number of its first row."""
        for frame in frames:
            yield self.rows, frame
            self.rows += frame.height

    def look(self, first: int, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows that may be drawn, with their numbers; changes nothing, so that several can be looked at at once."""
        places = np.arange(first, first + frame.height, dtype=np.uint64)
        seed = scattered(np.array([self.seed]))
        order = np.concatenate([scattered(piece ^ seed) for piece in pieces(places)])
        early = np.flatnonzero(order <= self.last)
        return compact_copy(frame[early]).with_columns(place=pl.Series(places[early]), order=pl.Series(order[early]))

    def take(self, drawn: pl.DataFrame) -> None:
        """Add what was looked at."""
        if drawn.height:
            self.held.append(drawn)
        if sum(one.height for one in self.held) > 2 * self.size:
            self._shrink()

    def _shrink(self) -> None:
        drawn = pl.concat(self.held).sort("order")[: self.size]
        self.last = np.uint64(drawn["order"][-1])
        self.held = [drawn]

    def drawn(self) -> pl.DataFrame:
        """The sample, in the order of the rows."""
        self._shrink()
        return self.held[0].sort("place").drop("place", "order")
