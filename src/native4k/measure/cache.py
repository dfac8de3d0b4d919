"""Measured rows, cached under the hash of bytes, code and params, so that nothing is measured twice.

The rows of score and label are cached column by column: a changed or added column is measured without the others.
"""

import argparse
import hashlib
import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow.dataset as ds
from PIL import Image

from native4k import images, params, provenance, tables
from native4k.errors import UserError
from native4k.measure.columns import UNWEIGHTED, Column, Model, rate
from native4k.progress import Bar
from native4k.provenance.steps import RULES

CODE = {"probe": "measure.measurements", "embed": "measure.embed", "signatures": "measure.signatures"}
"""Step -> the module that measures, as distinct from what runs it or decides by it; columns have their own."""

KEYS = {"probe": ("measures", "nativeness")}
"""Step -> the keys of its section that its rows depend on; all of them where it is not named here."""

NOT_CACHED = frozenset({"timeout", "out_of_memory", "crashed"})
"""Failures that depend on the machine: never cached, so that every run tries again."""

MAX_FAILURES = 100
"""Images in a row that a model cannot take, at which the fault is the model's."""

ROWS_PER_WRITE = 16
"""Images measured between two writes: what a kill can lose."""


def key(step: str, numbers: Path) -> str:
    """The definition of a step's rows: what they depend on beside the bytes."""
    section = params.read(numbers).get(step)
    if step in KEYS and isinstance(section, dict):
        section = {name: section.get(name) for name in KEYS[step]}
    if step == "embed" and section and Path(section["model"]).is_file():
        section = section | {"weights": provenance.content(Path(section["model"]))}
    decodes = RULES.get(step, RULES["probe"])  # signatures is no rule: it decodes as probe does
    return provenance.definition_of(section, CODE[step], libraries=decodes.libraries)


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
    """A row for every file (indexed by sha256): from the cache, or measured now and, unless NOT_CACHED, kept."""
    cached = lookup(place, set(files.index))
    todo = files[~files.index.isin(cached["sha256"]) & ~files.index.duplicated()]
    parts, rows = [cached], list[dict[str, Any]]()
    measured = zip(todo.index, rows_of(todo.tolist()) if len(todo) else (), strict=True)
    for sha256, row in Bar(measured, total=len(todo), desc=step, unit="image", mininterval=5):
        rows.append({"sha256": sha256, **row})
        if len(rows) == ROWS_PER_WRITE:
            parts.append(_write_rows(place, rows))
            rows = []
    if rows:
        parts.append(_write_rows(place, rows))
    return pd.concat([part for part in parts if len(part)] or [cached], ignore_index=True)


def _write_rows(place: Path, rows: list[dict[str, Any]]) -> pd.DataFrame:
    cached = [row for row in rows if row.get("failure") not in NOT_CACHED]
    if cached:
        add_rows(place, pd.DataFrame(cached))
    return pd.DataFrame(rows)


def measure(files: "pd.Series[str]", one: Callable[[str], dict[str, Any]], place: Path, step: str) -> pd.DataFrame:
    """Fill the rows of all files, one file after the other in this process."""
    return fill(files, lambda todo: map(one, todo), place, step)


class Places(NamedTuple):
    """Where images are, where rows are cached, and the name of a shard's journal of answers."""

    store: Path
    cache: Path
    answers: Path


class FilledColumns(NamedTuple):
    """A row for each image, by sha256, and the weights behind each column."""

    rows: pd.DataFrame
    weights: dict[str, str]


def fill_columns(files: "pd.Series[str]", columns: list[Column], places: Places, readers: int) -> FilledColumns:
    """Every column for every file (indexed by sha256): from the cache, or measured now and kept."""
    files = files[~files.index.duplicated()]
    parts, models = dict[Column, list[pd.DataFrame]](), dict[Column, Model]()
    for column in columns:
        cached = _complete_rows(column.folder(places.cache), set(files.index))
        if cached is None and column.load is not None:
            models[column] = column.load()
            cached = lookup(column.folder(places.cache) / models[column].weights, set(files.index))
        parts[column] = [_ask_endpoint(files, column, places) if cached is None else cached]
    _measure_missing(files, models, parts, places, readers)
    joined, weights = pd.DataFrame({"sha256": pd.Series(sorted(files.index), dtype="str")}), dict[str, str]()
    for column in columns if len(files) else []:
        found = pd.concat([part for part in parts[column] if len(part)], ignore_index=True)
        weights[column.name] = str(found["weights"].iloc[0])
        joined = joined.merge(found[["sha256", *column.columns]], on="sha256", how="left", validate="one_to_one")
    return FilledColumns(joined, weights)


def _complete_rows(place: Path, wanted: set[str]) -> pd.DataFrame | None:
    """The rows of all images, if the cache has them under exactly one set of weights."""
    if not wanted:
        return lookup(place, wanted)
    found = [lookup(folder, wanted) for folder in sorted(place.glob("*"))]
    complete = [rows for rows in found if len(rows) == len(wanted)]
    return complete[0] if len(complete) == 1 else None


def _ask_endpoint(files: "pd.Series[str]", column: Column, places: Places) -> pd.DataFrame:
    """The rows that a server's answers make; which weights it runs is not ours to know."""
    assert column.ask is not None
    cached = lookup(column.folder(places.cache) / UNWEIGHTED, set(files.index))
    answered = column.ask(files[~files.index.isin(cached["sha256"])], places.store, places.answers)
    rows = _keep(column, pd.DataFrame(answered).assign(weights=UNWEIGHTED), places.cache)
    return pd.concat([cached, rows], ignore_index=True) if len(cached) else rows


