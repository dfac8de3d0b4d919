"""Pictures of one place beside each other at their own size, each with an inset that is magnified, over a slider."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from native4k import images, tables
from native4k.errors import UserError
from native4k.page import layout, metrics_files
from native4k.page.pictures import encoded, picture

MAX_IMAGES = 6
"""Images that are compared of super-resolution, and of each study."""

INSET = 64
"""Pixels a side of an inset, which is shown magnified."""

Named = tuple[str | Markup, np.ndarray]
"""What a picture shows, and its pixels."""


class Strip(NamedTuple):
    """A file of pictures beside each other, such as worst-1-ID.webp."""

    path: Path
    words: str
    id: str


def find_strips(name: str, evaluations: Path) -> list[Strip]:
    """The files of a baseline or a study: worst before best, most before least."""
    paths = sorted(existing(evaluations / name, name).glob("*.webp"), key=lambda path: path.stem)
    found = [Strip(path, *path.stem.rpartition("-")[::2]) for path in paths]
    return sorted(found, key=lambda one: "worst" not in one.words and "most" not in one.words)


def compared(sr: dict[str, Any], evaluations: Path) -> dict[tuple[int, str], dict[str, Strip]]:
    """Scale and image -> the strip of each baseline that learned something; the first images."""
    found: dict[tuple[int, str], dict[str, Strip]] = {}
    for name, tree in sr.items():
        for strip in find_strips(name, evaluations) if tree.get("parameters", 0) else []:
            found.setdefault((tree["scale"], strip.id), {})[name] = strip
    return dict(list(found.items())[:MAX_IMAGES])


def super_resolution(
    sr: dict[str, Any],
    evaluations: Path,
    found: dict[tuple[int, str], dict[str, Strip]],
    titles: dict[str, str],
    share: int,
) -> Markup:
    """A slider for each image: bicubic, the baselines that have a picture of it, and the original."""
    names = {*sr, *(name for of_image in found.values() for name in of_image)}
    values = {name: psnr_by_image(evaluations / f"{name}.parquet", name) for name in sorted(names)}
    limit = share // max(1, sum(len(of_image) + 2 for of_image in found.values()))
    parts = []
    for (scale, id_), of_image in found.items():
        shown = {name: cut(images.load_or_fail(strip.path)) for name, strip in of_image.items()}
        plain = next((n for n, tree in sr.items() if n.startswith("bicubic") and tree["scale"] == scale), "bicubic")
        first, *_ = shown.values()
        named: list[Named] = [(decibels(plain, values, id_), first[0])]
        named += [(decibels(name, values, id_), pictures[1]) for name, pictures in shown.items()]
        words = next(iter(of_image.values())).words.replace("-", " ")
        rank = f"{words} of the test images, \N{MULTIPLICATION SIGN}{scale}"
        note = layout.PARTS.linked("", id_, f"{titles.get(id_, '')}: {rank}")
        parts.append(block([*named, ("original", first[-1])], limit, note))
    return layout.join(parts)


def of_study(name: str, evaluations: Path, share: int) -> Markup:
    """A slider for each picture of a study: another arm, native, the original."""
    found = find_strips(name, evaluations)[:MAX_IMAGES]
    parts = []
    for strip in found:
        scale, arm, rank = strip.words.split("-")
        other, native, original = cut(images.load_or_fail(strip.path))
        named = [(f"trained on {arm}", other), ("trained on native", native), ("original", original)]
        words = f"{scale}, where native pixels help {rank}"
        note = layout.PARTS.linked("", strip.id, words)
        parts.append(block(named, share // (3 * len(found)), note))
    return layout.join(parts)


def psnr_by_image(path: Path, name: str) -> dict[str, float]:
    """The first PSNR of each of our test images in the table of a baseline."""
    table = tables.read(existing(path, name), "test_set", "id").query("test_set == ''")
    column = next((str(column) for column in table if "psnr" in str(column)), None)
    return {} if column is None else dict(zip(table["id"], table[column].astype(float), strict=True))


def decibels(name: str, values: dict[str, dict[str, float]], id_: str) -> str:
    """A baseline's name with its PSNR of an image."""
    value = values.get(name, {}).get(id_)
    return name if value is None or pd.isna(value) else f"{name}, {metrics_files.number(value)} dB"


def cut(strip: np.ndarray) -> list[np.ndarray]:
    """The squares of a strip."""
    return np.split(strip, strip.shape[1] // strip.shape[0], axis=1)


def block(
    named: Sequence[Named], limit: int, note: Markup | str, *, reference: int = -1, slider: bool = True
) -> Markup:
    """Pictures at their own size, of at most so many bytes each, and the same place of each, magnified.

    The place is where the reference has the most texture; without a slider the pictures show different things.
    """
    side = min(INSET, *named[reference][1].shape[:2])
    place = textured_square(named[reference][1], side)
    panels, insets = [], []
    for words, pixels in named:
        inside = place if slider else textured_square(pixels, side)
        panels.append((words, picture(encoded(pixels, limit * 3 // 4), str(words))))
        insets.append((words if slider else "", picture(encoded(pixels[inside], limit // 4), f"magnified: {words}")))
    return layout.PARTS.panels(panels, insets, note, slider)


def textured_square(pixels: np.ndarray, side: int) -> tuple[slice, slice]:
    """Find the square with the most texture; torch is loaded here, so that help comes at once."""
    from native4k.sr import strips

    return strips.textured_square(pixels, side)


def existing(path: Path, name: str) -> Path:
    """The path; a UserError if nothing is there."""
    if not path.exists():
        raise UserError(
            f"{path}: missing; run 'dvc repro', or remove metrics/details/{name}.json if that baseline is gone"
        )
    return path
