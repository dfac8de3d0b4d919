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
from native4k.page import figures
from native4k.publish import dataset_numbers

COPIES = ("copy", "reencode", "resize", "crop", "brightened", "marked", "mirrored", "coarse")
REASONS = {"small": "too_small"} | {
    name: name
    for name in ("upscaled", "blurred", "flat", "truncated", "mislabelled", "unsafe", "watermarked", "aspect")
}
"""Planted defect -> the only reason that counts as having found it."""

RIGHTLY_REJECTED = ("exact_copy", "near_copy", "category_full")
"""Reasons for which an original may rightly be rejected: its copy stands for it, or its category is full."""


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
    metadata, kept = int(collected["rows"].sum()), int(tables.is_kept(table).sum())
    if metadata != kept + sum(sum(reasons.values()) for reasons in steps.values()):
        raise AssertionError("the funnel does not add up: rows were lost or counted twice")
    return {"metadata": metadata, "candidates": len(table), "rejected": steps, "kept": kept}


def balance(table: pd.DataFrame) -> dict[str, Any]:
    """The kept images by category, and how many times the smallest the largest is."""
    counts = table.loc[tables.is_kept(table), "category"].value_counts().sort_index()
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
    by_id, copy = table.set_index("id"), truth["defect"].isin(COPIES)
    found = {name: truth["id"].map(by_id[name]) for name in ("reason", "group", "representative", "split")}
    rows = truth.assign(**found, family=truth["of"].where(copy, truth["id"])).fillna({"group": "", "split": ""})
    same_group = (rows["group"] != "") & (rows["group"] == rows["of"].map(by_id["group"]).fillna(""))
    rows["found"] = same_group.where(copy, rows["reason"] == rows["defect"].map(REASONS))
    planted = rows[rows["defect"] != ""].groupby("defect")["found"].agg(["size", "sum"])
    originals = rows[rows["defect"] == ""]
    own_copy = originals["representative"].map(rows.set_index("id")["family"]) == originals["id"]
    rightly = originals["reason"].isin(RIGHTLY_REJECTED) & (own_copy | (originals["reason"] == "category_full"))
    wrong = ~rightly & (originals["reason"] != "")
    by_reason = originals.loc[wrong, "reason"].value_counts().sort_index()
    return {
        "defects": {str(kind): _share(int(counts["sum"]), int(counts["size"])) for kind, counts in planted.iterrows()},
        "originals": {
            "count": len(originals),
            "wrongly_rejected": int(wrong.sum()),
            "share": round(float(wrong.mean()), 4),
            "reasons": {str(name): int(count) for name, count in by_reason.items()},
        },
        "labels": _labels(originals, by_id["category"]),
        "copies": _copy_splits(rows, copy),
        "representatives": _representatives(rows),
    }


def _representatives(rows: pd.DataFrame) -> dict[str, Any]:
    """How many of the planted groups that were found are represented by their original, or by a copy of its bytes."""
    intact = dict(zip(rows["id"], rows["of"].where(rows["defect"] == "copy", rows["id"]), strict=True))
    copies = rows[rows["defect"].isin(COPIES) & rows["found"].astype(bool)]
    good = (copies["representative"].map(intact) == copies["of"]).groupby(copies["of"]).all()
    return _share(int(good.sum()), len(good))


def _copy_splits(rows: pd.DataFrame, copy: pd.Series) -> dict[str, int]:
    """Planted copies, and how many of them are kept in another split than a kept picture of their family."""
    kept = rows["split"] != ""
    splits = rows[kept].groupby("family")["split"].nunique()
    astray = copy & kept & rows["of"].isin(splits.index[splits > 1])
    return {"planted": int(copy.sum()), "kept": int((copy & kept).sum()), "astray": int(astray.sum())}


