"""Bring the original bytes of one shard of candidates into the image store, named by their hash."""

import argparse
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from native4k import params, sources, tables
from native4k.errors import UserError
from native4k.fetch import permissions, statuses, store
from native4k.fetch.client import Params
from native4k.fetch.crawl import CrawlSettings, crawl
from native4k.fetch.host_queue import HostLocks
from native4k.fetch.progress import Journal, Progress, read_journal
from native4k.fetch.statuses import Failure
from native4k.fetch.store import COLUMNS, NO_FILE, Incoming, Row
from native4k.geometry import Geometry

PLACEHOLDER_HOST = "example.org"
"""The host in the User-Agent of params.yaml until a contact of one's own replaces it."""

IndexRow = Mapping[Any, Any]


def fetch(id_: str, content: bytes, place: Path, max_bytes: int) -> Row:
    """Put bytes into the store, and return the columns that say what they are, or why they were not taken."""
    incoming = Incoming(place, id_, max_bytes, rule=None)
    try:
        incoming.add(content)
        return incoming.finish()
    except Failure as failure:
        return NO_FILE | {"status": failure.status}
    finally:
        incoming.discard()


def fetch_local(candidate: Any, args: argparse.Namespace, numbers: Params) -> Row:
    """Fetch a local candidate, and return its columns for the index."""
    try:
        content = sources.content(candidate.source, candidate.url, args.sources, args.params)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return NO_FILE | {"status": "not_found"}
    except PermissionError:
        return NO_FILE | {"status": "forbidden"}
    return fetch(candidate.id, content, args.store, numbers.max_bytes)


def reusable_row(row: IndexRow, place: Path, revision: str, rule: Geometry, retry: str) -> IndexRow | None:
    """Return the row if it needs no new fetch; a drawn source's row is valid at its present revision only."""
    if row["revision"] != revision:
        return None
    if row["status"] == "ok":
        return row if store.holds(place / row["file"], row["bytes"]) else None
    local = sources.find(row["source"]).content is not None
    if local or retry == "final" or statuses.is_retried_later(row["status"]):
        return None
    if row["status"] not in statuses.GEOMETRY_STATUSES:
        return row
    reason = store.geometry_reason(row["true_width"], row["true_height"], rule)
    return {**row, "status": reason} if reason else None


def remove_damaged(rows: Iterable[IndexRow], place: Path) -> set[str]:
    """Remove files whose bytes do not have the hash in their name, and return the ids of their rows."""
    damaged = set()
    for row in rows:
        path = place / row["file"]
        held = row["status"] == "ok" and store.holds(path, row["bytes"])
        if held and tables.digest(path) != row["sha256"]:
            print(f"fetch: {path}: damaged; it is fetched again", file=sys.stderr)
            path.unlink()
            damaged.add(row["id"])
    return damaged


def check_placeholder(numbers: Params) -> None:
    """Stop unless the User-Agent names a contact, or only loopback addresses are allowed."""
    if numbers.allow_loopback:
        print("fetch: loopback addresses are allowed (fetch.allow_loopback)", file=sys.stderr)
    elif PLACEHOLDER_HOST in numbers.user_agent:
        raise UserError(
            f"fetch.user_agent names {PLACEHOLDER_HOST}; put a page or address of yours there, for those you ask"
        )


def indexed_rows(index: Path, ids: set[str]) -> "list[dict[Any, Any]]":
    """The rows of the store's index for these candidates."""
    if not (index.exists() and ids):
        return []
    span = [("id", ">=", min(ids)), ("id", "<=", max(ids))]
    rows = tables.read(index, *COLUMNS, filters=span).to_dict("records")
    return [row for row in rows if row["id"] in ids]


def remove_temporary_files(place: Path, ids: set[str]) -> None:
    """Remove the temporary files that a killed run has left of these candidates."""
    for path in place.glob(f".*{tables.PART}"):
        if path.name.split(".")[1] in ids:
            path.unlink()


