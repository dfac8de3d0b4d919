"""Bring the original bytes of one shard of candidates into the image store, named by their hash."""

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from native4k import images, params, sources, tables

COLUMNS = {
    "id": "str",
    "source": "str",
    "revision": "str",
    "status": "str",
    "sha256": "str",
    "bytes": "int64",
    "file": "str",
    "true_width": "int64",
    "true_height": "int64",
}
NOTHING = {"sha256": "", "bytes": 0, "file": "", "true_width": 0, "true_height": 0}


@params.params
class Params:
    """Limits on what a source may hand us."""

    max_bytes: int


def file_of(sha256: str, ending: str) -> str:
    """Where the store keeps these bytes, below its root."""
    return f"{sha256[:2]}/{sha256}.{ending}"


def has(path: Path, size: int) -> bool:
    """Whether the file is there in full size."""
    return path.is_file() and path.stat().st_size == size


def fetch(content: bytes, store: Path, numbers: Params) -> dict[str, Any]:
    """Put bytes into the store; the columns that say what they are, or why they were not taken."""
    if len(content) > numbers.max_bytes:
        return NOTHING | {"status": "too_large"}
    try:
        kind, width, height = images.header(content)
    except images.Unreadable as reason:
        return NOTHING | {"status": str(reason)}
    sha256 = hashlib.sha256(content).hexdigest()
    file = file_of(sha256, images.FORMATS[kind])
    if not has(store / file, len(content)):
        with tables.whole(store / file) as temporary:
            temporary.write_bytes(content)
    size = {"true_width": width, "true_height": height}
    return {"status": "ok", "sha256": sha256, "bytes": len(content), "file": file, **size}


def journal(path: Path) -> list[dict[str, Any]]:
    """Rows that an interrupted run of the shard had finished; a torn line is not one."""
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith(b"}")]


def held(rows: Sequence[Mapping[Any, Any]], store: Path, revisions: dict[str, str]) -> dict[Any, Mapping[Any, Any]]:
    """Rows by id whose file is there in full size and would be the same if it were fetched again."""

    def good(row: Mapping[Any, Any]) -> bool:
        fresh = row["revision"] == revisions.get(row["source"], row["revision"])
        return fresh and row["status"] == "ok" and has(store / row["file"], row["bytes"])

    return {row["id"]: row for row in rows if good(row)}


def bring(candidate: Any, args: argparse.Namespace, numbers: Params) -> dict[str, Any]:
    """A candidate's columns for the index."""
    try:
        content = sources.content(candidate.source, candidate.url, args.sources, args.params)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return NOTHING | {"status": "not_found"}
    except PermissionError:
        return NOTHING | {"status": "forbidden"}
    return fetch(content, args.store, numbers)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("candidates", type=Path, help="the table that collect wrote")
    parser.add_argument("sources", type=Path, help="the folder local sources read from (data/sources)")
    parser.add_argument("store", type=Path, help="the image store (data/images)")
    parser.add_argument("index", type=Path, help="the shard's index to write; its journal stands beside it")
    parser.add_argument("--shard", default="0/1", help="which shard of how many, such as 2/4 (default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """Fetch what neither the store nor the shard's journal has, write the shard's index."""
    numbers = params.load(Params, args.params, "fetch")
    number, of = tables.parse_shard(args.shard)
    candidates = tables.read(args.candidates, "id", "source", "url")
    mine = candidates[tables.shard_of(candidates["id"], of) == number]
    revisions = {source: sources.revision(source, args.params) for source in mine["source"].unique()}
    index = args.store / "index.parquet"
    known = tables.read(index, *COLUMNS).to_dict("records") if index.exists() else []
    finished = args.index.with_suffix(".journal")
    rows = held([*known, *journal(finished)], args.store, revisions)
    todo = [candidate for candidate in mine.itertuples() if candidate.id not in rows]
    args.index.parent.mkdir(parents=True, exist_ok=True)
    with finished.open("a", encoding="utf-8") as lines:
        for candidate in tqdm(todo, desc=f"fetch {args.shard}", unit="image", mininterval=5):
            row = {"id": candidate.id, "source": candidate.source, "revision": revisions[candidate.source]}
            row |= bring(candidate, args, numbers)
            rows[candidate.id] = row
            lines.write("\n" + json.dumps(row))
            lines.flush()
    table = pd.DataFrame([rows[id_] for id_ in mine["id"]], columns=list(COLUMNS)).astype(COLUMNS)
    tables.write(table, args.index)
    finished.unlink()
