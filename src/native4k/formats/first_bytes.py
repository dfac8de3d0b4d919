"""What every reader of sizes needs: numbers at a place in the first bytes, and what it may find there."""

import struct
from typing import NamedTuple

SIDEWAYS = (5, 6, 7, 8)
"""EXIF orientations that swap the sides."""


class NotAnImage(Exception):  # noqa: N818
    """The first bytes are of no format we know, or of a file made wrong."""


class TooFewBytes(Exception):  # noqa: N818
    """What is read stands further on in the file, or beyond its end."""


class Size(NamedTuple):
    """What is seen of an upright image; where the orientation may stand at the file's end, `sure` is false."""

    format: str
    width: int
    height: int
    sure: bool = True


def upright(kind: str, width: int, height: int, orientation: int) -> Size:
    """The size as displayed, by the EXIF orientation."""
    return Size(kind, height, width) if orientation in SIDEWAYS else Size(kind, width, height)


def unpack(content: bytes, pattern: str, place: int) -> tuple[int, ...]:
    """The numbers at a place, as struct reads them."""
    if place + struct.calcsize(pattern) > len(content):
        raise TooFewBytes
    return struct.unpack_from(pattern, content, place)
