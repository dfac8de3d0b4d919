"""Refill the cache of measured rows from a features table, so that a pulled one is not measured again."""

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from native4k import params, tables
from native4k.measure import cache, label, score
from native4k.measure.columns import Column

COLUMN_STEPS = ("score", "label")
"""Steps that measure column by column."""


def columns_by_step(numbers: Path, folder: Path) -> dict[str, list[Column]]:
    """The columns that score and label would fill, with the numbers of a params file and a folder of questions."""
    scored, labelled = params.load(score.Params, numbers, "score"), params.load(label.Params, numbers, "label")
    return {
        "score": score.metric_columns(scored),
        "label": label.model_columns(labelled, label.load_questions(folder, labelled.questions)),
    }


def probe_rows(features: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The rows that probe would measure, one for each distinct image."""
    rows = features[features["sha256"].fillna("") != ""].drop_duplicates("sha256")
    failed = (rows["rejected_by"] == "probe") & (rows["format"] == "")
    rows = rows[~(failed & rows["reason"].isin(cache.NOT_CACHED))]
    return rows[["sha256", *columns]].assign(failure=rows["reason"].where(failed, ""))


def column_rows(features: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The rows that a step which fills columns would measure, one for each distinct image."""
    rows = features[features["sha256"].fillna("") != ""]
    return rows.loc[tables.is_kept(rows), ["sha256", *columns]].drop_duplicates("sha256")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("features", type=Path, help="the features folder (data/features)")
    parser.add_argument("--cache", type=Path, default=Path("data/scratch/cache"), help="(default: %(default)s)")
    label.add_words_argument(parser)


def run(args: argparse.Namespace) -> None:
    """Put back the rows that this code with these params would measure."""
    path = args.features / "images.parquet"
    if not path.exists():
        print(f"{path}: not there, nothing to recall")
        return
    pictures = tables.read(args.features / "thumbnails.parquet", "id", "thumbnail")
    table = tables.read(path, "id", "sha256", "reason").merge(pictures, on="id", how="left")
    table["thumbnail"] = table["thumbnail"].map(lambda value: value if isinstance(value, bytes) else b"")
    notes = {step: json.loads(text) for step, text in tables.metadata(path).items() if step in {"probe", *COLUMN_STEPS}}
    place = cache.folder(args.cache, "probe", args.params)
    _refill(table, "probe", cache.key("probe", args.params), notes["probe"], place)
    for step, columns in columns_by_step(args.params, args.words).items():
        for column in columns:
            note = notes.get(step, {}).get(column.name, {})
            place = column.folder(args.cache / step) / note.get("weights", "")
            _refill(table, column.name, column.key, note, place)


def _refill(table: pd.DataFrame, name: str, key: str, note: dict[str, Any], place: Path) -> None:
    """Add the rows of probe or of a column to the cache, if the features' note says that this key measured them."""
    if note.get("key") != key:
        print(f"{name}: measured by other code or params, nothing to recall")
        return
    if "weights" in note:
        rows = column_rows(table, note["columns"]).assign(weights=note["weights"])
    else:
        rows = probe_rows(table, note["columns"])
    new = rows[~rows["sha256"].isin(cache.lookup(place, set(rows["sha256"]))["sha256"])]
    if len(new):
        cache.add_rows(place, new)
    print(f"{name}: recalled {len(new):,} of {len(rows):,} rows")
