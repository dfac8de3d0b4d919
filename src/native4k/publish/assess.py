"""Count the funnel, say how balanced and how far apart the splits are, and measure the demo against its truth.

A planted defect counts as found only for the reason that belongs to it: a copy only where it is in one group with its
original, so that one of the two stands for both.
"""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from native4k import demo, params, tables
from native4k.dataset import leaks
from native4k.errors import UserError
from native4k.metadata.urls import identify
from native4k.publish import dataset_numbers

COPIES = ("copy", "reencode", "resize", "crop", "brightened", "marked", "mirrored")
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


@params.params
class Params:
    """What the demo is to show: shares at least, found and of groups whose original stands for them; others at most."""

    found: dict[str, float]
    represented: float
    wrongly_rejected: float
    max_ratio: float


def funnel(collected: pd.DataFrame, table: pd.DataFrame) -> dict[str, Any]:
    """Rows by step and reason from the metadata to the kept, and a proof that they add up."""
    steps: dataset_numbers.Rejected = (
        {"collect": {}} | dataset_numbers.rejected_by_collect(collected) | dataset_numbers.rejected_later(table)
    )
    metadata, kept = int(collected["rows"].sum()), int(tables.kept(table).sum())
    if metadata != kept + sum(sum(reasons.values()) for reasons in steps.values()):
        raise AssertionError("the funnel does not add up: rows were lost or counted twice")
    return {"metadata": metadata, "candidates": len(table), "rejected": steps, "kept": kept}


def balance(table: pd.DataFrame) -> dict[str, Any]:
    """The kept images by category, and how many times the smallest the largest is."""
    counts = table.loc[tables.kept(table), "category"].value_counts().sort_index()
    ratio = round(int(counts.max()) / int(counts.min()), 4) if len(counts) else None
    return {"categories": {str(name): int(count) for name, count in counts.items()}, "ratio": ratio}


def leak_summary(found_leaks: dict[str, Any]) -> dict[str, Any]:
    """What the search for leaks found, search by search, over all pairs of splits."""
    searches: dict[str, Any] = {}
    for one in found_leaks["searched"]:
        found = searches.setdefault(one["search"], {"radius": one["radius"], "pairs": 0, "within": 0, "leaks": 0})
        for key in ("pairs", "within", "leaks"):
            found[key] += one[key]
        found.setdefault("nearest", {})[one["splits"]] = one["nearest"]
    return {"searches": searches, "images": found_leaks["images"], "left_out": found_leaks["left_out"]}


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
        "copies": _sides(rows, table),
        "representatives": _representatives(rows),
    }


def _representatives(rows: pd.DataFrame) -> dict[str, Any]:
    """How many of the planted groups that were found are represented by their original, or by a copy of its bytes."""
    intact = dict(zip(rows["id"], rows["of"].where(rows["defect"] == "copy", rows["id"]), strict=True))
    copies = rows[rows["defect"].isin(COPIES) & rows["found"].astype(bool)]
    good = (copies["leader"].map(intact) == copies["of"]).groupby(copies["of"]).all()
    return _share(int(good.sum()), len(good))


def _sides(rows: pd.DataFrame, table: pd.DataFrame) -> dict[str, int]:
    """Planted copies, and how many of them are kept in another split than a kept picture of their family."""
    split = rows["id"].map(table.set_index("id")["split"]).fillna("")
    copies = rows[rows["defect"].isin(COPIES)]
    family = rows["of"].where(rows["defect"].isin(COPIES), rows["id"])
    sides = split[split != ""].groupby(family).nunique()
    strayed = copies["of"].isin(sides.index[sides > 1]) & (split[copies.index] != "")
    return {"planted": len(copies), "kept": int((split[copies.index] != "").sum()), "astray": int(strayed.sum())}


def goals(numbers: Params, metrics: dict[str, Any]) -> dict[str, Any]:
    """Each thing that the demo is to show: what is wanted, what is shown, whether that is enough."""
    grades, searches = metrics["demo"], metrics["leaks"]["searches"].values()
    if strange := sorted(numbers.found.keys() - grades["defects"].keys()):
        there = ", ".join(grades["defects"])
        raise UserError(f"params assess.found.{strange[0]}: the demo plants no such defect; there are: {there}")
    least = {f"{kind} found": (share, grades["defects"][kind]["share"]) for kind, share in numbers.found.items()}
    least["groups represented by their original"] = (numbers.represented, grades["representatives"]["share"])
    most = {
        "originals wrongly rejected": (numbers.wrongly_rejected, grades["originals"]["share"]),
        "largest category over smallest": (numbers.max_ratio, metrics["balance"]["ratio"] or 1.0),
        "leaks": (0, sum(one["leaks"] for one in searches)),
    }
    enough = {name: shown >= wanted for name, (wanted, shown) in least.items()}
    enough |= {name: shown <= wanted for name, (wanted, shown) in most.items()}
    both = least | most
    return {name: {"wanted": both[name][0], "shown": both[name][1], "met": met} for name, met in enough.items()}


def _labels(originals: pd.DataFrame, table: pd.DataFrame) -> dict[str, Any]:
    """How many originals got their category, and what those of each category were taken for."""
    predicted = originals["id"].map(table.set_index("id")["category"]).rename("predicted")
    counts = pd.crosstab(originals["category"], predicted)
    confusion = {
        str(true): {str(name): int(count) for name, count in row.items() if count} for true, row in counts.iterrows()
    }
    return _share(int((predicted == originals["category"]).sum()), len(originals)) | {"confusion": confusion}


def _share(found: int, planted: int) -> dict[str, Any]:
    return {"planted": planted, "found": found, "share": round(found / max(planted, 1), 4)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("tables", type=Path, help="the folder of final tables (data/tables)")
    parser.add_argument("out", type=Path, help="the metrics to write (metrics/dataset.json)")


def run(args: argparse.Namespace) -> None:
    """Write the dataset's metrics."""
    table = tables.read(args.tables / "images.parquet", "id", "reason", "split", "group", "category")
    collected = tables.read(args.tables / "collected.parquet", "source", "rows")
    metrics: dict[str, Any] = {"funnel": funnel(collected, table)}
    kept = table[tables.kept(table)]
    splits = pd.crosstab(kept["split"], kept["category"])
    metrics["splits"] = {
        str(name): {str(category): int(n) for category, n in row.items()} | {"images": int(row.sum())}
        for name, row in splits.iterrows()
    }
    searched = leaks.read_searches(args.tables / "leaks.parquet")
    metrics["balance"], metrics["leaks"] = balance(table), leak_summary(searched)
    if "demo" in set(collected["source"]):
        metrics["demo"] = grade(truth(args.params), everything(table, args.tables))
        metrics["goals"] = goals(params.load(Params, args.params, "assess"), metrics)
    tables.write_json(metrics, args.out)


def truth(numbers: Path) -> pd.DataFrame:
    """The demo's truth, by id, recomputed from its seed."""
    rows = demo.truth(params.load(demo.Params, numbers, "demo"))
    ids = {url: identify("demo", url) for url in rows["url"]}
    return rows.assign(id=rows["url"].map(ids), of=rows["of"].map(ids).fillna(""))


def everything(table: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The candidates and, where they were kept, the rows that collect rejected."""
    early = tables.read(folder / "not_collected.parquet", "id", "reason")
    return pd.concat([table, early.assign(group="", representative="", category="", split="")], ignore_index=True)
