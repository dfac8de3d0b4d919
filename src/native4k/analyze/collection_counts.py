"""The counts that are taken in one pass over the rows of a collection; all statistics are computed from them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from native4k.analyze import fitness_criteria, value_counts
from native4k.analyze.sizes import HEIGHT, PLACED, WIDTH, SizeCounts
from native4k.analyze.value_counts import Hashes, ValueCounts, compact_copy, pieces
from native4k.metadata.columns import SCORES
from native4k.sources.source import Source

ALWAYS = ("url", "declared_width", "declared_height", "caption")
SOMETIMES = ("license", "language", *SCORES)
"""Columns that are read; the second where a source knows them."""

URL, CAPTION = pl.col("url"), pl.col("caption")
PLAIN = CAPTION.is_between(pl.lit("!"), pl.lit("~"))
"""Captions that begin with a letter of ASCII, as most do, so that no others need be searched for one."""

REST, CUT, HAS_CAPTION = pl.col("rest"), pl.col("cut"), pl.col("has_caption")
FIRST = (
    {
        "rest": URL.str.slice(len("https://")),
        "has_caption": (PLAIN | pl.when(~PLAIN).then(CAPTION).str.contains(r"\S")).fill_null(value=False),
    },
    {"cut": URL.str.len_bytes() - REST.str.len_bytes() + REST.str.find("/", literal=True)},
)
"""Of a row, what the others are computed from, in steps; the cut is the place of the slash after the host."""

POSSIBLE = (WIDTH > 0) & (HEIGHT > 0)
DERIVED = {
    **PLACED,
    "width": pl.when(POSSIBLE).then(WIDTH),
    "height": pl.when(POSSIBLE).then(HEIGHT),
    "no_url": URL.is_null() | (URL == ""),
    "url_hash": URL.hash(),
    "origin": URL.cast(pl.Binary).bin.head(CUT.fill_null(URL.str.len_bytes())),
    "odd": (URL.str.contains(r"[?#]") | CUT.is_null()).fill_null(value=False),
    "blank": ~HAS_CAPTION,
    "caption_length": pl.when(HAS_CAPTION).then(CAPTION.str.len_chars()).otherwise(0),
    "caption_hash": CAPTION.hash(),
}
"""What is counted of a row."""


class Chunk(NamedTuple):
    """The counts of some rows."""

    rows: int
    sums: dict[str, int]
    values: dict[str, pl.DataFrame]
    """Column -> its values with their rows."""
    sizes: tuple[np.ndarray, pl.Series]
    """Cells of the usual ones, and the others."""
    hashes: dict[str, np.ndarray]


class CollectionCounts:
    """ValueCounts of one collection's rows."""

    def __init__(self, source: Source, purposes: fitness_criteria.Purposes, folder: Path) -> None:
        self.known = [name for name in SOMETIMES if name in source.spellings]
        self.columns = [*ALWAYS, *self.known]
        self.scores = [name for name in SCORES if name in self.known]
        self.words = [name for name in ("license", "language") if name in self.known]
        self.source, self.purposes = source, purposes
        self.rows = 0
        self.sums: Counter[str] = Counter()
        self.values = {
            name: ValueCounts(name) for name in ("caption_length", "origin", "ending", *self.scores, *self.words)
        }
        self.sizes = SizeCounts()
        self.hashes = {name: Hashes(folder / name) for name in ("url", "caption")}

    def count(self, frame: pl.DataFrame) -> Chunk:
        """Count rows in our columns; changes nothing, so that several threads can call it."""
        rows = derived(frame)
        origins = value_counts.count_values(rows["origin"]).filter(pl.col("origin") != b"")
        values: dict[str, pl.DataFrame] = {
            "caption_length": value_counts.count_integers(rows["caption_length"]),
            "origin": origins.cast({"origin": pl.String}),
            "ending": value_counts.count_endings(rows),
            **{name: value_counts.count_scores(rows[name]) for name in self.scores},
            **{name: value_counts.count_values(rows[name]) for name in self.words},
        }
        unknown = {"url": "no_url", "caption": "blank"}
        sums = {name: int(rows[name].sum()) for name in unknown.values()}
        return Chunk(
            rows.height,
            sums | fitness_criteria.count_criteria(rows, self.purposes, self.source),
            {name: compact_copy(counted) for name, counted in values.items()},
            (rows["cell"].drop_nulls().to_numpy(), rows["size"].drop_nulls()),
            {name: rows[f"{name}_hash"].filter(~rows[none]).to_numpy() for name, none in unknown.items()},
        )

    def add(self, chunk: Chunk) -> None:
        """Add the counts of a chunk."""
        self.rows += chunk.rows
        self.sums.update(chunk.sums)
        self.sizes.add(*chunk.sizes)
        for name, counted in chunk.values.items():
            self.values[name].add(counted)
        for name, hashes in chunk.hashes.items():
            self.hashes[name].add(hashes)


def derived(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with the columns that are counted."""
    for columns in (*FIRST, DERIVED):
        frame = frame.with_columns(**columns)
    return frame


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
        self.frames: list[pl.DataFrame] = []

    def numbered(self, frames: Iterable[pl.DataFrame]) -> Iterator[tuple[int, pl.DataFrame]]:
        """The frames of all rows in their order, each with the number of its first row."""
        for frame in frames:
            yield self.rows, frame
            self.rows += frame.height

    def candidates(self, first: int, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows that may be drawn, with their numbers; changes nothing, so that several threads can call it."""
        places = np.arange(first, first + frame.height, dtype=np.uint64)
        seed = scattered(np.array([self.seed]))
        order = np.concatenate([scattered(piece ^ seed) for piece in pieces(places)])
        early = np.flatnonzero(order <= self.last)
        return compact_copy(frame[early]).with_columns(place=pl.Series(places[early]), order=pl.Series(order[early]))

    def add(self, drawn: pl.DataFrame) -> None:
        """Add candidates."""
        if drawn.height:
            self.frames.append(drawn)
        if sum(one.height for one in self.frames) > 2 * self.size:
            self._shrink()

    def _shrink(self) -> None:
        drawn = pl.concat(self.frames).sort("order")[: self.size]
        self.last = np.uint64(drawn["order"][-1])
        self.frames = [drawn]

    def drawn(self) -> pl.DataFrame:
        """The sample, in the order of the rows."""
        self._shrink()
        return self.frames[0].sort("place").drop("place", "order")
