"""The numbers of a published dataset, from its tables: rows from the metadata to the kept, and its splits."""

from typing import Any

import pandas as pd

from native4k import tables

SPLITS = ("train", "val", "test")
"""The splits that are published as folders."""

RESERVE = "reserve"
"""Kept images that no folder holds."""

Rejected = dict[str, dict[str, int]]
"""Step -> reason -> rows."""


def rejected_by_collect(counts: pd.DataFrame) -> Rejected:
    """Rows that collect rejected by reason, from its table of rows by source and reason."""
    early = counts[counts["reason"] != ""].groupby("reason")["rows"].sum()
    return {"collect": {str(reason): int(rows) for reason, rows in early.items()}} if len(early) else {}


def rejected_later(table: pd.DataFrame) -> Rejected:
    """Rows that each later step rejected by reason, from a table of candidates."""
    found: Rejected = {}
    counts = tables.funnel(table).sort_values(["rejected_by", "reason"])
    for row in counts[counts["reason"] != ""].itertuples():
        found.setdefault(str(row.rejected_by), {})[str(row.reason)] = int(str(row.rows))
    return found


def splits(table: pd.DataFrame) -> dict[str, Any]:
    """Images, bytes and categories of each split, from the kept rows."""
    found = {}
    for name in (*SPLITS, *sorted(set(table["split"]) - set(SPLITS))):
        rows = table[table["split"] == name]
        categories = rows["category"].value_counts().sort_index()
        found[name] = {
            "images": len(rows),
            "bytes": int(rows["bytes"].sum()),
            "categories": {str(category): int(count) for category, count in categories.items()},
        }
    return found


def count(early: Rejected, kept: pd.DataFrame, left: pd.DataFrame) -> dict[str, Any]:
    """All numbers, from the counts of collect, the kept rows and the rows that later steps rejected."""
    steps = early | rejected_later(left)
    candidates = len(kept) + len(left)
    return {
        "metadata": candidates + sum(map(sum, (reasons.values() for reasons in early.values()))),
        "candidates": candidates,
        "kept": len(kept),
        "rejected": steps,
        "splits": splits(kept),
    }


def inconsistency(numbers: dict[str, Any]) -> str:
    """What does not add up in such numbers; empty if everything does."""
    lost = sum(sum(reasons.values()) for reasons in numbers["rejected"].values())
    if numbers["metadata"] != numbers["kept"] + lost:
        return f"{numbers['metadata']:,} rows are not {numbers['kept']:,} kept and {lost:,} rejected"
    images = sum(split["images"] for split in numbers["splits"].values())
    return "" if images == numbers["kept"] else f"{numbers['kept']:,} kept are not the {images:,} in the splits"
