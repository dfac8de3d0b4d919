"""What is counted while a collection's rows go by: each figure of the report comes out of these counts."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from native4k.analyze import fitness
from native4k.analyze.counts import Counts, Hashes
from native4k.analyze.grid import HEIGHT, PLACED, WIDTH, Grid
from native4k.metadata.columns import SCORES
from native4k.sources.source import Source

ALWAYS = ("url", "declared_width", "declared_height", "caption")
SOMETIMES = ("license", "language", *SCORES)
"""What is looked at; the second where a source knows it."""

STEPS = 1000
"""Steps of a score between two whole numbers: scores are counted to three digits."""

BOUND = 1_000_000
"""Of a score; what lies beyond is counted there."""

URL, CAPTION = pl.col("url"), pl.col("caption")
FIRST_SLASH = URL.str.slice(len("https://")).str.find("/", literal=True)
TOLD = CAPTION.str.contains(r"\S").fill_null(False)
POSSIBLE = (WIDTH > 0) & (HEIGHT > 0)

DERIVED = {
    **PLACED,
    "width": pl.when(POSSIBLE).then(WIDTH),
    "height": pl.when(POSSIBLE).then(HEIGHT),
    "no_url": URL.is_null() | (URL == ""),
    "url_hash": URL.hash(),
    "origin": pl.when(URL != "").then(pl.coalesce(URL.str.head(len("https://") + FIRST_SLASH), URL)),
    "tail": URL.str.tail(6),
    "odd": pl.when(URL.str.contains(r"[?#]") | FIRST_SLASH.is_null()).then(URL),
    "blank": ~TOLD,
    "caption_length": pl.when(TOLD).then(CAPTION.str.len_chars()).otherwise(0),
    "caption_hash": CAPTION.hash(),
}
"""What is counted of a row."""


class Chunk(NamedTuple):
    """Some rows, counted."""

    rows: int
    sums: dict[str, int]
    values: dict[str, pl.DataFrame]
    """Column -> its values with their rows."""
    sizes: tuple[np.ndarray, pl.DataFrame]
    """Cells of the usual ones, and the others with their rows."""
    hashes: dict[str, np.ndarray]


class Tally:
    """Counts of one collection's rows."""

    def __init__(self, source: Source, purposes: fitness.Purposes, folder: Path) -> None:
        self.known = [name for name in SOMETIMES if name in source.spellings]
        self.columns = [*ALWAYS, *self.known]
        self.scores = [name for name in SCORES if name in self.known]
        self.words = [name for name in ("license", "language") if name in self.known]
        self.summed = [pl.col("no_url").sum(), pl.col("blank").sum(), *fitness.counted(purposes, source)]
        self.rows = 0
        self.sums: Counter[str] = Counter()
        self.values = {name: Counts(name) for name in ("caption_length", "origin", "ending", *self.scores, *self.words)}
        self.sizes = Grid()
        self.hashes = {name: Hashes(folder / name) for name in ("url", "caption")}

    def count(self, frame: pl.DataFrame) -> Chunk:
        """Count rows in our columns; changes nothing, so that several can be counted at once."""
        rows = frame.select(*self.known, **DERIVED)
        scores = {name: (pl.col(name).clip(-BOUND, BOUND) * STEPS).round().cast(pl.Int64) for name in self.scores}
        values = {name: valued(rows.select(expression)) for name, expression in scores.items()}
        values |= {name: valued(rows.select(name)) for name in ("caption_length", *self.words)}
        values |= {"origin": valued(rows.select("origin").drop_nulls()), "ending": endings(rows)}
        sizes = rows["cell"].drop_nulls().to_numpy(), valued(rows.select("size").drop_nulls())
        sums = rows.select(self.summed).row(0, named=True)
        there = {"url": ~pl.col("no_url"), "caption": ~pl.col("blank")}
        hashes = {name: rows.filter(which)[f"{name}_hash"].to_numpy() for name, which in there.items()}
        return Chunk(rows.height, sums, values, sizes, hashes)

    def take(self, chunk: Chunk) -> None:
        """Add what was counted."""
        self.rows += chunk.rows
        self.sums.update(chunk.sums)
        self.sizes.add(*chunk.sizes)
        for name, counted in chunk.values.items():
            self.values[name].add(counted)
        for name, hashes in chunk.hashes.items():
            self.hashes[name].add(hashes)


def valued(column: pl.DataFrame) -> pl.DataFrame:
    """The different values of a column with their rows."""
    return column.to_series().value_counts(name="rows").cast({"rows": pl.Int64})


def endings(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows by the ending of the file that the URL names; null for none."""
    odd = rows.select("odd").drop_nulls().to_series()
    paths = odd.str.replace(r"^[A-Za-z]+://[^/?#]*", "").str.replace(r"[?#].*$", "")
    tails = pl.concat([rows.filter(pl.col("odd").is_null())["tail"], paths.str.tail(6).alias("tail")])
    return valued(tails.to_frame()).with_columns(
        ending=pl.col("tail").str.extract(r"\.([A-Za-z0-9]{2,5})$").str.to_lowercase()
    )
