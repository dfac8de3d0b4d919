"""Columns that are measured and cached one by one: a changed or added one is measured without redoing the others."""

import argparse
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from PIL import Image
from tqdm import tqdm

from native4k import images, tables
from native4k.errors import UserError
from native4k.measure import cache

AHEAD = 2
"""Images decoded before they are asked for: while one is measured the next is read."""

UNWEIGHTED = "none"


class Model(NamedTuple):
    """What measures an image for a column, ready to use."""

    rate: Callable[[Image.Image], dict[str, Any]]
    weights: str = UNWEIGHTED  # hash of the learned weights


@dataclass(frozen=True)
class Column:
    """What fills columns of the table: its name in params, those columns, a hash of what they depend on, its model."""

    name: str
    made: tuple[str, ...]
    key: str
    load: Callable[[], Model] | None  # None: nothing looks at the image here, a server is asked
    ask: Callable[["pd.Series[str]", Path, Path], list[dict[str, Any]]] | None = None

    def place(self, root: Path) -> Path:
        """Where its rows are kept, a folder for each set of weights."""
        return root / f"{self.name}-{self.key}"


class Filled(NamedTuple):
    """A row for each image, by sha256, and the weights behind each column."""

    rows: pd.DataFrame
    weights: dict[str, str]


def key(spec: Any, *code: str) -> str:
    """What a column's values depend on beside bytes and weights, hashed: its numbers and the code behind it."""
    parts = [json.dumps(spec, sort_keys=True, default=str).encode()]
    parts += [(cache.PACKAGE / file).read_bytes() for file in code]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def fill(files: "pd.Series[str]", store: Path, columns: list[Column], root: Path, answers: Path) -> Filled:
    """Every column for every file (indexed by sha256): from the cache, or measured now and kept."""
    files = files[~files.index.duplicated()]
    parts, models = dict[str, list[pd.DataFrame]](), dict[str, Model]()
    for column in columns:
        whole = _whole(column.place(root), set(files.index))
        if whole is None and column.load is not None:
            models[column.name] = column.load()
            whole = cache.lookup(column.place(root) / models[column.name].weights, set(files.index))
        elif whole is None:
            whole = _asked(files, store, column, root, answers)
        parts[column.name] = [whole] if len(whole) else []
    _measure(files, store, [column for column in columns if column.name in models], models, parts, root)
    joined = pd.DataFrame({"sha256": pd.Series(sorted(files.index), dtype="str")})
    weights = {}
    for column in columns if len(files) else []:
        found = pd.concat(parts[column.name], ignore_index=True)
        weights[column.name] = str(found["weights"].iloc[0])
        joined = joined.merge(found[["sha256", *column.made]], on="sha256", how="left", validate="one_to_one")
    return Filled(joined, weights)


def _asked(files: "pd.Series[str]", store: Path, column: Column, root: Path, answers: Path) -> pd.DataFrame:
    """A server's answers; which weights it runs is not ours to know."""
    assert column.ask is not None
    known = cache.lookup(column.place(root) / UNWEIGHTED, set(files.index))
    new = column.ask(files[~files.index.isin(known["sha256"])], store, answers)
    rows = pd.DataFrame(new).assign(weights=UNWEIGHTED)
    keep(column, rows, root)
    return pd.concat([known, rows], ignore_index=True) if len(known) else rows


def _whole(place: Path, wanted: set[str]) -> pd.DataFrame | None:
    """The rows of all images, if the cache has them, under one set of weights."""
    found = [cache.lookup(folder, wanted) for folder in sorted(place.glob("*"))]
    whole = [rows for rows in found if len(rows) == len(wanted)]
    return whole[0] if len(whole) == 1 else None if wanted else pd.DataFrame()


def _measure(
    files: "pd.Series[str]",
    store: Path,
    columns: list[Column],
    models: dict[str, Model],
    parts: dict[str, list[pd.DataFrame]],
    root: Path,
) -> None:
    missing = {
        column.name: set(files.index) - {sha256 for part in parts[column.name] for sha256 in part["sha256"]}
        for column in columns
    }
    todo = files[files.index.isin(set[str]().union(*missing.values()))]
    progress = tqdm(total=len(todo), desc=", ".join(missing), unit="image", mininterval=5, disable=todo.empty)
    for start in range(0, len(todo), cache.CHUNK):
        rows: dict[str, list[dict[str, Any]]] = {column.name: [] for column in columns}
        for sha256, image in decoded(store, todo.iloc[start : start + cache.CHUNK]):
            for name, model in models.items():
                if sha256 in missing[name]:
                    rows[name].append({"sha256": sha256, **model.rate(image), "weights": model.weights})
            progress.update()
        for column in (column for column in columns if rows[column.name]):
            parts[column.name].append(pd.DataFrame(rows[column.name]))
            keep(column, parts[column.name][-1], root)
    progress.close()


def keep(column: Column, rows: pd.DataFrame, root: Path) -> None:
    """Add rows, those of each set of weights to their own."""
    for weights, part in rows.groupby("weights"):
        cache.keep(column.place(root) / str(weights), part)


def decoded(store: Path, files: "pd.Series[str]") -> Iterator[tuple[str, Image.Image]]:
    """The images in order, the next ones decoded while one is used."""
    with ThreadPoolExecutor(1) as pool:
        names = list(files.items())
        coming = [pool.submit(_open, store / file) for _, file in names[:AHEAD]]
        for place, (sha256, _) in enumerate(names):
            image = coming.pop(0).result()
            if place + AHEAD < len(names):
                coming.append(pool.submit(_open, store / names[place + AHEAD][1]))
            yield str(sha256), image


def _open(path: Path) -> Image.Image:
    return images.decode(path.read_bytes())


def notes(columns: list[Column], weights: dict[str, str]) -> dict[str, Any]:
    """What features keep of the columns, so that `recall` can put their rows back; those without rows are left out."""
    return {
        column.name: {"key": column.key, "columns": list(column.made), "weights": weights[column.name]}
        for column in columns
        if column.name in weights
    }


def merged(shards: Iterable[tuple[Path, dict[str, str]]]) -> dict[str, str]:
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


def journal(args: argparse.Namespace) -> Path:
    """The shard's own file of answers, in the folder of a column."""
    return Path(args.answers) / f"{args.shard.replace('/', '-of-')}.jsonl"
