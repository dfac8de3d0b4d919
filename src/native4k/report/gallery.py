"""Thumbnails for the page: some of what was kept, and of what was rejected for each reason, the closest calls first."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from native4k import images, tables
from native4k.report import page

EACH = 8
"""Pictures shown of a category, and of a reason."""

SIDE = 288
"""Pixels of a shown thumbnail's longer side."""


def kept(table: pd.DataFrame) -> pd.DataFrame:
    """The first kept images of each category by id, which is a hash and so as good as chance."""
    rows = table[tables.kept(table)].sort_values(["category", "id"])
    return rows.groupby("category", sort=True).head(EACH)


def rejected(table: pd.DataFrame, thresholds: dict[str, Any]) -> pd.DataFrame:
    """Some rejected images of each reason: farthest from their representative, closest to the threshold, or by id."""
    rows = table[~tables.kept(table)]
    near = -rows["distance"].astype("float64")
    for reason, rule in thresholds.items():
        if rule["column"] in rows:
            near = near.mask(rows["reason"] == reason, missed(rows[rule["column"]], rule))
    rows = rows.assign(near=near).sort_values(["reason", "near", "id"])
    return rows.groupby("reason", sort=True).head(EACH).drop(columns="near")


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def missed(values: pd.Series, rule: dict[str, Any]) -> pd.Series:
    """By how much values lie outside of a range."""
    low = float("-inf") if rule["min"] is None else rule["min"]
    high = float("inf") if rule["max"] is None else rule["max"]
    return (low - values).clip(lower=0) + (values - high).clip(lower=0)


def thumbnails(path: Path, ids: set[str]) -> dict[str, bytes]:
    """The thumbnails of some images, made smaller; the table is read bit by bit, it may be as large as memory."""
    tables.read(path, "id", "thumbnail", columns=["id"])
    found = {}
    for batch in pq.ParquetFile(path).iter_batches(batch_size=256, columns=["id", "thumbnail"]):
        for row in batch.filter([name in ids for name in batch["id"].to_pylist()]).to_pylist():
            found[row["id"]] = images.thumbnail(images.decode(row["thumbnail"]), SIDE)
    return found


def kept_gallery(rows: pd.DataFrame, pictures: dict[str, bytes], counts: dict[str, int]) -> str:
    """A row of pictures a category."""
    parts = []
    for category, part in rows.groupby("category", sort=True):
        figures = [_figure(row, pictures, _size(row, row["split"])) for row in records(part)]
        note = f"{len(part)} of {counts[str(category)]:,}"
        parts.append(page.heading(str(category), note) + f'<div class="gallery">{"".join(figures)}</div>')
    return "\n".join(parts)


def rejected_gallery(
    rows: pd.DataFrame, pictures: dict[str, bytes], counts: dict[str, int], thresholds: dict[str, Any]
) -> str:
    """A row of pictures for each of the counted reasons; copies stand beside the picture that stands for them."""
    parts = []
    for reason, count in counts.items():
        part = rows[rows["reason"] == reason]
        rule = thresholds.get(reason)
        shown = part[part["id"].isin(list(pictures))]
        figures = [_rejected(row, pictures, rule) for row in records(shown)]
        note = f"{len(shown)} of {count:,}, by {part['rejected_by'].iloc[0]}"
        note += f": {rule['column']} {allowed(rule)}" if rule else ""
        body = f'<div class="gallery">{"".join(figures)}</div>'
        empty = page.paragraph("No thumbnail: these files could not be read.")
        parts.append(page.heading(str(reason), note) + (body if figures else empty))
    return "\n".join(parts)


def _rejected(row: dict[str, Any], pictures: dict[str, bytes], rule: dict[str, Any] | None) -> str:
    if row["representative"] not in ("", row["id"]) and row["representative"] in pictures:
        bits = "bit" if row["distance"] == 1 else "bits"
        note = f"<b>{row['distance']} {bits}</b> from {page.safe(row['representative'][:8])}"
        left = page.picture(pictures[row["representative"]], f"the representative, {row['representative']}")
        return _figure(row, pictures, note, left)
    if rule and rule["column"] in row:
        return _figure(row, pictures, f"{page.safe(rule['column'])} <b>{row[rule['column']]:.3g}</b>")
    if row["reason"] == "mislabelled":
        return _figure(row, pictures, f"{_size(row, 'declared')} {by(row['declared_width'], row['declared_height'])}")
    return _figure(row, pictures, _size(row, ""))


def _size(row: dict[str, Any], note: str) -> str:
    return f"<b>{by(row['width'], row['height'])}</b> {page.safe(note)}"


def by(width: int, height: int) -> str:
    """A size that is not broken over two lines."""
    return f"{width}&#8239;&times;&#8239;{height}"


def _figure(row: dict[str, Any], pictures: dict[str, bytes], note: str, left: str = "") -> str:
    shown = page.picture(pictures[row["id"]], str(row["caption"])) if row["id"] in pictures else ""
    both = f'<div class="pair">{left}{shown}</div>' if left else shown
    aspect = row["width"] / max(row["height"], 1) * (2 if left else 1)
    words = f'<span class="id">{page.safe(row["id"][:8])}</span> {note}'
    return f'<figure style="--aspect: {aspect:.3f}">{both}<figcaption>{words}</figcaption></figure>'


def allowed(rule: dict[str, Any]) -> str:
    """A threshold in words."""
    low, high = rule["min"], rule["max"]
    if low is not None and high is not None:
        return f"allowed {low:g} to {high:g}"
    if low is not None:
        return f"at least {low:g}"
    return "any" if high is None else f"at most {high:g}"
