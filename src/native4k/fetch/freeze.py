"""Close the image store: candidates and index whole, and a note of what both were made from."""

import argparse
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

from native4k import params, provenance, sources, tables
from native4k.errors import UserError
from native4k.fetch import client, statuses
from native4k.metadata import urls

MADE_BY = ("collect", "fetch", "freeze")
"""The steps whose code decides what the store holds."""


def origin(store: Path, numbers: Path) -> dict[str, Any]:
    """The params, code and opt-out lists that decide what the store holds, and their common hash."""
    tree = params.read(numbers)
    sections = {name: provenance.lookup(tree, name) for name in ("demo", "collect", "fetch", "probe.geometry")}
    words = provenance.words(sections)
    code = {name: provenance.code(f"native4k.fetch.{name}", words=words) for name in MADE_BY}
    lists = sorted((store.parent / "optout").glob("*.txt"))
    made_from = {"params": sections, "code": code, "optout": {path.name: tables.digest(path) for path in lists}}
    text = json.dumps(made_from, sort_keys=True)
    return {"fingerprint": hashlib.sha256(text.encode()).hexdigest()[:16], **made_from}


def compare(store: Path, numbers: Path) -> None:
    """Stop with one line if the store was made from other params or code than these."""
    path = store / "origin.json"
    if not path.exists():
        raise UserError(f"{store}: no frozen images; run 'make images' (or 'dvc pull {store}')")
    then, now = json.loads(path.read_text(encoding="utf-8")), origin(store, numbers)
    if then["fingerprint"] == now["fingerprint"]:
        return
    changed = [
        f"{part} {name}"
        for part in ("params", "code", "optout")
        for name in {*now[part], *then.get(part, {})}
        if then.get(part, {}).get(name) != now[part].get(name)
    ]
    raise UserError(f"{store}: made before a change of {', '.join(sorted(changed))}; run 'make images'")


def check_transient(store: Path, numbers: Path) -> None:
    """Stop with one line if more of this version's images than allowed failed in a way that may pass."""
    counts = tables.read(store / "fetched.parquet", "status", "images").groupby("status")["images"].sum()
    failed = Counter({status: count for status, count in counts.items() if statuses.is_retried_later(str(status))})
    allowed = params.load(client.Params, numbers, "fetch").max_transient
    if failed.total() <= allowed * counts.sum():
        return
    why = ", ".join(f"{status} {count:,}" for status, count in failed.most_common())
    raise UserError(
        f"{store}: {failed.total():,} of {counts.sum():,} images failed in a way that may pass ({why}); "
        f"run 'make retry', or raise fetch.max_transient ({allowed:g}) and run 'make images' to go on without them"
    )


def freeze(store: Path, candidates: pd.DataFrame, shards: list[pd.DataFrame]) -> pd.DataFrame:
    """The store's index: this version's rows, and the older ones from the web, which may be gone there."""
    fresh = pd.concat(shards, ignore_index=True)
    if sorted(fresh["id"]) != sorted(candidates["id"]):
        raise UserError(f"{store}: the shards' ids are not the candidates'; run 'make images' again")
    path = store / "index.parquet"
    if not path.exists():
        return fresh
    older = tables.read(path)
    local = [name for name in sources.NAMES if sources.find(name).locate is not None]
    gone = (older["revision"] != "") | older["source"].isin(local) | older["id"].isin(fresh["id"])  # or drawn again
    return pd.concat([older[~gone], fresh], ignore_index=True)


def remove_unlisted(store: Path, index: pd.DataFrame) -> None:
    """Remove files that no row of the index names, and what a kill has left."""
    named = set(index["file"])
    for path in [*store.glob("??/*"), *store.glob(f".*{tables.PART}")]:
        if path.relative_to(store).as_posix() not in named:
            path.unlink()


def count_statuses(candidates: pd.DataFrame, index: pd.DataFrame) -> pd.DataFrame:
    """How many images of each source and host have which status, and their bytes."""
    rows = pl.from_pandas(candidates[["id", "source", "url"]].merge(index[["id", "status", "bytes"]], on="id"))
    host = pl.when(urls.fetchable(pl.col("url"))).then(urls.host(pl.col("url"))).fill_null("")
    grouped = rows.group_by("source", host.alias("host"), "status")
    counts = grouped.agg(pl.len().cast(pl.Int64).alias("images"), pl.col("bytes").sum())
    return counts.sort("source", "host", "status").to_pandas()


def check(store: Path, numbers: Path) -> None:
    """Stop with one line if the store is not whole, or not of these params and this code."""
    if (store / "fetched.parquet").exists():  # an incomplete store has no origin
        check_transient(store, numbers)
    compare(store, numbers)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("store", type=Path, help="the image store (data/images)")
    parser.add_argument("--check", action="store_true", help="only say whether the store is whole and up to date")
    parser.add_argument("--candidates", type=Path, nargs="+", help="the tables that collect wrote")
    parser.add_argument("--counts", type=Path, help="collect's rows by source and reason")
    parser.add_argument("--rejected", type=Path, help="the rows that collect rejected")
    parser.add_argument("--shards", type=Path, nargs="+", help="the shards' indexes")
    parser.add_argument("--mark", type=Path, help="the file to write when the store is closed")


def run(args: argparse.Namespace) -> None:
    """Write candidates, index, counts and origin into the store, the origin last; then stop if too much is missing."""
    if args.check:
        check(args.store, args.params)
        return
    needed = ("candidates", "counts", "rejected", "shards")
    if missing := [f"--{name}" for name in needed if getattr(args, name) is None]:
        raise UserError(f"{', '.join(missing)}: missing; only --check goes without")
    candidates = pd.concat([tables.read(path, "id", "source", "url") for path in args.candidates], ignore_index=True)
    index = freeze(args.store, candidates, [tables.read(path) for path in args.shards])
    (args.store / "origin.json").unlink(missing_ok=True)
    tables.write(index, args.store / "index.parquet")
    tables.write(candidates, args.store / "candidates.parquet")
    tables.write(tables.read(args.counts), args.store / "collected.parquet")
    tables.write(tables.read(args.rejected), args.store / "not_collected.parquet")
    tables.write(count_statuses(candidates, index), args.store / "fetched.parquet")
    remove_unlisted(args.store, index)
    for path in args.shards:  # the index answers from now on
        path.with_suffix(".journal").unlink(missing_ok=True)
    check_transient(args.store, args.params)
    tables.write_json(origin(args.store, args.params), args.store / "origin.json")
    if args.mark:
        provenance.seal(args.store, args.mark)
