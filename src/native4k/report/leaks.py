"""The section on leaks: what was searched across splits, what was found, and the nearest pairs side by side."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from native4k.page import layout
from native4k.page.metrics_files import count
from native4k.report import gallery

MAX_PAIRS = 4
"""Pairs shown of a search."""

SEARCHES = {
    "phash": ("pHash", "the 64-bit pHash of the whole pictures"),
    "signature": ("signature", "the 256-bit signature of the whole pictures"),
    "mirrored": ("mirrored pHash", "the pHash of the whole of one and of the mirrored other"),
    "middles": ("pHash of insets", "the pHash of the whole of one and of an inset of the other, which finds crops"),
    "windows": ("pHash of windows", "the pHash of the same central window of both, which finds cuts to another aspect"),
}
"""Search -> its name on the page, and what it compares."""


def nearest_pairs(pairs: pd.DataFrame) -> pd.DataFrame:
    """The nearest pairs of each search; a pair of images once."""
    ordered = pairs.sort_values(["search", "distance", "id", "near_id"])
    return ordered.groupby("search", sort=False).head(MAX_PAIRS)


def section(
    found: dict[str, Any], table: pd.DataFrame, near: pd.DataFrame, pictures: gallery.Pictures, limit: int
) -> Markup:
    """One line; what was searched, and the nearest pairs of each search, are folded."""
    searches = {name: found["searches"][name] for name in SEARCHES if name in found["searches"]}
    found, rows = found | {"searches": searches}, table.set_index("id", drop=False)
    parts = [layout.paragraph(statement(found)), *map(layout.paragraph, result_lines(found)), distance_table(found)]
    for search in searches:
        part = gallery.records(near[near["search"] == search])
        figures = [_figure(pair, rows, pictures, limit) for pair in part]
        name, _ = SEARCHES[search]
        note = f"{count(len(part), 'pair')}, the closest calls first"
        parts += [layout.heading(f"Nearest by {name}", note), layout.gallery(figures)]
    folded = layout.details("what was compared, and the nearest pairs", layout.join(parts))
    return layout.paragraph(verdict(found)) + folded


def verdict(found: dict[str, Any]) -> str:
    """How many copies there are across splits."""
    if not found["searches"]:
        return "There are no two splits to compare."
    leaks = sum(one["leaks"] for one in found["searches"].values())
    shown = "No copy is" if not leaks else f"{count(leaks, 'pair')} of copies {'is' if leaks == 1 else 'are'}"
    number = len(found["searches"])
    return f"{shown} in two splits, by {number} {'search' if number == 1 else 'searches'}."


def statement(found: dict[str, Any]) -> str:
    """What was compared, in words."""
    left = found["left_out"]
    without = f", except {left:,} whose pHash is too uniform to compare" if left else ""
    were = "was" if found["images"] == 1 else "were"
    return (
        f"{count(found['images'], 'kept image')} {were} compared across splits, those in no split included{without}. "
        "Every image of the smaller of two splits was compared with every image of the other, so no radius limits the "
        "search."
    )


def result_lines(found: dict[str, Any]) -> list[str]:
    """A line for each search: what it found."""
    return [
        f"By {SEARCHES[search][1]}: {one['within']:,} of {count(one['pairs'], 'pair')} within "
        f"{gallery.bits(one['radius'])}; copies: {one['leaks']:,}."
        for search, one in found["searches"].items()
    ]


def distance_table(found: dict[str, Any]) -> Markup:
    """The distance of the nearest pair, by pair of splits and by search."""
    searches = found["searches"]
    splits = dict.fromkeys(pair for one in searches.values() for pair in one["nearest"])
    rows = [
        [" and ".join(map(gallery.split_name, pair.split("-"))), *(one["nearest"][pair] for one in searches.values())]
        for pair in splits
    ]
    head = ["nearest pair, in bits", *(SEARCHES[search][0] for search in searches)]
    return layout.table(head, rows) if rows else Markup()


def _figure(pair: dict[str, Any], rows: pd.DataFrame, pictures: gallery.Pictures, limit: int) -> Markup:
    ends = ((pair["id"], pair["split"]), (pair["near_id"], pair["near_split"]))
    named = [{"id": id_, "split": gallery.split_name(split)} for id_, split in ends]
    note = layout.PARTS.pair_caption(gallery.bits(pair["distance"]), named, pair["leak"])
    return gallery.figure(pair["search"], [rows.loc[id_].to_dict() for id_, _ in ends], pictures, limit, note)
