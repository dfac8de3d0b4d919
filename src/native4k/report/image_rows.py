"""A row for every image that the page names: file or URL, outcome, why, and the measures that its rules look at."""

import re
from typing import Any

from markupsafe import Markup

from native4k import tables
from native4k.dataset.takedown import WITHHELD
from native4k.page import layout
from native4k.page.metrics_files import count
from native4k.report import gallery, why

GEOMETRY = ("too_small", "aspect")
"""Rules about sizes, which the size itself tells."""

MAX_REJECTED = 2000
"""Rejected rows that are listed, reason by reason; rejected.parquet has them all."""


def section(named: set[str], about: why.Collection) -> Markup:
    """The table of the images that the page names and of the rejected ones, in the order of ids."""
    rejected = about.table[~tables.is_kept(about.table)]
    listed = rejected.sort_values(["reason", "id"])["id"].head(MAX_REJECTED)
    ids = named | set(listed)
    rows = about.table[about.table["id"].isin(ids)].sort_values("id")
    words = (
        f"Every image that this page names, and {len(listed):,} of {count(len(rejected), 'rejected row')}: "
        "rejected.parquet and images.parquet have all, 'native4k why ID' says all that was measured."
    )
    shown = [cells(row, ids, about) for row in gallery.records(rows)]
    return layout.paragraph(words) + layout.PARTS.image_rows(shown)


def cells(row: dict[str, Any], ids: set[str], about: why.Collection) -> dict[str, Any]:
    """What is shown of an image."""
    limits = why.row_limits(row, about)
    (_, outcome), *rest = why.outcome(row, limits, about)
    reasons = [f"{key} {text}".strip() if key not in ("why", "split") else text for key, text in rest if key != "split"]
    split = f", {gallery.split_name(row['split'])}" if row["split"] else ""
    shown = [limit for reason, of_reason in limits.items() if reason not in GEOMETRY for limit in of_reason]
    measures = [f"{limit.measure} {limit.row()[2]} ({limit.allowed() or 'any'})" for limit in shown]
    size = [gallery.size_of(row)] if row.get("width") else []
    return {
        "id": row["id"],
        "name": why.WITHOUT_NAME if row[WITHHELD] else row["url"],
        "outcome": outcome + split,
        "why": linked("; ".join(reasons), ids),
        "measures": "; ".join([*size, *measures]),
    }


def linked(text: str, ids: set[str]) -> Markup:
    """Text in which ids that have a row are links to it."""
    escaped = str(Markup.escape(layout.printable(text)))
    return Markup(  # noqa: S704  # the text is escaped
        re.sub(r"\b[0-9a-f]{16}\b", lambda found: layout.image_link(found[0]) if found[0] in ids else found[0], escaped)
    )
