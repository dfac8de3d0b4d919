"""Choose candidates from the sources' metadata; every rejected row has a reason, and reasons are counted."""

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from threading import Event
from typing import Annotated, NamedTuple, TypeAlias

import polars as pl
import pyarrow as pa
from pydantic import Field

from native4k import params, tables
from native4k.errors import UserError
from native4k.fetch import permissions
from native4k.fetch.external_sort import ExternalSort
from native4k.fetch.permissions import OptOut
from native4k.geometry import Geometry, geometry_reasons
from native4k.metadata import read, urls
from native4k.metadata.columns import COLUMNS, IMPOSSIBLE, SIZES
from native4k.metadata.locations import Part
from native4k.metadata.parallel import parallel_map
from native4k.metadata.urls import with_ids
from native4k.progress import Bar

DECLARED = {name: pl.col(name) for name in SIZES}
CANDIDATE = ("id", "source", *COLUMNS)
EMPTY = pl.DataFrame(
    schema={"id": pl.String, "source": pl.String, **COLUMNS, "reason": pl.String, "rejected_by": pl.String}
)
COUNTED = {"source": pl.String, "reason": pl.String, "rows": pl.Int64}
REJECTED_BY = pl.when(pl.col("reason") != "").then(pl.lit("collect")).otherwise(pl.lit(""))


@params.params
class Params:
    """Which sources, and what their metadata must promise."""

    sources: Annotated[dict[str, str | None], Field(min_length=1)]
    geometry: Geometry
    keep_unsized: bool
    max_punsafe: float
    max_pwatermark: float
    min_similarity: float | None
    min_aesthetic: float | None
    licenses: list[str] | None
    languages: list[str] | None
    min_caption: int
    max_caption: int
    blocked_hosts: list[Annotated[str, Field(pattern=permissions.HOST.pattern)]]
    keep_rejected: bool


class Job(NamedTuple):
    """A part of a collection to read."""

    collection: read.Collection
    part: Part


Counts: TypeAlias = "Counter[tuple[str, str]]"


def size_reasons(columns: Mapping[str, pl.Expr], numbers: Params) -> dict[str, pl.Expr]:
    """Reason -> which rows it hits, by the declared sizes alone."""
    width, height = columns["declared_width"], columns["declared_height"]
    return {
        "impossible_size": (width == IMPOSSIBLE) | (height == IMPOSSIBLE),
        "no_size": pl.lit(not numbers.keep_unsized) & (width.is_null() | height.is_null()),
        **geometry_reasons(width, height, numbers.geometry),
    }


def score_reasons(numbers: Params) -> dict[str, pl.Expr]:
    """Reason -> which rows it hits, by their scores; what a source does not know rejects nothing."""
    reasons = {
        "unsafe": pl.col("punsafe") > numbers.max_punsafe,
        "watermarked": pl.col("pwatermark") > numbers.max_pwatermark,
    }
    if numbers.min_similarity is not None:
        reasons["unlike_caption"] = pl.col("similarity") < numbers.min_similarity
    if numbers.min_aesthetic is not None:
        reasons["unaesthetic"] = pl.col("aesthetic") < numbers.min_aesthetic
    return reasons


def text_reasons(numbers: Params, opt_out: OptOut, local: bool) -> dict[str, pl.Expr]:
    """Reason -> which rows it hits, by what is written in them; the columns are ours, id and web."""
    host = urls.host(pl.col("url"))
    reasons = {"bad_url": pl.col("url") == "" if local else ~pl.col("web")}
    if numbers.licenses is not None:
        reasons["license"] = ~pl.col("license").is_in(numbers.licenses)
    if numbers.languages is not None:
        reasons["language"] = (pl.col("language") != "") & ~pl.col("language").is_in(numbers.languages)
    reasons["caption"] = ~pl.col("caption").str.len_chars().is_between(numbers.min_caption, numbers.max_caption)
    if numbers.blocked_hosts:
        blocked = pl.Series([name.lower() for name in numbers.blocked_hosts])
        reasons["blocked_host"] = urls.below(host, blocked)
    if opt_out.ids or opt_out.hosts:
        ids, hosts = pl.Series(sorted(opt_out.ids), dtype=pl.String), pl.Series(sorted(opt_out.hosts), dtype=pl.String)
        reasons["opted_out"] = pl.col("id").is_in(ids.implode()) | urls.below(host, hosts)
    return reasons


