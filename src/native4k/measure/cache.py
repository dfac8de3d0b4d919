"""Measured rows, kept under the hash of bytes, code and params, so that nothing is measured twice."""

import argparse
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.dataset as ds
from tqdm import tqdm

from native4k import params, provenance, tables
from native4k.provenance.steps import DECODERS

CODE = {"probe": "measure.measurements", "embed": "measure.embed", "signatures": "measure.signatures"}
"""Step -> the module that measures, as distinct from what runs it or decides by it; columns have their own."""

KEYS = {"probe": ("measures", "nativeness")}
"""Step -> the keys of its section that its rows depend on; all of them where it is not named here."""

LIBRARIES = {"probe": DECODERS}
"""Step -> the libraries whose version its rows depend on."""

NOT_CACHED = frozenset({"timeout", "out_of_memory", "crashed"})
"""Failures that depend on the machine: never cached, so that every run tries again."""

ROWS_PER_WRITE = 16
"""Images measured between two writes: what a kill can lose."""


def key(step: str, numbers: Path) -> str:
    """The definition of a step's rows: what they depend on beside the bytes."""
    section = params.read(numbers).get(step)
    if step in KEYS and isinstance(section, dict):
        section = {name: section.get(name) for name in KEYS[step]}
    if step == "embed" and section and Path(section["model"]).is_file():
        section = section | {"weights": provenance.content(Path(section["model"]))}
    return provenance.definition_of(section, CODE[step], libraries=LIBRARIES.get(step, ()))


def folder(root: Path, step: str, numbers: Path) -> Path:
    """Where the rows measured by this code with these params are kept."""
    return root / step / key(step, numbers)


def lookup(place: Path, sha256s: set[str]) -> pd.DataFrame:
    """The rows measured before for these bytes, one for each."""
    parts = sorted(place.glob("*.parquet"))
    if not (parts and sha256s):
        return pd.DataFrame({"sha256": pd.Series(dtype="str")})
    wanted = ds.field("sha256").isin(sorted(sha256s))
    rows: pd.DataFrame = ds.dataset(parts).to_table(filter=wanted).to_pandas()
    return rows.drop_duplicates("sha256")


def add_rows(place: Path, rows: pd.DataFrame) -> None:
    """Add rows, in a part named by what is in it."""
    name = hashlib.sha256("".join(sorted(rows["sha256"])).encode()).hexdigest()[:16]
    tables.write(rows.sort_values("sha256"), place / f"{name}.parquet")


def fill(
    files: "pd.Series[str]", rows_of: Callable[[list[str]], Iterable[dict[str, Any]]], place: Path, step: str
) -> pd.DataFrame:
    """A row for every file (indexed by sha256): from the cache, or measured now and, if it is sure, kept."""
    cached = lookup(place, set(files.index))
    todo = files[~files.index.isin(cached["sha256"]) & ~files.index.duplicated()]
    parts, rows = [cached], list[dict[str, Any]]()
    named = zip(todo.index, rows_of(todo.tolist()) if len(todo) else (), strict=True)
    for sha256, row in tqdm(named, total=len(todo), desc=step, unit="image", mininterval=5):
        rows.append({"sha256": sha256, **row})
        if len(rows) == ROWS_PER_WRITE:
            parts.append(_write_rows(place, rows))
            rows = []
    if rows:
        parts.append(_write_rows(place, rows))
    return pd.concat([part for part in parts if len(part)] or [cached], ignore_index=True)


def _write_rows(place: Path, rows: list[dict[str, Any]]) -> pd.DataFrame:
    sure = [row for row in rows if row.get("failure") not in NOT_CACHED]
    if sure:
        add_rows(place, pd.DataFrame(sure))
    return pd.DataFrame(rows)


def measure(files: "pd.Series[str]", one: Callable[[str], dict[str, Any]], place: Path, step: str) -> pd.DataFrame:
    """Fill the rows of all files, one file after the other in this process."""
    return fill(files, lambda todo: map(one, todo), place, step)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The paths that steps measuring shards of images have in common."""
    parser.add_argument("store", type=Path, help="the image store (data/images)")
    parser.add_argument("out", type=Path, help="the shard's table to write")
    parser.add_argument("--shard", default="0/1", help="which shard of how many, such as 2/4 (default: %(default)s)")
    parser.add_argument("--cache", type=Path, default=Path("data/scratch/cache"), help="(default: %(default)s)")


def shard(args: argparse.Namespace) -> "tuple[pd.DataFrame, pd.Series[str]]":
    """The shard's candidates with their index columns, and its files by sha256."""
    number, of = tables.parse_shard(args.shard)
    candidates = tables.read(args.store / "candidates.parquet", "id", "caption")
    index = tables.read(args.store / "index.parquet", columns=["id", "status", "sha256", "bytes", "file"])
    table = candidates.merge(index, on="id", how="left", validate="one_to_one")
    table = table[tables.shard_of(table["id"], of) == number]
    there = table[table["status"] == "ok"]
    return table, pd.Series(there["file"].to_numpy(), index=there["sha256"])
