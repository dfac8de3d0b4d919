"""Who an image is, for ever: its id is the hash of where it is from."""

import hashlib

import polars as pl

from native4k.metadata import urls


def identify(source: str, url: str) -> str:
    """An image's id for ever: 16 hex digits of the hash of its normalised URL; of a local file, of source and path."""
    rows = identified(pl.DataFrame({"url": [url]}), source)
    return str(rows["id"][0])


def hashed(names: pl.Series) -> pl.Series:
    """The first 16 hex digits of each name's SHA-256."""
    digests = [hashlib.sha256(name).digest() for name in names.cast(pl.Binary).to_list()]
    return pl.Series("id", digests, pl.Binary).bin.slice(0, 8).bin.encode("hex")


def identified(frame: pl.DataFrame, source: str) -> pl.DataFrame:
    """The rows with an id, their source, and whether their url is of the web; unknown texts are empty."""
    url = pl.col("url")
    name = pl.when("web").then(urls.normalised(url)).otherwise(f"{source}\n" + url)
    rows = frame.lazy().with_columns(pl.col(pl.String).fill_null("")).with_columns(url.str.strip_chars())
    named = rows.with_columns(web=urls.fetchable(url)).with_columns(id=name, source=pl.lit(source)).collect()
    return named.with_columns(hashed(named["id"]))