def first_reason(reasons: Mapping[str, pl.Expr]) -> pl.Expr:
    """The first reason that hits a row; empty for none."""
    places = [pl.when(hit).then(pl.lit(place, pl.UInt8)) for place, hit in enumerate(reasons.values(), start=1)]
    return pl.coalesce(*places, pl.lit(0, pl.UInt8)).cat.to(pl.Enum(["", *reasons])).alias("reason")


def with_reasons(frame: pl.DataFrame, source: str, local: bool, numbers: Params, opt_out: OptOut) -> pl.DataFrame:
    """Rows in our columns with an id and the first reason against each, or an empty one."""
    reasons = size_reasons(DECLARED, numbers) | score_reasons(numbers) | text_reasons(numbers, opt_out, local)
    return (
        with_ids(frame, source)
        .lazy()
        .with_columns(reason=first_reason(reasons).cast(pl.String))
        .with_columns(pl.col(SIZES).fill_null(0), rejected_by=REJECTED_BY)
        .select(EMPTY.columns)
        .collect()
    )


def deduplicate(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows sorted by id; of the candidates that share one, that with the best caption stays.

    The best caption is there at all, fits its image best by the source's own similarity, is the longest; then the other
    columns decide, so that the order of the rows does not.
    """
    if rows["id"].is_unique().all():
        return rows.sort("id")
    best = [pl.col("caption") != "", pl.col("similarity").fill_null(-1), pl.col("caption").str.len_chars()]
    rest = CANDIDATE[1:]
    descending = [False, False, *[True] * len(best), *[False] * len(rest)]
    rows = rows.sort("id", pl.col("reason") != "", *best, *rest, descending=descending)
    again = ~pl.col("id").is_first_distinct() & (pl.col("reason") == "")
    return rows.with_columns(
        reason=pl.when(again).then(pl.lit("duplicate_url")).otherwise("reason"),
    ).with_columns(rejected_by=REJECTED_BY)


def rows_of_part(job: Job, numbers: Params, opt_out: OptOut, counts: Counts) -> Iterator[pl.DataFrame]:
    """A part's rows with their reasons; those that their sizes reject may be counted only."""
    local = job.collection.source.content is not None
    for frame in rows_of_good_size(job, numbers, counts):
        yield with_reasons(frame, job.collection.name, local, numbers, opt_out)


def rows_of_good_size(job: Job, numbers: Params, counts: Counts) -> Iterator[pl.DataFrame]:
    """A part's rows, of Parquet only those whose declared sizes are good; the others are counted."""

    def passing(columns: Mapping[str, pl.Expr]) -> pl.Expr:
        return ~pl.any_horizontal(*size_reasons(columns, numbers).values()).fill_null(False)

    collection, part = job
    if part.kind != "parquet" or numbers.keep_rejected:
        yield from read.frames(part, collection.source)
        return
    wanted = count_by_size(job, numbers, counts)
    for frame in read.frames(part, collection.source, where=passing):
        wanted -= frame.height
        yield frame
    if wanted:
        raise UserError(f"{part.name}: changed while it was being read; run again when it is at rest")


def count_by_size(job: Job, numbers: Params, counts: Counts) -> int:
    """Count the rows of a part that their declared sizes reject, by reason, and return how many are good."""
    reasons = size_reasons(DECLARED, numbers)
    found = read.counts(job.part, job.collection.source, SIZES, first_reason(reasons), ["", *reasons])
    counts.update({(job.collection.name, reason): rows for reason, rows in found.items() if reason and rows})
    return found[""]


def candidates_of(rows: pl.DataFrame) -> pa.Table:
    """The rows without a reason, as they are written."""
    return rows.filter(pl.col("reason") == "").select(CANDIDATE).to_arrow()


def collect(
    collections: Iterable[read.Collection], numbers: Params, opt_out: OptOut, shards: int, work: Path
) -> tuple[Counts, Iterator[tuple[int, pl.DataFrame]]]:
    """The counts by source and reason, and the shards of rows one after another."""
    counts: Counts = Counter()
    rows_by_shard = ExternalSort(work, shards, EMPTY)
    stopped = Event()

    def add_part(job: Job) -> Counts:
        rejected: Counts = Counter()
        kept = 0
        for rows in takewhile(lambda _: not stopped.is_set(), rows_of_part(job, numbers, opt_out, rejected)):
            rows_by_shard.add(rows)
            kept += rows.height
        if not kept + rejected.total():
            Bar.write(f"{job.part.name}: no rows", sys.stderr)
        return rejected

    jobs = [Job(collection, part) for collection in collections for part in collection.parts]
    for rejected in Bar(parallel_map(add_part, jobs, stopped), "collect", len(jobs), unit="file", mininterval=5):
        counts.update(rejected)
    rows_by_shard.close()
    return counts, _sorted_shards(rows_by_shard, counts)


def _sorted_shards(rows_by_shard: ExternalSort, counts: Counts) -> Iterator[tuple[int, pl.DataFrame]]:
    shards = range(rows_by_shard.shards)
    for shard, rows in zip(
        shards, parallel_map(lambda shard: deduplicate(rows_by_shard.shard_rows(shard)), shards), strict=True
    ):
        for source, reason, count in rows.group_by("source", "reason").len().iter_rows():
            counts[source, reason] += count
        yield shard, rows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("sources", type=Path, help="the folder with a file or folder a source (data/sources)")
    parser.add_argument("candidates", type=Path, help="the folder to write with one table of candidates a shard")
    parser.add_argument("counts", type=Path, help="the table of rows by source and reason to write")
    parser.add_argument("rejected", type=Path, help="the table of rejected rows to write; empty unless keep_rejected")
    parser.add_argument(
        "--opt-out", type=Path, nargs="*", default=[], help="lists of URLs, hosts and ids to leave alone"
    )


def run(args: argparse.Namespace) -> None:
    """Read the sources' metadata, write candidates, counts and rejected rows."""
    numbers = params.load(Params, args.params, "collect")
    shards = params.load(int, args.params, "shards")
    opt_out = permissions.read_opt_out(args.opt_out)
    places = numbers.sources.items()
    found = [read.collection(name, place, args.sources, args.params) for name, place in places]
    with tables.atomic_folder(args.candidates) as folder:
        counts, made = collect(found, numbers, opt_out, shards, folder / "sorted")

        def written(shard: tuple[int, pl.DataFrame]) -> pa.Table:
            number, rows = shard
            table = candidates_of(rows)
            tables.write_arrow([table], table.schema, folder / f"{number}-of-{shards}.parquet")
            return rows.filter(pl.col("reason") != "").to_arrow()

        rejected = (table for table in parallel_map(written, made) if numbers.keep_rejected)
        tables.write_arrow(rejected, EMPTY.to_arrow().schema, args.rejected)
        shutil.rmtree(folder / "sorted")
        rows = [(source, reason, count) for (source, reason), count in sorted(counts.items())]
        table = pl.DataFrame(rows, COUNTED, orient="row").to_arrow()
        tables.write_arrow([table], table.schema, args.counts)
    good = sum(count for source, reason, count in rows if not reason)
    print(f"{good:,} candidates of {sum(count for _, _, count in rows):,} rows")
