"""One module a format: an image's true size from its first bytes, and whether all bytes of the file are there."""

import struct
from collections.abc import Callable

from native4k.formats import gif, heif, jpeg, jxl, png, tiff, webp
from native4k.formats.first_bytes import SIDEWAYS, NotAnImage, Size, TooFewBytes

__all__ = ["SHORTEST", "SIDEWAYS", "NotAnImage", "Size", "flaw", "size"]

SHORTEST = 32
"""Minimum of bytes that are looked at."""

SIZES: dict[bytes, Callable[[bytes], Size]] = {
    b"\xff\xd8\xff": jpeg.size,
    b"\x89PNG\r\n\x1a\n": png.size,
    b"RIFF": webp.size,
    b"GIF87a": gif.size,
    b"GIF89a": gif.size,
    b"II*\0": tiff.size,
    b"II+\0": tiff.size,
    b"MM\0*": tiff.size,
    b"MM\0+": tiff.size,
    b"\xff\x0a": jxl.size,
    b"\0\0\0\x0cJXL \r\n\x87\n": jxl.size_in_boxes,
    b"\0\0": heif.size,
}
"""What a file begins with -> who reads its size; the longer one of two that begin alike comes first."""

FLAWS: dict[str, Callable[[bytes], str]] = {
    "JPEG": jpeg.flaw,
    "PNG": png.flaw,
    "GIF": gif.flaw,
    "WEBP": webp.flaw,
    "AVIF": heif.flaw,
    "TIFF": tiff.flaw,
}
"""Format -> who finds what is wrong with a whole file."""


def size(head: bytes) -> Size | None:
    """Format and upright size from a file's first bytes; None if they are too few, NotAnImage if no more would help."""
    if len(head) < SHORTEST:
        return None
    try:
        for magic, size_of in SIZES.items():
            if head.startswith(magic):
                return _checked(size_of(head))
    except TooFewBytes:
        return None
    except (struct.error, IndexError) as error:
        raise NotAnImage from error
    raise NotAnImage


def _checked(found: Size) -> Size:
    if min(found.width, found.height) < 1:
        raise NotAnImage
    return found


def flaw(content: bytes, kind: str) -> str:
    """What is wrong with a file of a format: `truncated`, `broken`, or nothing; decoders forgive what the end lost."""
    try:
        return FLAWS[kind](content)
    except (TooFewBytes, struct.error, IndexError):
        return "truncated"
