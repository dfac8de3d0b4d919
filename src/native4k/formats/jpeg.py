"""JPEG: markers, most of them with a segment."""

import re

from native4k.formats import tiff
from native4k.formats.first_bytes import NotAnImage, Size, unpack, upright

FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers that start a frame; a segment with the size follows."""

WITHOUT_SEGMENT = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a segment: TEM, the restarts, and the start of the image."""

END, SCAN, APP1, FILL = 0xD9, 0xDA, 0xE1, 0xFF

PIXELS_END = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""In a scan: what is neither a stuffed byte, nor a restart, nor a fill byte."""

XMP = re.compile(rb"tiff:Orientation(?:=[\"']|>)([1-8])")


def size(head: bytes) -> Size:
    """The size in any start of frame, turned by EXIF or XMP."""
    sides: tuple[int, ...] | None = None
    exif, xmp = 0, 0
    place = 2
    while True:
        (mark,) = unpack(head, ">B", place)
        if mark != 0xFF:  # noqa: PLR2004
            raise NotAnImage
        (kind,) = unpack(head, ">B", place + 1)
        if kind == FILL:
            place += 1
        elif kind == SCAN and sides:
            return upright("JPEG", sides[1], sides[0], exif or xmp)
        elif kind in WITHOUT_SEGMENT:
            place += 2
        else:
            (length,) = unpack(head, ">H", place + 2)
            if kind in FRAMES:
                sides = unpack(head, ">HH", place + 5)
            if kind == APP1 and place + 2 + length <= len(head):
                segment = head[place + 4 : place + 2 + length]
                exif, xmp = exif or _exif(segment), xmp or _xmp(segment)
            place += 2 + length


def _exif(segment: bytes) -> int:
    return tiff.orientation(segment[6:]) if segment.startswith(b"Exif\0\0") else 0


def _xmp(segment: bytes) -> int:
    found = XMP.search(segment) if segment.startswith(b"http://ns.adobe.com/xap/1.0/") else None
    return int(found[1]) if found else 0


def flaw(content: bytes) -> str:
    """Whether the end of image marker is there; what follows it does not count."""
    place = 2
    while 0 <= (place := content.find(b"\xff", place)) < len(content) - 1:
        kind = content[place + 1]
        if kind == END:
            return ""
        if kind == 0 or kind in WITHOUT_SEGMENT:
            place += 2
        elif kind == FILL:
            place += 1
        else:
            place += 2 + unpack(content, ">H", place + 2)[0]
            if kind == SCAN:
                found = PIXELS_END.search(content, place)
                place = found.start() if found else len(content)
    return "truncated"
