"""PNG: chunks with a length, a name and a checksum."""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import IO

from native4k.formats import tiff
from native4k.formats.first_bytes import NotAnImage, Size, TooFewBytes, unpack, upright

FIRST, SECOND = 8, 33
"""Where the first chunk begins, IHDR, and where the next one does."""


def _chunks(file: IO[bytes], place: int) -> Iterator[tuple[bytes, int, int]]:
    """The chunks of a file from a place on: name, where the content begins and ends; the file is read up to there."""
    file.seek(place)
    while len(head := file.read(8)) == 8:  # noqa: PLR2004
        length, name = struct.unpack(">I4s", head)
        start, place = place + 8, place + 12 + length
        yield name, start, start + length
        file.seek(place)


def size(head: bytes) -> Size:
    """The size, turned by an eXIf that stands before the pixels."""
    width, height = unpack(head, ">II", 16)
    if head[12:16] != b"IHDR":
        raise NotAnImage
    for name, start, end in _chunks(io.BytesIO(head), SECOND):
        if name == b"eXIf" and end <= len(head):
            return upright("PNG", width, height, tiff.orientation(head[start:end]))
        if name == b"IDAT":  # eXIf may still follow the pixels
            return Size("PNG", width, height, sure=False)
    raise TooFewBytes


def exif(file: IO[bytes]) -> bytes:
    """The EXIF that a file has before or after its pixels; empty for none."""
    for name, start, end in _chunks(file, FIRST):
        if name == b"eXIf":
            return file.read(end - start)
    return b""


def flaw(content: bytes) -> str:
    """Whether the chunk IEND is there, and the checksums of all chunks that pixels depend on are right."""
    view = memoryview(content)
    for name, start, end in _chunks(io.BytesIO(content), FIRST):
        (promised,) = unpack(content, ">I", end)
        if name[0] < ord("a") and zlib.crc32(view[start - 4 : end]) != promised:
            return "broken"
        if name == b"IEND":
            return ""
    return "truncated"
