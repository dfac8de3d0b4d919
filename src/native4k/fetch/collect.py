"""Choose candidates from the sources' metadata; every rejected row has a reason, and reasons are counted."""

import argparse
import hashlib
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import Field

from native4k import params, sources, tables
from native4k.geometry import Geometry, geometry_reasons

COLUMNS = {
    "id": "str",
    "source": "str",
    "url": "str",
    "declared_width": "int64",
    "declared_height": "int64",
    "caption": "str",
    "license": "str",
    "similarity": "float64",
    "punsafe": "float64",
    "pwatermark": "float64",
    "aesthetic": "float64",
}


@params.params
class Params:
    """Which sources, and what their metadata must promise."""

    sources: Annotated[list[str], Field(min_length=1)]
    geometry: Geometry
    max_punsafe: float
    max_pwatermark: float
    keep_rejected: bool


def identify(source: str, url: str) -> str:
    """The image's id for ever: 16 hex digits of the hash of source and url."""
    return hashlib.sha256(f"{source}\n{url}".encode()).hexdigest()[:16]


def normalise(rows: pd.DataFrame, source: str) -> pd.DataFrame:
    """A source's rows with our columns, in our types, an id and an empty reason."""
    table = rows.assign(source=source, id=[identify(source, url) for url in rows["url"]])
    return table.reindex(columns=list(COLUMNS)).astype(COLUMNS).assign(reason="", rejected_by="")


def collect(table: pd.DataFrame, numbers: Params) -> pd.DataFrame:
    """The table with a reason on each row whose metadata promise too little."""
    verdicts: dict[str, Any] = {
        "unsafe": table["punsafe"] > numbers.max_punsafe,
        "watermarked": table["pwatermark"] > numbers.max_pwatermark,
        **geometry_reasons(table["declared_width"], table["declared_height"], numbers.geometry),
        "duplicate_url": table.duplicated("id"),
    }
    for reason, mask in verdicts.items():
        table = tables.reject(table, mask, reason, "collect")
    return table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("sources", type=Path, help="the folder with a file or folder a source (data/sources)")
    parser.add_argument("candidates", type=Path, help="the table of candidates to write")
    parser.add_argument("counts", type=Path, help="the table of rows by source and reason to write")
    parser.add_argument("rejected", type=Path, help="the table of rejected rows to write; empty unless keep_rejected")


def run(args: argparse.Namespace) -> None:
    """Read the sources' metadata, write candidates, counts and rejected rows."""
    numbers = params.load(Params, args.params, "collect")
    rows = [normalise(sources.read(name, args.sources, args.params), name) for name in numbers.sources]
    table = collect(pd.concat(rows, ignore_index=True), numbers)
    good = tables.kept(table)
    counts = table.groupby(["source", "reason"]).size().rename("rows").reset_index()
    tables.write(counts, args.counts)
    tables.write(table[~good] if numbers.keep_rejected else table[:0], args.rejected)
    tables.write(table[good].drop(columns=["reason", "rejected_by"]), args.candidates)
    print(f"{good.sum():,} candidates of {len(table):,} rows")