def _measure_missing(
    files: "pd.Series[str]",
    models: dict[Column, Model],
    parts: dict[Column, list[pd.DataFrame]],
    places: Places,
    readers: int,
) -> None:
    """Measure what the cache has not, each image decoded once for all columns, and add it to the parts."""
    missing = {column: set(files.index) - set(parts[column][0]["sha256"]) for column in models}
    todo = files[files.index.isin(set[str]().union(*missing.values()))]
    names = ", ".join(column.name for column in models)
    rows, failures = defaultdict[Column, list[dict[str, Any]]](list), Counter[Column]()
    coming = decode_ahead(places.store, todo, readers)
    decoded = Bar(coming, names, len(todo), unit="image", mininterval=5, disable=todo.empty)
    for count, (sha256, image) in enumerate(decoded, start=1):
        for column, model in models.items():
            if sha256 in missing[column]:
                values = rate(column, model, image, todo[sha256])
                failures[column] = 0 if values else failures[column] + 1
                if failures[column] == MAX_FAILURES:
                    raise UserError(f"{column.name}: cannot take {MAX_FAILURES} images in a row; see above")
                values = values or dict.fromkeys(column.columns, column.nothing)
                rows[column].append({"sha256": sha256, **values, "weights": model.weights})
        if count % ROWS_PER_WRITE == 0 or count == len(todo):
            for column, measured in rows.items():
                parts[column].append(_keep(column, pd.DataFrame(measured), places.cache))
            rows.clear()


def _keep(column: Column, rows: pd.DataFrame, root: Path) -> pd.DataFrame:
    """Add a column's rows to the cache, those of each set of weights to their own."""
    for weights, part in rows.groupby("weights"):
        add_rows(column.folder(root) / str(weights), part)
    return rows


def decode_ahead(store: Path, files: "pd.Series[str]", readers: int) -> Iterator[tuple[str, Image.Image]]:
    """Decode the images in order, one for each reader and one more ahead of the one in use."""
    coming = deque[tuple[str, Future[Image.Image]]]()
    with ThreadPoolExecutor(readers) as pool:
        for sha256, file in files.items():
            coming.append((str(sha256), pool.submit(images.decode_file, store / file)))
            if len(coming) > readers + 1:
                name, image = coming.popleft()
                yield name, image.result()
        while coming:
            name, image = coming.popleft()
            yield name, image.result()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The paths that steps measuring shards of images have in common."""
    parser.add_argument("store", type=Path, help="the image store (data/images)")
    parser.add_argument("out", type=Path, help="the shard's table to write")
    parser.add_argument("--shard", default="0/1", help="which shard of how many, such as 2/4 (default: %(default)s)")
    parser.add_argument("--cache", type=Path, default=Path("data/scratch/cache"), help="(default: %(default)s)")


def add_probed_argument(parser: argparse.ArgumentParser) -> None:
    """The path of probe's table."""
    parser.add_argument(
        "--probed", type=Path, required=True, help="the shard's table from probe; rejected rows are not measured"
    )


def add_column_arguments(parser: argparse.ArgumentParser) -> None:
    """The paths that steps filling columns have in common."""
    add_arguments(parser)
    add_probed_argument(parser)
    parser.add_argument(
        "--answers", type=Path, default=Path("data/answers"), help="what endpoints said, raw (default: %(default)s)"
    )


def shard(args: argparse.Namespace) -> "tuple[pd.DataFrame, pd.Series[str]]":
    """The shard's candidates with their index columns, and its files by sha256."""
    number, of = tables.parse_shard(args.shard)
    candidates = tables.read(args.store / "candidates.parquet", "id", "caption")
    index = tables.read(args.store / "index.parquet", columns=["id", "status", "sha256", "bytes", "file"])
    table = candidates.merge(index, on="id", how="left", validate="one_to_one")
    table = table[tables.shard_of(table["id"], of) == number]
    fetched = table[table["status"] == "ok"]
    return table, pd.Series(fetched["file"].to_numpy(), index=fetched["sha256"])


def probed_shard(args: argparse.Namespace) -> "tuple[pd.DataFrame, pd.DataFrame, pd.Series[str]]":
    """The shard's candidates, those of them that probe kept, and the files of these by sha256."""
    table, files = shard(args)
    probed = tables.read(args.probed, "id", "reason")
    kept = table[table["id"].isin(probed.loc[tables.is_kept(probed), "id"])]
    return table, kept, files[files.index.isin(kept["sha256"])]


def measured_shard(
    args: argparse.Namespace, step: str, columns: list[Column], readers: int
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Fill a shard's columns; return its captions and columns by id, and the weights as the table's metadata."""
    table, _, files = probed_shard(args)
    answers = args.answers / f"{args.shard.replace('/', '-of-')}.jsonl"
    filled = fill_columns(files, columns, Places(args.store, args.cache / step, answers), readers)
    measured = table[["id", "caption", "sha256"]].merge(filled.rows, on="sha256", how="left").drop(columns="sha256")
    return measured, {"weights": json.dumps(filled.weights, sort_keys=True)}