def goals(numbers: Params, metrics: dict[str, Any]) -> dict[str, Any]:
    """Each thing that the demo is to show: what is wanted, what is shown, whether that is enough."""
    grades, searches = metrics["demo"], metrics["leaks"]["searches"].values()
    if unknown := sorted(numbers.found.keys() - grades["defects"].keys()):
        known = ", ".join(grades["defects"])
        raise UserError(f"params assess.found.{unknown[0]}: the demo plants no such defect; there are: {known}")
    at_least = {f"{kind} found": (share, grades["defects"][kind]["share"]) for kind, share in numbers.found.items()}
    at_least["groups represented by their original"] = (numbers.represented, grades["representatives"]["share"])
    at_most = {
        "originals wrongly rejected": (numbers.wrongly_rejected, grades["originals"]["share"]),
        "largest category over smallest": (numbers.max_ratio, metrics["balance"]["ratio"] or 1.0),
        "leaks": (0, sum(one["leaks"] for one in searches)),
    }
    return {
        name: {"wanted": wanted, "shown": shown, "met": shown >= wanted if name in at_least else shown <= wanted}
        for name, (wanted, shown) in (at_least | at_most).items()
    }


def _labels(originals: pd.DataFrame, categories: pd.Series) -> dict[str, Any]:
    """How many originals got their category, and what those of each category were taken for."""
    predicted = originals["id"].map(categories).rename("predicted")
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
    parser.add_argument("out", type=Path, help="the metrics to write (metrics/details/dataset.json)")
    figures.add_argument(parser)


def run(args: argparse.Namespace) -> None:
    """Write the dataset's metrics and their figures."""
    table = tables.read(args.tables / "images.parquet", "id", "reason", "split", "group", "category")
    collected = tables.read(args.tables / "collected.parquet", "source", "rows")
    metrics: dict[str, Any] = {"funnel": funnel(collected, table)}
    kept = table[tables.is_kept(table)]
    splits = pd.crosstab(kept["split"], kept["category"])
    metrics["splits"] = {
        str(name): {str(category): int(n) for category, n in row.items()} | {"images": int(row.sum())}
        for name, row in splits.iterrows()
    }
    searched = leaks.read_searches(args.tables / "leaks.parquet")
    metrics["balance"], metrics["leaks"] = balance(table), leak_summary(searched)
    if "demo" in set(collected["source"]):
        metrics["demo"] = grade(truth(args.params), with_uncollected(table, args.tables))
        metrics["goals"] = goals(params.load(Params, args.params, "assess"), metrics)
    tables.write_json(metrics, args.out)
    figures.write(select_figures(metrics), args.figures)


def select_figures(metrics: dict[str, Any]) -> figures.Figures:
    """Select how many images there are, how well they are split, and how much of the demo's truth was found."""
    splits, searches = metrics["splits"], metrics["leaks"]["searches"].values()
    counts = {name: metrics["funnel"][name] for name in ("candidates", "kept")}
    counts |= {f"{name} images": splits[name]["images"] for name in ("train", "val", "test") if name in splits}
    counts |= {"leaks": sum(one["leaks"] for one in searches), "category ratio": metrics["balance"]["ratio"]}
    return counts | (_demo_figures(metrics) if "demo" in metrics else {})


def _demo_figures(metrics: dict[str, Any]) -> figures.Figures:
    demo_metrics, defects = metrics["demo"], metrics["demo"]["defects"].values()
    found, planted = (sum(one[name] for one in defects) for name in ("found", "planted"))
    return {
        "defects found": _share(found, planted)["share"],
        "originals wrongly rejected": demo_metrics["originals"]["share"],
        "groups represented by their original": demo_metrics["representatives"]["share"],
        "categories labelled rightly": demo_metrics["labels"]["share"],
        "goals missed": sum(not goal["met"] for goal in metrics["goals"].values()),
    }


def truth(numbers: Path) -> pd.DataFrame:
    """The demo's truth, by id, recomputed from its seed."""
    rows = demo.truth(params.load(demo.Params, numbers, "demo"))
    ids = {url: identify("demo", url) for url in rows["url"]}
    return rows.assign(id=rows["url"].map(ids), of=rows["of"].map(ids).fillna(""))


def with_uncollected(table: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The candidates and, where they were kept, the rows that collect rejected."""
    early = tables.read(folder / "not_collected.parquet", "id", "reason")
    return pd.concat([table, early.assign(group="", representative="", category="", split="")], ignore_index=True)
