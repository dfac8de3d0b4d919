"""JPEG: markers, most of them with a segment."""

import re
import struct
from collections.abc import Iterator

from native4k.formats import tiff
from native4k.formats.first_bytes import NotAnImage, Size, TooFewBytes, unpack, upright

FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers that start a frame; a segment with the size follows."""

PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
"""Those of frames whose scans bring a few coefficients, or a bit of them, each."""

COEFFICIENTS = 64
ALL = 2**COEFFICIENTS - 1
"""A bit for each coefficient of a block."""

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
    """Whether the end of image marker is there, and all scans before it; what follows it does not count."""
    try:
        found = _walk(content)
    except (TooFewBytes, struct.error, IndexError):
        found = "truncated"
    return "broken" if found == "truncated" and content.endswith(b"\xff\xd9") else found


def _walk(content: bytes) -> str:
    place, missing, progressive = 2, dict[int, int](), False
    while 0 <= (place := content.find(b"\xff", place)) < len(content) - 1:
        kind = content[place + 1]
        if kind == END:
            return "broken" if any(missing.values()) else ""
        if kind == 0 or kind in WITHOUT_SEGMENT:
            place += 2
        elif kind == FILL:
            place += 1
        else:
            if kind in FRAMES:
                missing, progressive = _components(content, place), kind in PROGRESSIVE
            if kind == SCAN:
                for component, whole in _scanned(content, place, progressive=progressive):
                    missing[component] = missing.get(component, 0) & ~whole
            place += 2 + unpack(content, ">H", place + 2)[0]
            if kind == SCAN:
                found = PIXELS_END.search(content, place)
                place = found.start() if found else len(content)
    return "truncated"


def _components(content: bytes, place: int) -> dict[int, int]:
    """Each component of a frame, and a bit for each of its coefficients."""
    (count,) = unpack(content, ">B", place + 9)
    return dict.fromkeys(content[place + 10 : place + 10 + 3 * count : 3], ALL)


def _scanned(content: bytes, place: int, *, progressive: bool) -> Iterator[tuple[int, int]]:
    """Each component of a scan, and the coefficients that have all their bits with it."""
    (count,) = unpack(content, ">B", place + 4)
    first, last, bits = unpack(content, ">BBB", place + 5 + 2 * count)
    if not progressive:  # decoders ask for nothing but the component
        first, last, bits = 0, 63, 0
    whole = ALL & ((2 << last) - (1 << first)) if last < COEFFICIENTS and not bits & 0x0F else 0
    yield from ((component, whole) for component in content[place + 5 : place + 5 + 2 * count : 2])
