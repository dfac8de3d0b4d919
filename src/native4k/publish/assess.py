"""Count the funnel and, on the demo, measure the curation against the truth, defect by defect."""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from native4k import params, tables
from native4k.fetch.identity import identify
from native4k.sources import demo

COPIES = ("copy", "reencode", "resize", "crop")
REASONS = {
    "upscaled": "upscaled",
    "blurred": "blurred",
    "flat": "flat",
    "truncated": "truncated",
    "mislabelled": "mislabelled",
    "unsafe": "unsafe",
    "watermarked": "watermarked",
    "small": "too_small",
    "aspect": "aspect",
}
"""Planted defect -> the only reason that counts as having found it."""

FAIR = ("exact_copy", "near_copy", "category_full")
"""Reasons that may befall an original: its copy stands for it, or its category is full."""


def funnel(collected: pd.DataFrame, table: pd.DataFrame) -> dict[str, Any]:
    """Rows by step and reason from the metadata to the kept, and a proof that they add up."""
    early = collected[collected["reason"] != ""].groupby("reason")["rows"].sum()
    late = tables.funnel(table)
    steps: dict[str, dict[str, int]] = {"collect": {str(reason): int(rows) for reason, rows in early.items()}}
    for row in late[late["reason"] != ""].itertuples():
        steps.setdefault(str(row.rejected_by), {})[str(row.reason)] = int(str(row.rows))
    metadata, kept = int(collected["rows"].sum()), int(tables.kept(table).sum())
    if metadata != kept + sum(sum(reasons.values()) for reasons in steps.values()):
        raise AssertionError("the funnel does not add up: rows were lost or counted twice")
    return {"metadata": metadata, "candidates": len(table), "rejected": steps, "kept": kept}


def grade(truth: pd.DataFrame, table: pd.DataFrame) -> dict[str, Any]:
    """Share of each planted defect that was found for its own reason, and of originals wrongly rejected."""
    group = table.set_index("id")["group"]
    reason = table.set_index("id")["reason"]
    representative = table.set_index("id")["representative"]
    rows = truth.assign(reason=truth["id"].map(reason), group=truth["id"].map(group).fillna(""))
    rows["leader"] = truth["id"].map(representative).fillna("")
    same = (rows["group"] != "") & (rows["group"] == rows["of"].map(group).fillna(""))
    rows["found"] = same.where(rows["defect"].isin(COPIES), rows["reason"] == rows["defect"].map(REASONS))
    planted = rows[rows["defect"] != ""].groupby("defect")["found"].agg(["size", "sum"])
    defects = {str(kind): _share(int(counts["sum"]), int(counts["size"])) for kind, counts in planted.iterrows()}
    originals = rows[rows["defect"] == ""]
    family = dict(zip(rows["id"], rows["of"].where(rows["defect"].isin(COPIES), rows["id"]), strict=True))
    own = originals["leader"].map(family) == originals["id"]
    fair = originals["reason"].isin(FAIR) & (own | (originals["reason"] == "category_full"))
    wrong = ~fair & (originals["reason"] != "")
    by_reason = originals.loc[wrong, "reason"].value_counts().sort_index()
    return {
        "defects": defects,
        "originals": {
            "count": len(originals),
            "wrongly_rejected": int(wrong.sum()),
            "share": round(float(wrong.mean()), 4),
            "reasons": {str(name): int(count) for name, count in by_reason.items()},
        },
        "labels": _labels(originals, table),
    }


def _labels(originals: pd.DataFrame, table: pd.DataFrame) -> dict[str, Any]:
    """How many originals got their category, and what those of each category were taken for."""
    said = originals["id"].map(table.set_index("id")["category"]).rename("said")
    counts = pd.crosstab(originals["category"], said)
    confusion = {
        str(true): {str(name): int(count) for name, count in row.items() if count} for true, row in counts.iterrows()
    }
    return _share(int((said == originals["category"]).sum()), len(originals)) | {"confusion": confusion}


def _share(found: int, planted: int) -> dict[str, Any]:
    return {"planted": planted, "found": found, "share": round(found / planted, 4)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("tables", type=Path, help="the folder of final tables (data/tables)")
    parser.add_argument("out", type=Path, help="the metrics to write (metrics/dataset.json)")


def run(args: argparse.Namespace) -> None:
    """Write the dataset's metrics."""
    table = tables.read(args.tables / "images.parquet", "id", "reason", "split", "group")
    collected = tables.read(args.tables / "collected.parquet", "source", "rows")
    metrics: dict[str, Any] = {"funnel": funnel(collected, table)}
    kept = table[tables.kept(table)]
    splits = pd.crosstab(kept["split"], kept["category"])
    metrics["splits"] = {
        str(name): {str(category): int(n) for category, n in row.items()} | {"images": int(row.sum())}
        for name, row in splits.iterrows()
    }
    if "demo" in set(collected["source"]):
        metrics["demo"] = grade(truth(args.params), everything(table, args.tables))
    tables.write_json(metrics, args.out)


def truth(numbers: Path) -> pd.DataFrame:
    """The demo's truth, by id, recomputed from its seed."""
    rows = demo.truth(params.load(demo.Params, numbers, "demo"))
    ids = {url: identify("demo", url) for url in rows["url"]}
    return rows.assign(id=rows["url"].map(ids), of=rows["of"].map(ids).fillna(""))


def everything(table: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The candidates and, where they were kept, the rows that collect rejected."""
    early = tables.read(folder / "not_collected.parquet", "id", "reason")
    return pd.concat([table, early.assign(group="", representative="", category="")], ignore_index=True)
