"""Read a collection part by part: rows in our columns, only the columns asked for, only the rows that pass."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import fsspec
import polars as pl

from native4k import sources
from native4k.metadata import parquet, text
from native4k.metadata.columns import COLUMNS, expressions
from native4k.metadata.locations import Part, check_unchanged, find_parts
from native4k.sources.source import Source

RowFilter = Callable[[Mapping[str, pl.Expr]], pl.Expr]
"""Which rows to keep, as an expression of our columns' expressions."""


class Collection(NamedTuple):
    """A source's metadata, found."""

    name: str
    source: Source
    parts: list[Part]


def collection(name: str, place: str | None, root: Path, numbers: Path) -> Collection:
    """The parts of a source: at the place given, where it is published, or below root; a made source makes its rows."""
    source = sources.find(name)
    if source.make is not None:
        rows = source.make(root / name, numbers)
        memory = fsspec.filesystem("memory")
        with memory.open(f"/{name}.parquet", "wb") as file:
            rows.to_parquet(file, index=False)
        return Collection(name, source, [Part(name, f"/{name}.parquet", "parquet", False, memory)])
    return Collection(name, source, find_parts(place or source.files or str(root / name), source.page))


def frames(
    part: Part, source: Source, columns: Sequence[str] = tuple(COLUMNS), where: RowFilter | None = None
) -> Iterator[pl.DataFrame]:
    """A part's rows in order, some thousands at a time; a part that changes meanwhile is an error."""
    with check_unchanged(part):
        if part.kind == "parquet":
            ours = expressions(parquet.schema(part), source, part.name)
            chosen = where(ours) if where else None
            yield from parquet.frames(part, [ours[name] for name in columns], chosen)
            return
        for frame in text.frames(part, source):
            ours = expressions(frame.schema, source, part.name)
            kept = frame.filter(where(ours)) if where else frame
            yield kept.with_columns(ours[name] for name in columns).select(columns)  # also all rows of constants


def counts(part: Part, source: Source, columns: Sequence[str], key: pl.Expr, values: Sequence[str]) -> dict[str, int]:
    """How many rows of a Parquet part have each of the values of a key, which is an expression of the columns named."""
    with check_unchanged(part):
        ours = expressions(parquet.schema(part), source, part.name)
        return parquet.counts(part, [ours[name] for name in columns], key, values)
