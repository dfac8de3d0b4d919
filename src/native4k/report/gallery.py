"""Galleries: thumbnails of kept images, and of rejected ones reason by reason, the closest calls first."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from markupsafe import Markup

from native4k import images, tables
from native4k.dataset.takedown import public_names
from native4k.page import layout

MAX_PICTURES = 8
"""Pictures shown of a category, and of a reason."""

MAX_NAMES = 2000
"""Rejected rows that are listed by name; rejected.parquet has them all."""

SIDE = 288
"""Pixels of a shown thumbnail's longer side."""

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


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def distance_to_range(values: pd.Series, rule: dict[str, Any]) -> pd.Series:
    """How far values lie outside the range of a rule."""
    low = float("-inf") if rule["min"] is None else rule["min"]
    high = float("inf") if rule["max"] is None else rule["max"]
    return (low - values).clip(lower=0) + (values - high).clip(lower=0)


def thumbnails(path: Path, ids: set[str]) -> dict[str, bytes]:
    """The thumbnails of some images, made smaller; the table is read batch by batch, it may be as large as memory."""
    tables.read(path, "id", "thumbnail", columns=["id"])
    found = {}
    for batch in pq.ParquetFile(path).iter_batches(batch_size=256, columns=["id", "thumbnail"]):
        for row in batch.filter([name in ids for name in batch["id"].to_pylist()]).to_pylist():
            found[row["id"]] = images.thumbnail(images.decode(row["thumbnail"]), SIDE)
    return found


def kept_gallery(rows: pd.DataFrame, pictures: dict[str, bytes], counts: pd.Series) -> Markup:
    """A row of pictures for each category."""
    parts = []
    for category, part in rows.groupby("category", sort=True):
        figures = [_figure(row, pictures, _size(row), after=row["split"]) for row in records(part)]
        note = f"{len(part)} of {counts[category]:,}"
        parts += [layout.heading(str(category), note), layout.gallery(figures)]
    return layout.join(parts)


def rejected_gallery(
    rows: pd.DataFrame, pictures: dict[str, bytes], counts: dict[str, int], thresholds: dict[str, Any]
) -> Markup:
    """A row of pictures for each of the counted reasons; copies are shown beside their representative."""
    parts = []
    for reason, count in counts.items():
        part = rows[rows["reason"] == reason]
        rule = thresholds.get(reason)
        shown = part[part["id"].isin(list(pictures))]
        figures = [_rejected(row, pictures, rule) for row in records(shown)]
        note = f"{len(shown)} of {count:,}, by {part['rejected_by'].iloc[0]}"
        note += f": {rule['column']} {range_text(rule)}" if rule else ""
        empty = layout.paragraph("No thumbnail: these could not be read, or their owners asked to be left out.")
        parts += [layout.heading(str(reason), note), layout.gallery(figures) if figures else empty]
    return layout.join(parts)


def rejected_names(table: pd.DataFrame) -> Markup:
    """Every rejected row with its file or URL, folded; no name where the owner asked to be left out."""
    rows = table[~tables.is_kept(table)].sort_values(["reason", "id"])
    listed = pd.DataFrame(
        {"id": rows["id"], "name": public_names(rows), "step": rows["rejected_by"], "reason": rows["reason"]}
    ).head(MAX_NAMES)
    note = f"{len(listed):,} of {len(rows):,}; rejected.parquet has all, 'native4k why ID' explains one"
    head = ["id", "file or URL", "rejected by", "reason"]
    return layout.details(f"Rejected rows by name: {note}", layout.table(head, listed.to_numpy().tolist()))


def _rejected(row: dict[str, Any], pictures: dict[str, bytes], rule: dict[str, Any] | None) -> Markup:
    if row["representative"] not in ("", row["id"]) and row["representative"] in pictures:
        left = layout.picture(pictures[row["representative"]], f"the representative, {row['representative']}")
        return _figure(row, pictures, bits(row["distance"]), after=f"from {row['representative'][:8]}", left=left)
    if rule and rule["column"] in row:
        return _figure(row, pictures, f"{row[rule['column']]:.3g}", before=rule["column"])
    if row["reason"] == "mislabelled":
        declared = SIZE.format(row["declared_width"], row["declared_height"])
        return _figure(row, pictures, _size(row), after=f"declared {declared}")
    return _figure(row, pictures, _size(row))


def bits(distance: int) -> str:
    """A distance between hashes."""
    return "1 bit" if distance == 1 else f"{distance} bits"


def _size(row: dict[str, Any]) -> str:
    return SIZE.format(row["width"], row["height"])


def _figure(
    row: dict[str, Any], pictures: dict[str, bytes], bold: str, before: str = "", after: str = "", left: str = ""
) -> Markup:
    shown = layout.picture(pictures[row["id"]], str(row["caption"])) if row["id"] in pictures else ""
    aspect = row["width"] / max(row["height"], 1) * (2 if left else 1)
    return layout.PARTS.figure(row["id"], aspect, (before, after), bold, shown, left)


def range_text(rule: dict[str, Any]) -> str:
    """The range of a threshold in words."""
    low, high = rule["min"], rule["max"]
    if low is not None and high is not None:
        return f"allowed {low:g} to {high:g}"
    if low is not None:
        return f"at least {low:g}"
    return "any" if high is None else f"at most {high:g}"
