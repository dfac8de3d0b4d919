"""Columns are measured and cached one by one: a changed or added one is measured without redoing the others."""

import argparse
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from PIL import Image
from tqdm import tqdm

from native4k import images, tables
from native4k.errors import UserError
from native4k.measure import cache
from native4k.measure.columns import UNWEIGHTED, Column, Model, rate

MAX_FAILURES = 100
"""Images in a row that a model cannot take, at which the fault is the model's."""


class Places(NamedTuple):
    """Where images are, where rows are kept, and where a shard's answers of servers go."""

    store: Path
    cache: Path
    answers: Path


class FilledColumns(NamedTuple):
    """A row for each image, by sha256, and the weights behind each column."""

    rows: pd.DataFrame
    weights: dict[str, str]


def fill(files: "pd.Series[str]", columns: list[Column], places: Places, readers: int) -> FilledColumns:
    """Every column for every file (indexed by sha256): from the cache, or measured now and kept."""
    files = files[~files.index.duplicated()]
    parts, models = dict[str, list[pd.DataFrame]](), dict[str, Model]()
    for column in columns:
        whole = _cached_rows(column.place(places.cache), set(files.index))
        if whole is None and column.load is not None:
            models[column.name] = column.load()
            whole = cache.lookup(column.place(places.cache) / models[column.name].weights, set(files.index))
        elif whole is None:
            whole = _fill_by_endpoint(files, column, places)
        parts[column.name] = [whole] if len(whole) else []
    loaded = [column for column in columns if column.name in models]
    for number, rows in _measure(files, loaded, models, parts, places.store, readers):
        _keep(loaded[number], rows, places.cache)
        parts[loaded[number].name].append(rows)
    joined = pd.DataFrame({"sha256": pd.Series(sorted(files.index), dtype="str")})
    weights = {}
    for column in columns if len(files) else []:
        found = pd.concat(parts[column.name], ignore_index=True)
        weights[column.name] = str(found["weights"].iloc[0])
        joined = joined.merge(found[["sha256", *column.made]], on="sha256", how="left", validate="one_to_one")
    return FilledColumns(joined, weights)


def _fill_by_endpoint(files: "pd.Series[str]", column: Column, places: Places) -> pd.DataFrame:
    """A server's answers; which weights it runs is not ours to know."""
    assert column.ask is not None
    cached = cache.lookup(column.place(places.cache) / UNWEIGHTED, set(files.index))
    new = column.ask(files[~files.index.isin(cached["sha256"])], places.store, places.answers)
    rows = pd.DataFrame(new).assign(weights=UNWEIGHTED)
    _keep(column, rows, places.cache)
    return pd.concat([cached, rows], ignore_index=True) if len(cached) else rows


def _cached_rows(place: Path, wanted: set[str]) -> pd.DataFrame | None:
    """The rows of all images, if the cache has them, under one set of weights."""
    if not wanted:
        return pd.DataFrame()
    found = [cache.lookup(folder, wanted) for folder in sorted(place.glob("*"))]
    whole = [rows for rows in found if len(rows) == len(wanted)]
    return whole[0] if len(whole) == 1 else None


def _measure(
    files: "pd.Series[str]",
    columns: list[Column],
    models: dict[str, Model],
    parts: dict[str, list[pd.DataFrame]],
    store: Path,
    readers: int,
) -> Iterator[tuple[int, pd.DataFrame]]:
    """What the cache has not, of each model by its number: so many images at a time, each decoded once for all."""
    missing = [set(files.index) - {sha256 for part in parts[name] for sha256 in part["sha256"]} for name in models]
    todo = files[files.index.isin(set[str]().union(*missing))]
    rows: list[list[dict[str, Any]]] = [[] for _ in models]
    failed = [0 for _ in models]
    progress = tqdm(total=len(todo), desc=", ".join(models), unit="image", mininterval=5, disable=todo.empty)
    for count, (sha256, image) in enumerate(decode_ahead(store, todo, readers), start=1):
        for number, model in enumerate(models.values()):
            if sha256 in missing[number]:
                found = rate(columns[number], model, image, todo[sha256])
                failed[number] = failed[number] + 1 if found is None else 0
                if failed[number] == MAX_FAILURES:
                    raise UserError(f"{columns[number].name}: cannot take {MAX_FAILURES} images in a row; see above")
                values = found or dict.fromkeys(columns[number].made, columns[number].nothing)
                rows[number].append({"sha256": sha256, **values, "weights": model.weights})
        progress.update()
        if count % cache.ROWS_PER_WRITE == 0 or count == len(todo):
            yield from ((number, pd.DataFrame(part)) for number, part in enumerate(rows) if part)
            rows = [[] for _ in models]
    progress.close()


def _keep(column: Column, rows: pd.DataFrame, root: Path) -> None:
    """Add rows, those of each set of weights to their own."""
    for weights, part in rows.groupby("weights"):
        cache.add_rows(column.place(root) / str(weights), part)


def decode_ahead(store: Path, files: "pd.Series[str]", readers: int) -> Iterator[tuple[str, Image.Image]]:
    """The images in order, one for each reader decoded ahead while one is used."""
    with ThreadPoolExecutor(readers) as pool:
        names = list(files.items())
        coming = deque(pool.submit(images.decode_file, store / file) for _, file in names[: readers + 1])
        for place, (sha256, _) in enumerate(names):
            image = coming.popleft().result()
            if place + readers + 1 < len(names):
                coming.append(pool.submit(images.decode_file, store / names[place + readers + 1][1]))
            yield str(sha256), image


def column_notes(columns: list[Column], weights: dict[str, str]) -> dict[str, Any]:
    """What features keep of the columns, so that `recall` can put their rows back; those without rows are left out."""
    return {
        column.name: {"key": column.key, "columns": list(column.made), "weights": weights[column.name]}
        for column in columns
        if column.name in weights
    }


def merge_weights(shards: Iterable[tuple[Path, dict[str, str]]]) -> dict[str, str]:
    """The weights behind each column, which must be the same in every shard."""
    found = dict[str, str]()
    for path, weights in shards:
        for name, value in weights.items():
            if found.setdefault(name, value) != value:
                raise UserError(f"{path}: {name} was measured with other weights than in other shards; remove it")
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The paths that steps filling columns have in common."""
    cache.add_arguments(parser)
    parser.add_argument(
        "--answers", type=Path, default=Path("data/answers"), help="what endpoints said, raw (default: %(default)s)"
    )
    parser.add_argument(
        "--probed", type=Path, required=True, help="the shard's table from probe; rejected rows are not measured"
    )


def shard(args: argparse.Namespace) -> "tuple[pd.DataFrame, pd.Series[str]]":
    """The shard's candidates, and the files by sha256 of those that probe kept."""
    table, files = cache.shard(args)
    probed = tables.read(args.probed, "id", "reason")
    good = table[table["id"].isin(probed.loc[tables.kept(probed), "id"])]
    return table, files[files.index.isin(good["sha256"])]


def places(args: argparse.Namespace, step: str) -> Places:
    """Where a shard of a step reads and writes; its answers have a file of their own in each column's folder."""
    return Places(args.store, args.cache / step, args.answers / f"{args.shard.replace('/', '-of-')}.jsonl")