def fetch_missing(
    missing: pd.DataFrame, revisions: dict[str, str], args: argparse.Namespace, numbers: Params, rule: Geometry
) -> dict[str, Row]:
    """Fetch the candidates that are missing; each row is in the journal as soon as it is known."""
    source_of = dict(zip(missing["id"], missing["source"], strict=True))
    local = missing["source"].isin([name for name in revisions if sources.find(name).content is not None])
    rows: dict[str, Row] = {}
    progress = Progress(len(missing), f"fetch {args.shard}")
    with closing(progress), closing(Journal(args.index.with_suffix(".journal"))) as journal:

        def record(id_: str, row: Row) -> None:
            rows[id_] = {"id": id_, "source": source_of[id_], "revision": revisions[source_of[id_]], **row}
            journal.add(rows[id_])
            progress.add(row["status"])

        for candidate in missing[local].itertuples():
            row = fetch_local(candidate, args, numbers)
            progress.add_bytes(row["bytes"])
            record(str(candidate.id), row)
        web = missing[~local]
        if len(web):
            check_placeholder(numbers)
            urls, opt_out = dict(zip(web["id"], web["url"], strict=True)), permissions.read_opt_out(args.opt_out)
            with (
                closing(Journal(args.index.with_suffix(".log"))) as log,
                closing(HostLocks(args.index.parent / "hosts.lock")) as locks,
            ):
                crawl(urls, CrawlSettings(numbers, rule, args.store, opt_out, log, locks, progress, record))
    return rows


def reusable_rows(
    mine: pd.DataFrame, revisions: dict[str, str], args: argparse.Namespace, rule: Geometry
) -> dict[str, IndexRow]:
    """The rows of the store's index and of the shard's journal that need no new fetch, by id."""
    ids = set(mine["id"])
    journaled = [row for row in read_journal(args.index.with_suffix(".journal")) if row["id"] in ids]
    earlier = [*indexed_rows(args.store / "index.parquet", ids), *journaled]
    damaged = remove_damaged(earlier if args.verify else journaled, args.store)
    checked = [
        reusable_row(row, args.store, revisions[row["source"]], rule, args.retry)
        for row in earlier
        if row["id"] not in damaged
    ]
    url_of = dict(zip(mine["id"], mine["url"], strict=True))
    return {
        row["id"]: row for row in checked if row is not None and not has_changed(row, url_of[row["id"]], args.sources)
    }


def has_changed(row: IndexRow, url: str, root: Path) -> bool:
    """Whether the file here that a row was made from has other bytes by now, or is gone."""
    locate = sources.find(row["source"]).locate
    if locate is None:
        return False
    try:
        return tables.digest(locate(url, root / row["source"])) != row["sha256"]
    except OSError:
        return True  # the fetch says why


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("candidates", type=Path, help="the table that collect wrote")
    parser.add_argument("sources", type=Path, help="the folder local sources read from (data/sources)")
    parser.add_argument("store", type=Path, help="the image store (data/images)")
    parser.add_argument("index", type=Path, help="the shard's index to write; its journal and log stand beside it")
    parser.add_argument("--shard", default="0/1", help="which shard of how many, such as 2/4 (default: %(default)s)")
    parser.add_argument("--opt-out", type=Path, nargs="*", default=[], help="lists of hosts to leave alone")
    parser.add_argument(
        "--retry",
        choices=("later", "final"),
        default="later",
        help="what to retry: what may still succeed, or all that is not in the store (default: %(default)s)",
    )
    parser.add_argument("--verify", action="store_true", help="hash every stored file again")
    words = [f"  {name:<18}{status.kind.value}: {status.meaning}" for name, status in statuses.STATUSES.items()]
    parser.epilog = "\n".join(["statuses in the index:", *words]).replace("%", "%%")


def run(args: argparse.Namespace) -> None:
    """Fetch what neither the store nor the shard's journal has, write the shard's index."""
    number, of = tables.parse_shard(args.shard)
    numbers = params.load(Params, args.params, "fetch")
    rule = params.load(Geometry, args.params, "probe", "geometry")
    candidates = tables.read(args.candidates, "id", "source", "url")
    mine = candidates[tables.shard_of(candidates["id"], of) == number]
    remove_temporary_files(args.store, set(mine["id"]))
    revisions = {name: sources.revision(name, args.params) for name in mine["source"].unique()}
    rows = reusable_rows(mine, revisions, args, rule)
    missing = mine[~mine["id"].isin(list(rows))]
    print(f"fetch {args.shard}: {len(rows):,} of {len(mine):,} images stand as they are", file=sys.stderr)
    rows |= fetch_missing(missing, revisions, args, numbers, rule) if len(missing) else {}
    table = pd.DataFrame([rows[id_] for id_ in mine["id"]], columns=list(COLUMNS)).astype(COLUMNS)
    tables.write(table, args.index)
