"""The plots of the card, as self-contained SVG files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from native4k import tables
from native4k.page import layout, metrics_files, plots

WIDTH = 720
"""Pixels; heights follow from what is drawn."""

MARGIN = 16
"""Pixels on every side."""

MEASURES = {
    "megapixels": "megapixels",
    "aspect": "width / height",
    "bits_per_pixel": "bits per pixel of the file",
    "detail": "detail, grey levels",
    "fineness": "fineness, ratio of Haar bands",
}
"""Measured or computed column -> the title of its plot."""


def standalone(drawing: str, title: str) -> str:
    """The content of an SVG file: a plot with its style, a background and a title."""
    height = float(drawing.split('height="', 1)[1].split('"', 1)[0])
    whole = round(height) + 2 * MARGIN + 24
    style = layout.COLOURS + layout.PLOTS + 'svg text { font-family: system-ui, "Liberation Sans", sans-serif; }'
    inner = f'<svg x="{MARGIN}" y="{MARGIN + 24}" width="{WIDTH - 2 * MARGIN}" height="{height:g}">{drawing}</svg>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{whole}" viewBox="0 0 {WIDTH} {whole}">'
        f'<style>{style}</style><rect width="100%" height="100%" style="fill: var(--paper)"/>'
        f'<text x="{MARGIN}" y="{MARGIN + 8}" class="total">{title}</text>{inner}</svg>\n'
    )


def measures(kept: pd.DataFrame) -> dict[str, pd.Series]:
    """The values that are plotted, of the kept images and as far as the table has them."""
    pixels = (kept["width"] * kept["height"]).astype("float64")
    known = {"megapixels": pixels / 1e6, "aspect": kept["width"] / kept["height"]}
    known["bits_per_pixel"] = 8 * kept["bytes"] / pixels
    there = known | {name: kept[name] for name in MEASURES if name in kept}
    return {name: values.dropna() for name, values in there.items()}


def funnel(numbers: Mapping[str, Any]) -> str:
    """The funnel from the metadata to the kept images."""
    rows = ("rows of metadata", numbers["metadata"]), ("kept", numbers["kept"])
    return plots.waterfall(rows[0], metrics_files.funnel_steps({"rejected": numbers["rejected"]}), rows[1])


def shares(numbers: Mapping[str, Any]) -> str:
    """The share of each category in the kept images."""
    totals: dict[str, int] = {}
    for split in numbers["splits"].values():
        for name, count in split["categories"].items():
            totals[name] = totals.get(name, 0) + count
    ordered = sorted(totals.items(), key=lambda one: (-one[1], one[0]))
    found = [(name, count / max(numbers["kept"], 1)) for name, count in ordered]
    return plots.lengths([(name, share, f"{100 * share:.2f} %") for name, share in found], "categories")


def write(kept: pd.DataFrame, numbers: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Write the plots and return file name -> title."""
    titles = {"funnel.svg": "from the metadata to the kept images"}
    drawings = {"funnel.svg": funnel(numbers)}
    if len(kept):
        titles["categories.svg"], drawings["categories.svg"] = "categories of the kept images", shares(numbers)
    for name, values in measures(kept).items():
        if len(values):
            titles[f"{name}.svg"] = MEASURES[name]
            drawings[f"{name}.svg"] = plots.histogram(values.tolist(), None, None, MEASURES[name])
    for name, drawing in drawings.items():
        tables.write_text(standalone(drawing, titles[name]), folder / name)
    return titles
