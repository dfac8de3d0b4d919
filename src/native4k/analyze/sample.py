"""A seeded sample of rows: the same rows for the same parts, whatever the frames they come in."""

import numpy as np
import polars as pl

from native4k.analyze.counts import copied

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

    def add(self, frame: pl.DataFrame) -> None:
        """Look at the next rows."""
        places = np.arange(self.rows, self.rows + frame.height, dtype=np.uint64)
        self.rows += frame.height
        order = scattered(places ^ scattered(np.array([self.seed])))
        early = order <= self.last
        if early.any():
            drawn = copied(frame.filter(pl.Series(early)))
            self.held.append(drawn.with_columns(place=pl.Series(places[early]), order=pl.Series(order[early])))
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
