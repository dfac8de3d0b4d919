"""An image's format and true size, upright, from the first bytes of its file."""

import struct

from native4k.headers import boxed, raster
from native4k.headers.head import More, NotAnImage, Size

__all__ = ["NotAnImage", "Size", "size"]

SHORTEST = 32
"""Bytes that are looked at, at least."""

READERS = {
    b"\xff\xd8\xff": raster.jpeg,
    b"\x89PNG\r\n\x1a\n": raster.png,
    b"RIFF": raster.webp,
    b"GIF87a": raster.gif,
    b"GIF89a": raster.gif,
    b"II*\0": raster.tiff,
    b"II+\0": raster.tiff,
    b"MM\0*": raster.tiff,
    b"MM\0+": raster.tiff,
    b"\xff\x0a": boxed.jxl,
    b"\0\0\0\x0cJXL \r\n\x87\n": boxed.jxl_boxed,
    b"\0\0": boxed.heif,
}
"""What a file begins with -> who reads it; the longer one of two that begin alike comes first."""


def size(head: bytes) -> Size | None:
    """Format and size from a file's first bytes; None if they are too few, NotAnImage if no more would help."""
    if len(head) < SHORTEST:
        return None
    try:
        for magic, reader in READERS.items():
            if head.startswith(magic):
                return _checked(reader(head))
    except More:
        return None
    except (struct.error, IndexError) as error:
        raise NotAnImage from error
    raise NotAnImage


def _checked(found: Size) -> Size:
    if min(found.width, found.height) < 1:
        raise NotAnImage
    return found
