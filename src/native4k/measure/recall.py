"""Refill the cache of measured rows from a features table, so that a pulled one is not measured again."""

import argparse
import json
from pathlib import Path

import pandas as pd

from native4k import tables
from native4k.measure import cache


def recall(features: pd.DataFrame, columns: list[str], step: str) -> pd.DataFrame:
    """The rows that the step would measure, one for each distinct image."""
    rows = features[features["sha256"].fillna("") != ""].drop_duplicates("sha256")
    if step == "probe":
        failed = (rows["rejected_by"] == "probe") & (rows["format"] == "")
        rows = rows[~(failed & rows["reason"].isin(cache.UNSURE))]
        return rows[["sha256", *columns]].assign(failure=rows["reason"].where(failed, ""))
    return rows.loc[tables.kept(rows), ["sha256", *columns]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("features", type=Path, help="the features folder (data/features)")
    parser.add_argument("--cache", type=Path, default=Path("data/scratch/cache"), help="(default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """Put back the rows that this code with these params would measure."""
    path = args.features / "images.parquet"
    if not path.exists():
        print(f"{path}: not there, nothing to recall")
        return
    pictures = tables.read(args.features / "thumbnails.parquet", "id", "thumbnail")
    table = tables.read(path, "id", "sha256", "reason").merge(pictures, on="id", how="left")
    table["thumbnail"] = table["thumbnail"].map(lambda value: value if isinstance(value, bytes) else b"")
    notes = tables.metadata(path)
    for step in [step for step in cache.CODE if step in notes]:
        made = json.loads(notes[step])
        if made["key"] != cache.key(step, args.params):
            print(f"{step}: measured by other code or params, nothing to recall")
            continue
        place = cache.folder(args.cache, step, args.params)
        rows = recall(table, made["columns"], step)
        new = rows[~rows["sha256"].isin(cache.lookup(place, set(rows["sha256"]))["sha256"])]
        if len(new):
            cache.keep(place, new)
        print(f"{step}: recalled {len(new):,} of {len(rows):,} rows")
