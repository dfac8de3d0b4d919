"""The parts of probe: everything that is measured of one decoded image, and what stands where there is none."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import ImageFile

from native4k import headers, images, params
from native4k.measure import (
    artefacts,
    borders,
    complete,
    cost,
    detail,
    encoding,
    nativeness,
    phash,
    sharpness,
    signing,
    thumbnail,
    tones,
)
from native4k.measure.look import Look, Row, look

SIZE = {"format": "", "width": 0, "height": 0}


@params.params
class Measures:
    """What is measured where; nothing else changes a row."""

    memory: int
    tile: int
    tiles: int
    thumbnail: int
    patch: int
    flat: dict[str, float]


class Numbers(NamedTuple):
    """The numbers of all parts."""

    measures: Measures
    nativeness: nativeness.Params


Part = Callable[[Look, Numbers], Row]

PARTS: dict[str, tuple[Part, Row]] = {
    "encoding": (lambda seen, _: seen.facts, SIZE | encoding.EMPTY),
    "transparency": (lambda seen, _: {"transparent": seen.transparent}, {"transparent": np.nan}),
    "phash": (lambda seen, _: {"phash": phash.phash_of(seen.narrow)}, {"phash": ""}),
    "signatures": (lambda seen, _: signing.signed(seen.luma, seen.digest), signing.EMPTY),
    "detail": (
        lambda seen, numbers: detail.detail(seen.luma, numbers.measures.tile, numbers.measures.tiles),
        detail.EMPTY,
    ),
    "nativeness": (lambda seen, numbers: nativeness.nativeness(seen.luma, numbers.nativeness), nativeness.UNKNOWN),
    "sharpness": (
        lambda seen, numbers: sharpness.sharpness(seen.luma, numbers.measures.patch, numbers.measures.flat),
        sharpness.EMPTY,
    ),
    "artefacts": (lambda seen, numbers: artefacts.artefacts(seen.luma, numbers.measures.patch), artefacts.EMPTY),
    "tones": (lambda seen, _: tones.tones(seen.luma, seen.small), tones.EMPTY),
    "borders": (lambda seen, _: borders.borders(seen.luma), borders.EMPTY),
    "thumbnail": (
        lambda seen, numbers: thumbnail.thumbnail(
            seen.small, seen.luma.shape, seen.profile, numbers.measures.thumbnail
        ),
        thumbnail.EMPTY,
    ),
}
"""Name -> what it measures of a look, and its columns' values for an image that cannot be used."""

DIGITS = 6
"""Decimals kept of a measurement."""


def empty(numbers: Measures) -> Row:
    """Every column of a row, as it is for an image that cannot be used."""
    made: Row = {}
    for name, (_, columns) in PARTS.items():
        made |= columns
        if name == "sharpness":
            made |= {f"flat_{preset}": np.nan for preset in sorted(numbers.flat)}
    return made


def measure(path: Path, numbers: Numbers) -> Row:
    """What one decode tells of an image file; `failure` says why there is nothing to tell."""
    try:
        seen = _seen(path, numbers)
    except images.Unreadable as reason:
        return empty(numbers.measures) | {"failure": str(reason)}
    row = {name: value for part, _ in PARTS.values() for name, value in part(seen, numbers).items()}
    return {name: round(value, DIGITS) if isinstance(value, float) else value for name, value in row.items()} | {
        "failure": ""
    }


def _seen(path: Path, numbers: Numbers) -> Look:
    try:
        facts = facts_of(path.read_bytes(), numbers)
    except FileNotFoundError:
        raise
    except OSError as error:  # a folder
        raise images.Unreadable("not_an_image") from error
    with images.opened(path) as image:  # from the file, so that its bytes are not held beside the pixels
        return look(image, numbers.measures.thumbnail, facts)


def facts_of(content: bytes, numbers: Numbers) -> Row:
    """The header's columns; Unreadable where it is known before the decode that there is no use in it."""
    try:
        kind, width, height = images.header(content)
    except images.Unreadable as reason:
        raise images.Unreadable(_precisely(content, str(reason))) from None
    if flaw := complete.flaw(content, kind):
        raise images.Unreadable(flaw)
    with images.opened(content) as image:
        if kind != "TIFF" and image.format != "MPO" and _moves(image):
            raise images.Unreadable("animation")
        if cost.memory(image, len(content)) > numbers.measures.memory * 1e6:
            raise images.Unreadable("too_heavy")
        return {"format": kind, "width": width, "height": height, **encoding.encoding(image, content)}


def _moves(image: ImageFile.ImageFile) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except images.HOSTILE as error:
        raise images.Unreadable("broken") from error


def _precisely(content: bytes, reason: str) -> str:
    """Why a file has no header that Pillow reads."""
    if reason != "not_an_image" or len(content) < headers.SHORTEST:
        return reason
    try:
        found = headers.size(content)
    except headers.NotAnImage:
        return "unsupported" if content.startswith(images.FOREIGN) or b"<svg" in content[:1024] else reason
    if found is None:
        return "truncated"
    return complete.flaw(content, found.format) or "broken" if found.format in images.FORMATS else "unsupported"


def one(store: Path, numbers: Numbers, file: str) -> Row:
    """A worker's work: measure a file of the store."""
    return measure(store / file, numbers)
