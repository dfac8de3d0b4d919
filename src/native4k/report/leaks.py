"""The leak section of the page: what was searched across splits, what was found, and the nearest pairs side by side."""

from typing import Any

import pandas as pd

from native4k.report import gallery, page

EACH = 8
"""Pairs shown of a search."""

SEARCHES = {
    "phash": ("pHash", "the 64-bit pHash of the whole pictures"),
    "signature": ("signature", "the 256-bit signature of the whole pictures"),
    "middles": ("middles", "the pHash of the whole of one and of the middle of the other, which finds crops"),
}
"""Search -> its name on the page, and what it compares."""


def shown(pairs: pd.DataFrame) -> pd.DataFrame:
    """The nearest pairs of each search; a pair of images once."""
    ordered = pairs.sort_values(["search", "distance", "id", "near_id"])
    return ordered.groupby("search", sort=False).head(EACH)


def section(found: dict[str, Any], table: pd.DataFrame, pairs: pd.DataFrame, pictures: dict[str, bytes]) -> str:
    """Statement, table, and a gallery for each search."""
    rows = table.set_index("id")[["caption", "width", "height"]]
    parts = [page.paragraph(statement(found)), *map(page.paragraph, told(found)), counted(found)]
    near = shown(pairs)
    for search in found["searches"]:
        part = gallery.records(near[near["search"] == search])
        figures = [_figure(pair, rows, pictures) for pair in part]
        name, _ = SEARCHES[search]
        parts.append(page.heading(f"Nearest by {name}", f"{len(part)} pairs, the closest calls first"))
        parts.append(f'<div class="gallery">{"".join(figures)}</div>')
    return "\n".join(parts)


def statement(found: dict[str, Any]) -> str:
    """What was compared, in words."""
    left = found["left_out"]
    without = f", but for {left:,} whose pHash tells too little to compare" if left else ""
    return (
        f"{found['images']:,} kept images, reserve included, were compared across splits{without}. Every image of the "
        "smaller of two splits was compared with every image of the other, so no radius limits the search."
    )


def told(found: dict[str, Any]) -> list[str]:
    """What each search found, in words."""
    lines = []
    for search, one in found["searches"].items():
        _, what = SEARCHES[search]
        copies = "copy" if one["leaks"] == 1 else "copies"
        lines.append(
            f"By {what}: {one['within']:,} of {one['pairs']:,} pairs lie within {one['radius']} bits, "
            f"{one['leaks']:,} {copies} among them."
        )
    return lines


def counted(found: dict[str, Any]) -> str:
    """The distance of the nearest pair, by splits and search."""
    searches = found["searches"]
    splits = dict.fromkeys(pair for one in searches.values() for pair in one["nearest"])
    rows = [[pair.replace("-", " and "), *(one["nearest"][pair] for one in searches.values())] for pair in splits]
    head = ["nearest pair, in bits", *(SEARCHES[search][0] for search in searches)]
    return page.table(head, rows) if rows else page.paragraph("There are no two splits to compare.")


def _figure(pair: dict[str, Any], rows: pd.DataFrame, pictures: dict[str, bytes]) -> str:
    ids, splits = (pair["id"], pair["near_id"]), (pair["split"], pair["near_split"])
    aspects = [rows["width"][id_] / max(rows["height"][id_], 1) for id_ in ids]
    images = "".join(
        f'<span style="flex: {aspect:.3f} 1 0">{page.picture(pictures[id_], str(rows["caption"][id_]))}</span>'
        for id_, aspect in zip(ids, aspects, strict=True)
    )
    names = ", ".join(
        f'<span class="id">{page.safe(id_[:8])}</span> {page.safe(split)}'
        for id_, split in zip(ids, splits, strict=True)
    )
    bits = "bit" if pair["distance"] == 1 else "bits"
    words = f"<b>{pair['distance']} {bits}</b> {names}{', a copy' if pair['leak'] else ''}"
    body = f'<div class="pair">{images}</div><figcaption>{words}</figcaption>'
    return f'<figure style="--aspect: {sum(aspects):.3f}">{body}</figure>'
