"""List the sources: how many rows they have, under which licence, and what collect can filter by."""

import argparse

from native4k import sources
from native4k.metadata.columns import SCORES
from native4k.sources.source import Source

FILTERS = ("caption", "license", "language", *SCORES)
"""Beside the size: our columns that collect can filter by."""


def filters(source: Source) -> str:
    """The columns of a source's rows that collect can filter by."""
    known = source.spellings
    return ", ".join([*(["size"] if source.has_sizes else []), *(name for name in FILTERS if name in known)])


def entry(name: str, source: Source) -> str:
    """A source in a few lines."""
    rows = "as many as there are" if source.rows is None else f"{source.rows:,}"
    given = "each row's own" if "license" in source.columns else source.license
    place = source.files or ("made here" if source.make else f"data/sources/{name}, put there by hand")
    lines = {
        "rows": rows,
        "licence": given,
        "from": source.provenance,
        "filters": filters(source),
        "files": place,
        "page": source.page,
        "note": source.note,
    }
    shown = [f"  {label:<9}{words}" for label, words in lines.items() if words]
    return "\n".join([f"{name}: {source.title}", *shown])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which source."""
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(sources.NAMES)}; none: all")


def run(args: argparse.Namespace) -> None:
    """Print the list."""
    print("\n\n".join(entry(name, sources.find(name)) for name in args.names or sources.NAMES))
