"""All that probe measures of one decoded image, and the values for a file that cannot be decoded."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import ImageFile

from native4k import formats, images, params
from native4k.measure import decoded_image, encoding, image_signatures, nativeness, pixel_statistics
from native4k.measure.decoded_image import DecodedImage, Row, decode

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
    """The numbers of all measurements."""

    measures: Measures
    nativeness: nativeness.Params


Measurement = Callable[[DecodedImage, Numbers], Row]

MEASUREMENTS: dict[str, tuple[Measurement, Row]] = {
    "encoding": (lambda image, _: image.facts, SIZE | encoding.NO_ENCODING),
    "transparency": (lambda image, _: {"transparent": image.transparent}, {"transparent": np.nan}),
    "phash": (lambda image, _: {"phash": image_signatures.phash_of(image.narrow)}, {"phash": ""}),
    "signatures": (
        lambda image, _: image_signatures.signatures_of(image.luma, image.digest),
        image_signatures.NO_SIGNATURES,
    ),
    "detail": (
        lambda image, numbers: pixel_statistics.detail(image.luma, numbers.measures.tile, numbers.measures.tiles),
        pixel_statistics.NO_DETAIL,
    ),
    "nativeness": (lambda image, numbers: nativeness.nativeness(image.luma, numbers.nativeness), nativeness.UNKNOWN),
    "sharpness": (
        lambda image, numbers: pixel_statistics.sharpness(image.luma, numbers.measures.patch, numbers.measures.flat),
        pixel_statistics.NO_SHARPNESS,
    ),
    "artefacts": (
        lambda image, numbers: pixel_statistics.artefacts(image.luma, numbers.measures.patch),
        pixel_statistics.NO_ARTEFACTS,
    ),
    "tones": (lambda image, _: pixel_statistics.tones(image.luma, image.small), pixel_statistics.NO_TONES),
    "borders": (lambda image, _: pixel_statistics.borders(image.luma), pixel_statistics.NO_BORDERS),
    "thumbnail": (
        lambda image, numbers: decoded_image.thumbnail(
            image.small, image.luma.shape, image.profile, numbers.measures.thumbnail
        ),
        decoded_image.NO_THUMBNAIL,
    ),
}
"""Name -> what it measures, and its columns' values for an image that cannot be used."""

DIGITS = 6
"""Decimals kept of a measurement."""


def empty_row(numbers: Measures) -> Row:
    """Every column of a row, as it is for an image that cannot be used."""
    made: Row = {}
    for name, (_, columns) in MEASUREMENTS.items():
        made |= columns
        if name == "sharpness":
            made |= {f"flat_{preset}": np.nan for preset in sorted(numbers.flat)}
    return made


def measure(path: Path, numbers: Numbers) -> Row:
    """The row of an image file, decoded once; `failure` says why there is nothing to measure."""
    try:
        image = decode_file(path, numbers)
    except images.Unreadable as reason:
        return empty_row(numbers.measures) | {"failure": str(reason)}
    return measure_decoded(image, numbers)


def measure_decoded(image: DecodedImage, numbers: Numbers) -> Row:
    """The row of an image that has been decoded."""
    row: Row = {}
    for measurement, _ in MEASUREMENTS.values():
        row |= measurement(image, numbers)
    return {name: round(value, DIGITS) if isinstance(value, float) else value for name, value in row.items()} | {
        "failure": ""
    }


def decode_file(path: Path, numbers: Numbers) -> DecodedImage:
    """Decode an image file; Unreadable with the reason where it cannot be measured."""
    try:
        facts = facts_of(path.read_bytes(), numbers)
    except FileNotFoundError:
        raise
    except OSError as error:  # a folder
        raise images.Unreadable("not_an_image") from error
    with images.opened(path) as image:  # from the file, so that its bytes are not held beside the pixels
        return decode(image, numbers.measures.thumbnail, facts)


def facts_of(content: bytes, numbers: Numbers) -> Row:
    """The header's columns; Unreadable where it is known before the decode that there is no use in it."""
    try:
        kind, width, height = images.header(content)
    except images.Unreadable as reason:
        raise images.Unreadable(_failure(content, str(reason))) from None
    if flaw := formats.flaw(content, kind):
        raise images.Unreadable(flaw)
    with images.opened(content) as image:
        if kind != "TIFF" and image.format != "MPO" and _is_animated(image):
            raise images.Unreadable("animation")
        if decoded_image.decode_memory(image, len(content)) > numbers.measures.memory * 1e6:
            raise images.Unreadable("too_heavy")
        return {"format": kind, "width": width, "height": height, **encoding.encoding(image, content)}


def _is_animated(image: ImageFile.ImageFile) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except images.HOSTILE as error:
        raise images.Unreadable("broken") from error


def _failure(content: bytes, reason: str) -> str:
    """Why a file has no header that Pillow reads."""
    if reason != "not_an_image" or len(content) < formats.SHORTEST:
        return reason
    try:
        found = formats.size(content)
    except formats.NotAnImage:
        return "unsupported" if content.startswith(images.FOREIGN) or b"<svg" in content[:1024] else reason
    if found is None:
        return "truncated"
    return formats.flaw(content, found.format) or "broken" if found.format in images.FORMATS else "unsupported"


def measure_file(store: Path, numbers: Numbers, file: str) -> Row:
    """Measure a file of the store: a worker's task."""
    return measure(store / file, numbers)
