"""A frame of a source's rows in our columns, as a file of them would be read."""

import polars as pl

from native4k.metadata import columns
from native4k.sources.source import Source


def in_our_columns(frame: pl.DataFrame, source: Source, where: str) -> pl.DataFrame:
    return frame.select(columns.expressions(frame.schema, source, where).values())
