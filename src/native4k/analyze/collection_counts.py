"""The counts that are taken in one pass over the rows of a collection; all statistics are computed from them."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from native4k.analyze import fitness_criteria, value_counts
from native4k.analyze.size_counts import HEIGHT, PLACED, WIDTH, SizeCounts
from native4k.analyze.value_counts import Hashes, ValueCounts, compact_copy
from native4k.metadata.columns import SCORES
from native4k.sources.source import Source

ALWAYS = ("url", "declared_width", "declared_height", "caption")
SOMETIMES = ("license", "language", *SCORES)
"""What is looked at; the second where a source knows it."""

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
        """Count rows in our columns; changes nothing, so that several can be counted at once."""
        rows = derived(frame)
        values = {name: value_counts.count_scores(rows[name]) for name in self.scores}
        values |= {name: value_counts.count_values(rows[name]) for name in self.words}
        values["caption_length"] = value_counts.count_integers(rows["caption_length"])
        values |= {"origin": value_counts.count_origins(rows["origin"]), "ending": value_counts.count_endings(rows)}
        values = {name: compact_copy(counted) for name, counted in values.items()}
        sizes = rows["cell"].drop_nulls().to_numpy(), rows["size"].drop_nulls()
        there = {"url": "no_url", "caption": "blank"}
        sums = {name: int(rows[name].sum()) for name in there.values()}
        hashes = {name: rows[f"{name}_hash"].filter(~rows[none]).to_numpy() for name, none in there.items()}
        return Chunk(
            rows.height, sums | fitness_criteria.count_criteria(rows, self.purposes, self.source), values, sizes, hashes
        )

    def take(self, chunk: Chunk) -> None:
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
