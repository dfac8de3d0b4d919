"""Say what collections of metadata hold and what they are fit for, before anything of them is downloaded.

FILES are metadata files, folders, globs or addresses of the source that --source names, or each NAME=PLACE. Without any
FILES it is the place that `native4k sources` tells; without --source, too, the sources that collect.sources names.
"""

import argparse
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from native4k import params, sources, tables
from native4k.analyze import report_files, stats
from native4k.analyze.collection_counts import Chunk, CollectionCounts, Sample
from native4k.errors import UserError
from native4k.fetch import collect
from native4k.metadata import read
from native4k.metadata.parallel import parallel_map, prefetch
from native4k.progress import Bar


class Analysis(NamedTuple):
    """A collection's figures and its sample."""

    figures: dict[str, Any]
    sample: pl.DataFrame


def places(words: list[str], source: str | None, numbers: Path) -> dict[str, list[str | None]]:
    """Source -> where its metadata are; None for where the source itself says."""
    if not words and source is None:
        return {name: [place] for name, place in params.load(collect.Params, numbers, "collect").sources.items()}
    found: dict[str, list[str | None]] = {}
    for word in words:
        name, equals, place = word.partition("=")
        if equals and name in sources.NAMES:
            found.setdefault(name, []).append(place or None)
        elif source is not None:
            found.setdefault(source, []).append(word)
        else:
            raise UserError(f"{word}: of which source? say --source NAME, or NAME={word} (see `native4k sources`)")
    return found or {str(source): [None]}


def collections(wanted: dict[str, list[str | None]], root: Path, numbers: Path) -> Iterator[read.Collection]:
    """Each source's parts, of all its places."""
    for name, where in wanted.items():
        found = [read.collection(name, place, root, numbers) for place in where]
        parts = {part.name: part for one in found for part in one.parts}  # a file that is named twice is read once
        yield found[0]._replace(parts=list(parts.values()))


def frames(found: read.Collection, columns: list[str]) -> Iterator[pl.DataFrame]:
    """A collection's rows, file by file."""
    for part in Bar(found.parts, desc=f"analyze {found.name}", unit="file", mininterval=5):
        yield from read.frames(part, found.source, columns)


def analyze(found: read.Collection, numbers: stats.Params, scratch: Path, *, exact: bool) -> Analysis:
    """Read a collection once; its figures of all rows, or of the sample."""
    counts = CollectionCounts(found.source, numbers.purposes, scratch / found.name)
    sample = Sample(numbers.sample, numbers.seed)

    def read_frame(numbered: tuple[int, pl.DataFrame]) -> tuple[pl.DataFrame, Chunk | None]:
        return sample.candidates(*numbered), counts.count(numbered[1]) if exact else None

    for drawn, counted in parallel_map(read_frame, sample.numbered(prefetch(frames(found, counts.columns)))):
        sample.add(drawn)
        if counted is not None:
            counts.add(counted)
    if not sample.rows:
        raise UserError(f"{found.parts[0].name}: no rows, nor in any other file of {found.name}; nothing to analyze")
    chosen = sample.drawn()
    if not exact:
        counts.add(counts.count(chosen))
    whole = exact or sample.rows <= numbers.sample
    return Analysis(stats.statistics(counts, chosen, sample.rows, numbers, whole), chosen)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to read, and where to write."""
    parser.add_argument("files", nargs="*", metavar="FILES", help="metadata of --source, or NAME=PLACE for each source")
    parser.add_argument("report", type=Path, metavar="REPORT", help="the folder to write (data/analysis)")
    parser.add_argument("--source", choices=sources.NAMES, metavar="NAME", help="whose columns FILES have")
    parser.add_argument("--sampled", action="store_true", help="figures of analyze.sample rows, with intervals")
    parser.add_argument(
        "--sources", type=Path, default=Path("data/sources"), help="the folder of local sources (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> None:
    """Write report.html, report.md, stats.json, sample.csv and plots/."""
    numbers = params.load(stats.Params, args.params, "analyze")
    wanted = places(args.files, args.source, args.params)
    found = list(collections(wanted, args.sources, args.params))
    files = {one.name: [part.name for part in one.parts] for one in found}
    origin = {"files": files, "numbers": params.read(args.params)["analyze"], "sampled": args.sampled}
    with tables.atomic_folder(args.report) as folder:
        made = {one.name: analyze(one, numbers, folder / "scratch", exact=not args.sampled) for one in found}
        shutil.rmtree(folder / "scratch")
        report_files.write_report({name: one.figures for name, one in made.items()}, origin, folder)
        report_files.write_sample({name: one.sample for name, one in made.items()}, folder / "sample.csv")
    print(f"{args.report / report_files.PAGE}")
