"""Refill the cache of measured rows from a features table, so that a pulled one is not measured again."""

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from native4k import params, tables
from native4k.measure import cache, caption_words, label, score
from native4k.measure.columns import Column

COLUMN_STEPS = ("score", "label")
"""Steps that measure column by column."""


def columns_by_step(numbers: Path, folder: Path) -> dict[str, list[Column]]:
    """The columns that each of these steps would fill with these numbers and this folder of questions."""
    scored, labelled = params.load(score.Params, numbers, "score"), params.load(label.Params, numbers, "label")
    return {
        "score": score.metric_columns(scored),
        "label": label.model_columns(labelled, caption_words.load_questions(folder, labelled.questions)),
    }


def recall(features: pd.DataFrame, columns: list[str], step: str) -> pd.DataFrame:
    """The rows that the step would measure, one for each distinct image."""
    rows = features[features["sha256"].fillna("") != ""]
    if step == "probe":
        rows = rows.drop_duplicates("sha256")
        failed = (rows["rejected_by"] == "probe") & (rows["format"] == "")
        rows = rows[~(failed & rows["reason"].isin(cache.NOT_CACHED))]
        return rows[["sha256", *columns]].assign(failure=rows["reason"].where(failed, ""))
    return rows.loc[tables.is_kept(rows), ["sha256", *columns]].drop_duplicates("sha256")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("features", type=Path, help="the features folder (data/features)")
    parser.add_argument("--cache", type=Path, default=Path("data/scratch/cache"), help="(default: %(default)s)")
    caption_words.add_arguments(parser)


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
    made = notes["probe"]
    if made["key"] == cache.key("probe", args.params):
        place = cache.folder(args.cache, "probe", args.params)
        _add_rows(recall(table, made["columns"], "probe"), place, "probe")
    else:
        print("probe: measured by other code or params, nothing to recall")
    for step, would in columns_by_step(args.params, args.words).items():
        for column in would:
            _recall_column(table, column, notes.get(step, {}).get(column.name, {}), args.cache / step)


def _recall_column(table: pd.DataFrame, column: Column, made: dict[str, Any], root: Path) -> None:
    if made.get("key") != column.key:
        print(f"{column.name}: measured by other code or params, nothing to recall")
        return
    rows = recall(table, made["columns"], "").assign(weights=made["weights"])
    _add_rows(rows, column.place(root) / made["weights"], column.name)


def _add_rows(rows: pd.DataFrame, place: Path, name: str) -> None:
    new = rows[~rows["sha256"].isin(cache.lookup(place, set(rows["sha256"]))["sha256"])]
    if len(new):
        cache.add_rows(place, new)
    print(f"{name}: recalled {len(new):,} of {len(rows):,} rows")
