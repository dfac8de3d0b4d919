"""The claim in pictures, at 1:1: native pixels beside enlarged and blurred ones, made here and of the collection."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from PIL import Image, ImageFilter

from native4k import images, tables
from native4k.dataset.takedown import WITHHELD
from native4k.errors import UserError
from native4k.fetch.store import file_of
from native4k.page import layout
from native4k.page.metrics_files import number
from native4k.report import comparisons
from native4k.report.overview import NOT_NATIVE

SIDE, MARGIN = 320, 16
"""Pixels of a square, and around it, where resizing would see its border."""

BLUR = 2
"""Pixels; the radius of the Gaussian blur of the made example."""

SETS = 2
"""Sets of pictures from the collection."""

MADE = (
    "One place of a kept image: as it is, brought to half its size and enlarged again, and blurred. That is what an "
    "image is like that has the size of 4K and not its detail."
)
FOUND = (
    "Different images of the collection, pixel by pixel, the first by id and so not chosen by eye: one that is kept, "
    "and one for each reason by which images are rejected that hold less detail than their pixels."
)


def examples(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Sets of a kept image and of one rejected for each reason of too little detail, in the order of ids."""
    shown = table[~table[WITHHELD] & (table["width"] >= SIDE) & (table["height"] >= SIDE)].sort_values("id")
    kept = shown[tables.is_kept(shown)]
    groups = [kept, *(shown[shown["reason"] == reason] for reason in NOT_NATIVE)]
    sets = [pd.concat([group.iloc[place : place + 1] for group in groups]) for place in range(SETS)]
    return [one for one in sets if tables.is_kept(one).any()]


def section(sets: list[pd.DataFrame], store: Path, rules: dict[str, Any], share: int) -> Markup:
    """The place of the first kept image three times, and sets of images of the collection."""
    if not sets:
        return layout.paragraph(f"No kept image is {SIDE} pixels wide and high.")
    limit = share // (3 + sum(map(len, sets)))
    first = sets[0].iloc[0]
    note = layout.PARTS.linked("", first["id"], "the same place three times")
    parts = [layout.paragraph(MADE), comparisons.block(degraded(pixels_of(first, store)), limit, note, reference=0)]
    parts += [layout.paragraph(FOUND)] if any(len(one) > 1 for one in sets) else []
    for one in sets:
        named = [(caption(row, rules), textured(pixels_of(row, store))) for _, row in one.iterrows()]
        parts += [comparisons.block(named, limit, "", slider=False)] if len(named) > 1 else []
    return layout.join(parts)


def pixels_of(row: pd.Series, store: Path) -> np.ndarray:
    """The pixels of an image of the store."""
    path = store / file_of(row["sha256"], images.FORMATS[row["format"]])
    if not path.exists():
        raise UserError(f"{path}: not in the image store; run 'make images' or 'dvc pull {store}'")
    return images.load_or_fail(path)


def textured(pixels: np.ndarray) -> np.ndarray:
    """The square of a picture with the most texture."""
    square: np.ndarray = pixels[comparisons.textured_square(pixels, SIDE)]
    return square


def degraded(pixels: np.ndarray) -> list[comparisons.Named]:
    """A square of a picture as it is, enlarged from half its size, and blurred."""
    rows, columns = comparisons.textured_square(pixels, SIDE)
    top, left = (max(0, place.start - MARGIN) for place in (rows, columns))
    around = Image.fromarray(pixels[top : rows.stop + MARGIN, left : columns.stop + MARGIN])
    half = around.resize((around.width // 2, around.height // 2), Image.Resampling.LANCZOS)
    made = {
        "native: as it is": around,
        "upscaled: halved and enlarged again": half.resize(around.size, Image.Resampling.BICUBIC),
        f"blurred: Gaussian of {BLUR} pixels": around.filter(ImageFilter.GaussianBlur(BLUR)),
    }
    inside = np.s_[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return [(words, np.asarray(picture)[inside]) for words, picture in made.items()]


def caption(row: pd.Series, rules: dict[str, Any]) -> Markup:
    """What became of an image, and the measures that decide on its detail."""
    outcome = f"rejected as {row['reason']}" if row["reason"] else "kept"
    columns = dict.fromkeys(rules[reason]["column"] for reason in NOT_NATIVE if reason in rules)
    values = ", ".join(f"{name} {number(row[name])}" for name in columns if name in row and not pd.isna(row[name]))
    caption_: Markup = layout.PARTS.linked("", row["id"], f"{outcome}{f': {values}' if values else ''}")
    return caption_
