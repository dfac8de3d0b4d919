"""Join what was measured into one table, with the thumbnails beside it: all that the dataset's decisions need."""

import argparse
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from native4k import params, provenance, tables
from native4k.errors import UserError
from native4k.measure import cache, label, measurements, probe, recall
from native4k.measure.columns import Column


def features(probed: pd.DataFrame, scored: pd.DataFrame, labelled: pd.DataFrame) -> pd.DataFrame:
    """One row per candidate with every measured column."""
    joined = probed.merge(scored, on="id", how="left", validate="one_to_one")
    joined = joined.merge(labelled, on="id", how="left", validate="one_to_one")
    tables.check_conservation(probed, joined, "features")
    return joined


def with_columns(table: pd.DataFrame, columns: list[Column]) -> pd.DataFrame:
    """The table with every column, also where no image was left to fill one."""
    return table.assign(**{name: column.nothing for column in columns for name in column.columns if name not in table})


def column_notes(columns: list[Column], weights: dict[str, str]) -> dict[str, Any]:
    """What features keep of the columns, so that `recall` can put their rows back; those without rows are left out."""
    return {
        column.name: {"key": column.key, "columns": list(column.columns), "weights": weights[column.name]}
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
    """Paths of the step."""
    parser.add_argument("store", type=Path, help="the image store (data/images); only its tables are read")
    parser.add_argument("out", type=Path, help="the folder to write (data/features)")
    for step in ("probed", "scored", "labelled"):
        parser.add_argument(f"--{step}", type=Path, nargs="+", required=True, help="the shards' tables")
    parser.add_argument("--mark", type=Path, help="the file to write when the folder is finished")
    parser.add_argument("--embedded", type=Path, nargs="*", default=[], help="the same, where there are embeddings")
    label.add_words_argument(parser)


def run(args: argparse.Namespace) -> None:
    """Write the features folder."""
    probed, scored, labelled = (
        pd.concat(map(tables.read, shards), ignore_index=True) for shards in (args.probed, args.scored, args.labelled)
    )
    table = features(probed.drop(columns="file"), scored, labelled)
    measures = params.load(probe.Params, args.params, "probe").measures
    notes = {"probe": {"key": cache.key("probe", args.params), "columns": list(measurements.empty_row(measures))}}
    filled = recall.columns_by_step(args.params, args.words)
    table = with_columns(table, [*filled["score"], *filled["label"]])
    for step, shards in (("score", args.scored), ("label", args.labelled)):
        weights = merge_weights((path, json.loads(tables.metadata(path)["weights"])) for path in shards)
        notes[step] = column_notes(filled[step], weights)
    text = {step: json.dumps(made, sort_keys=True) for step, made in notes.items()}
    with tables.atomic_folder(args.out) as folder:
        tables.write(table.loc[table["thumbnail"].str.len() > 0, ["id", "thumbnail"]], folder / "thumbnails.parquet")
        if args.embedded:
            vectors = pd.concat(map(tables.read, args.embedded), ignore_index=True)
            tables.write(vectors, folder / "embeddings.parquet")
        for name in tables.FUNNEL:
            shutil.copyfile(args.store / name, folder / name)
        tables.write(table.drop(columns="thumbnail"), folder / "images.parquet", text)
    if args.mark:
        provenance.seal(args.out, args.mark)
