"""Galleries: thumbnails of kept images, and of rejected ones reason by reason, the closest calls first."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from markupsafe import Markup

from native4k import tables
from native4k.dataset.takedown import WITHHELD, public_names
from native4k.page import layout
from native4k.page.metrics_files import count
from native4k.page.pictures import fitted, picture

MAX_PICTURES = 8
"""Pictures shown of a category, and of a reason."""

Pictures = dict[str, bytes]
"""Id -> thumbnail."""

SIZE = "{} \N{MULTIPLICATION SIGN} {}"
"""A width and a height."""


def kept_sample(table: pd.DataFrame) -> pd.DataFrame:
    """The first kept images of each category by id, which is a hash and so as good as a random draw."""
    rows = table[tables.is_kept(table)].sort_values(["category", "id"])
    return rows.groupby("category", sort=True).head(MAX_PICTURES)


def rejected_sample(table: pd.DataFrame, thresholds: dict[str, Any]) -> pd.DataFrame:
    """Some rejected images of each reason: farthest from their representative, closest to the threshold, or by id."""
    rows = table[~tables.is_kept(table)]
    near = -rows["distance"].astype("float64")
    for reason, rule in thresholds.items():
        if rule["column"] in rows:
            near = near.mask(rows["reason"] == reason, distance_to_range(rows[rule["column"]], rule))
    rows = rows.assign(near=near).sort_values(["reason", "near", "id"])
    return rows.groupby("reason", sort=True).head(MAX_PICTURES).drop(columns="near")


def titles(table: pd.DataFrame) -> dict[str, str]:
    """Id -> caption, or the file or URL where there is none."""
    captions = table["caption"].fillna("").mask(table[WITHHELD], "")
    return dict(zip(table["id"], captions.where(captions != "", public_names(table)), strict=True))


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def distance_to_range(values: pd.Series, rule: dict[str, Any]) -> pd.Series:
    """How far values lie outside the range of a rule."""
    low = float("-inf") if rule["min"] is None else rule["min"]
    high = float("inf") if rule["max"] is None else rule["max"]
    return (low - values).clip(lower=0) + (values - high).clip(lower=0)


def thumbnails(path: Path, ids: set[str]) -> Pictures:
    """The thumbnails of some images; the table is read batch by batch, it may be as large as memory."""
    tables.read(path, "id", "thumbnail", columns=["id"])
    found = {}
    for batch in pq.ParquetFile(path).iter_batches(batch_size=256, columns=["id", "thumbnail"]):
        for row in batch.filter([name in ids for name in batch["id"].to_pylist()]).to_pylist():
            found[row["id"]] = row["thumbnail"]
    return found


def kept_gallery(rows: pd.DataFrame, pictures: Pictures, counts: pd.Series, limit: int) -> Markup:
    """A row of pictures, of at most so many bytes each, for each category."""
    parts = []
    for category, part in rows.groupby("category", sort=True):
        figures = [_kept(row, pictures, limit) for row in records(part)]
        note = f"{len(part)} of {counts[category]:,}"
        parts += [layout.heading(str(category), note), layout.gallery(figures)]
    return layout.join(parts)


def _kept(row: dict[str, Any], pictures: Pictures, limit: int) -> Markup:
    note = layout.PARTS.caption(row["id"], ("", split_name(row["split"])), size_of(row))
    return figure("kept", [row], pictures, limit, note)


def rejected_gallery(
    table: pd.DataFrame,
    rows: pd.DataFrame,
    pictures: Pictures,
    counts: dict[str, int],
    rules: dict[str, Any],
    limit: int,
) -> Markup:
    """A row of pictures for each of the counted reasons; copies are shown beside their representative."""
    leaders = table[table["id"].isin(rows["representative"])].set_index("id", drop=False)
    parts = []
    for reason, rejected in counts.items():
        part = rows[rows["reason"] == reason]
        rule = rules.get(reason)
        shown = part[part["id"].isin(list(pictures))]
        figures = [_rejected(row, leaders, pictures, rule, limit) for row in records(shown)]
        note = f"{len(shown)} of {rejected:,}, by {part['rejected_by'].iloc[0]}"
        note += f": {rule['column']} {range_text(rule)}" if rule else ""
        empty = layout.paragraph("No thumbnail: these could not be read, or their owners asked to be left out.")
        parts += [layout.heading(str(reason), note), layout.gallery(figures) if figures else empty]
    return layout.join(parts)


def _rejected(
    row: dict[str, Any], leaders: pd.DataFrame, pictures: Pictures, rule: dict[str, Any] | None, limit: int
) -> Markup:
    leader = row["representative"]
    if leader not in ("", row["id"]) and leader in pictures and leader in leaders.index:
        origin = layout.PARTS.linked("from", leader, "")
        note = layout.PARTS.caption(row["id"], ("", origin), bits(row["distance"]))
        return figure("rejected", [leaders.loc[leader].to_dict(), row], pictures, limit, note)
    if rule and rule["column"] in row:
        note = layout.PARTS.caption(row["id"], (rule["column"], ""), f"{row[rule['column']]:.3g}")
    else:
        declared = SIZE.format(row["declared_width"], row["declared_height"])
        words = f"declared {declared}" if row["reason"] == "mislabelled" else ""
        note = layout.PARTS.caption(row["id"], ("", words), size_of(row))
    return figure("rejected", [row], pictures, limit, note)


def bits(distance: int) -> str:
    """A distance between hashes."""
    return count(distance, "bit")


def size_of(row: dict[str, Any]) -> str:
    """The width and height of an image."""
    return SIZE.format(row["width"], row["height"])


def split_name(name: str) -> str:
    """A split as people call it."""
    return "in no split" if name == "reserve" else name


def figure(where: str, rows: list[dict[str, Any]], pictures: Pictures, limit: int, note: Markup) -> Markup:
    """The picture of an image, or of two beside each other, which opens a larger view; at most so many bytes."""
    shown = [
        {
            "aspect": row["width"] / max(row["height"], 1),
            "picture": picture(fitted(pictures[row["id"]], limit // len(rows)), str(row["caption"])),
        }
        for row in rows
    ]
    ids = [row["id"] for row in rows]
    return layout.PARTS.figure("-".join([where, *ids]), shown, ids, note)


def range_text(rule: dict[str, Any]) -> str:
    """The range of a threshold in words."""
    low, high = rule["min"], rule["max"]
    if low is not None and high is not None:
        return f"allowed {low:g} to {high:g}"
    if low is not None:
        return f"at least {low:g}"
    return "any" if high is None else f"at most {high:g}"
