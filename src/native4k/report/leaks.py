"""The section on leaks: what was searched across splits, what was found, and the nearest pairs side by side."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from native4k.page import layout
from native4k.report import gallery

MAX_PAIRS = 8
"""Pairs shown of a search."""

SEARCHES = {
    "phash": ("pHash", "the 64-bit pHash of the whole pictures"),
    "signature": ("signature", "the 256-bit signature of the whole pictures"),
    "mirrored": ("mirrored pHash", "the pHash of the whole of one and of the mirrored other"),
    "middles": ("pHash of middles", "the pHash of the whole of one and of the middle of the other, which finds crops"),
    "windows": ("pHash of windows", "the pHash of the same central window of both, which finds cuts to another aspect"),
}
"""Search -> its name on the page, and what it compares."""


def nearest_pairs(pairs: pd.DataFrame) -> pd.DataFrame:
    """The nearest pairs of each search; a pair of images once."""
    ordered = pairs.sort_values(["search", "distance", "id", "near_id"])
    return ordered.groupby("search", sort=False).head(MAX_PAIRS)


def section(found: dict[str, Any], table: pd.DataFrame, near: pd.DataFrame, pictures: dict[str, bytes]) -> Markup:
    """Statement, table, and a gallery of the nearest pairs for each search."""
    searches = {name: found["searches"][name] for name in SEARCHES if name in found["searches"]}
    found, rows = found | {"searches": searches}, table.set_index("id")[["caption", "width", "height"]]
    parts = [layout.paragraph(statement(found)), *map(layout.paragraph, result_lines(found)), distance_table(found)]
    for search in searches:
        part = gallery.records(near[near["search"] == search])
        figures = [_figure(pair, rows, pictures) for pair in part]
        name, _ = SEARCHES[search]
        pairs_ = "1 pair" if len(part) == 1 else f"{len(part)} pairs"
        parts += [layout.heading(f"Nearest by {name}", f"{pairs_}, the closest calls first"), layout.gallery(figures)]
    return layout.join(parts)


def statement(found: dict[str, Any]) -> str:
    """What was compared, in words."""
    left = found["left_out"]
    without = f", except {left:,} whose pHash is too uniform to compare" if left else ""
    return (
        f"{found['images']:,} kept images, reserve included, were compared across splits{without}. Every image of the "
        "smaller of two splits was compared with every image of the other, so no radius limits the search."
    )


def result_lines(found: dict[str, Any]) -> list[str]:
    """A line for each search: what it found."""
    return [
        f"By {SEARCHES[search][1]}: {one['within']:,} of {one['pairs']:,} pairs within {gallery.bits(one['radius'])}; "
        f"copies: {one['leaks']:,}."
        for search, one in found["searches"].items()
    ]


def distance_table(found: dict[str, Any]) -> Markup:
    """The distance of the nearest pair, by pair of splits and by search."""
    searches = found["searches"]
    splits = dict.fromkeys(pair for one in searches.values() for pair in one["nearest"])
    rows = [[pair.replace("-", " and "), *(one["nearest"][pair] for one in searches.values())] for pair in splits]
    head = ["nearest pair, in bits", *(SEARCHES[search][0] for search in searches)]
    return layout.table(head, rows) if rows else layout.paragraph("There are no two splits to compare.")


def _figure(pair: dict[str, Any], rows: pd.DataFrame, pictures: dict[str, bytes]) -> Markup:
    images = [
        {
            "id": id_,
            "split": split,
            "aspect": rows["width"][id_] / max(rows["height"][id_], 1),
            "picture": layout.picture(pictures[id_], str(rows["caption"][id_])),
        }
        for id_, split in ((pair["id"], pair["split"]), (pair["near_id"], pair["near_split"]))
    ]
    return layout.PARTS.pair(images, gallery.bits(pair["distance"]), pair["leak"])
