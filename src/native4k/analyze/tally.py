"""What is counted while a collection's rows go by: each figure of the report comes out of these counts."""

from collections import Counter
from pathlib import Path

import polars as pl

from native4k.analyze import fitness
from native4k.analyze.counts import Counts, Hashes
from native4k.metadata import urls
from native4k.metadata.columns import SCORES
from native4k.sources.source import Source

ALWAYS = ("url", "declared_width", "declared_height", "caption")
SOMETIMES = ("license", "language", *SCORES)
"""What is looked at; the second where a source knows it."""

CHUNK = 500_000
"""Rows counted at once."""

STEPS = 1000
"""Steps of a score between two whole numbers: scores are counted to three digits."""

BOUND = 1_000_000
"""Of a score; what lies beyond is counted there."""

SHIFT = 2**20
"""More than the longest side: width and height are counted as one number."""

URL, CAPTION, WIDTH, HEIGHT = (pl.col(name) for name in ("url", "caption", "declared_width", "declared_height"))
FIRST_SLASH = URL.str.slice(len("https://")).str.find("/", literal=True)
TOLD = CAPTION.str.contains(r"\S").fill_null(False)
POSSIBLE = (WIDTH > 0) & (HEIGHT > 0)

DERIVED = {
    "size": (WIDTH.fill_null(0) + 1) * SHIFT + HEIGHT.fill_null(0) + 1,
    "width": pl.when(POSSIBLE).then(WIDTH),
    "height": pl.when(POSSIBLE).then(HEIGHT),
    "no_url": URL.is_null() | (URL == ""),
    "url_hash": URL.hash(),
    "origin": pl.coalesce(URL.str.head(len("https://") + FIRST_SLASH), URL),
    "tail": URL.str.tail(6),
    "odd": pl.when(URL.str.contains(r"[?#]") | FIRST_SLASH.is_null()).then(URL),
    "blank": ~TOLD,
    "caption_length": pl.when(TOLD).then(CAPTION.str.len_chars()).otherwise(0),
    "caption_hash": CAPTION.hash(),
}
"""What is counted of a row."""


class Tally:
    """Counts of one collection's rows."""

    def __init__(self, source: Source, purposes: fitness.Purposes, folder: Path) -> None:
        self.known = [name for name in SOMETIMES if name in source.spellings]
        self.columns = [*ALWAYS, *self.known]
        self.rows = 0
        self.sums: Counter[str] = Counter()
        self.sizes = Counts("size", limit=None)
        self.scores = {name: Counts(name) for name in SCORES if name in self.known}
        self.texts = {name: Counts(name) for name in ("license", "language") if name in self.known}
        self.captions, self.hosts, self.endings = Counts("caption_length"), Counts("host"), Counts("ending")
        self.urls, self.captions_told = Hashes(folder / "urls"), Hashes(folder / "captions")
        self.summed = [pl.col("no_url").sum(), pl.col("blank").sum(), *fitness.counted(purposes, source)]
        self.held: list[pl.DataFrame] = []

    def add(self, frame: pl.DataFrame) -> None:
        """Take in rows in our columns."""
        self.held.append(frame.select(*self.known, **DERIVED))
        if sum(one.height for one in self.held) >= CHUNK:
            self.settle()

    def settle(self) -> None:
        """Count the rows that are held."""
        if not self.held:
            return
        rows = pl.concat(self.held)
        self.held = []
        self.rows += rows.height
        self.sums.update(rows.select(self.summed).row(0, named=True))
        for counts in (self.sizes, self.captions, *self.texts.values()):
            counts.add(rows.select(counts.names))
        for name, counts in self.scores.items():
            counts.add(rows.select((pl.col(name).clip(-BOUND, BOUND) * STEPS).round().cast(pl.Int64)))
        served = hosts(rows)
        self.sums["not_web"] += int(served.filter(pl.col("host").is_null())["rows"].sum())
        self.hosts.merge(served.drop_nulls("host"))
        self.endings.merge(endings(rows))
        self.urls.add(rows.filter(~pl.col("no_url"))["url_hash"].to_numpy())
        self.captions_told.add(rows.filter(~pl.col("blank"))["caption_hash"].to_numpy())


def hosts(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows by host; null for a URL that is not of the web."""
    counted = rows.filter(~pl.col("no_url"))["origin"].value_counts(name="rows").cast({"rows": pl.Int64})
    return counted.with_columns(host=pl.when(urls.fetchable(pl.col("origin"))).then(urls.host(pl.col("origin"))))


def endings(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows by the ending of the file that the URL names; null for none."""
    odd = rows.select("odd").drop_nulls().to_series()
    paths = odd.str.replace(r"^[A-Za-z]+://[^/?#]*", "").str.replace(r"[?#].*$", "")
    tails = pl.concat([rows.filter(pl.col("odd").is_null())["tail"], paths.str.tail(6).alias("tail")])
    counted = tails.value_counts(name="rows").cast({"rows": pl.Int64})
    return counted.with_columns(ending=pl.col("tail").str.extract(r"\.([A-Za-z0-9]{2,5})$").str.to_lowercase())
