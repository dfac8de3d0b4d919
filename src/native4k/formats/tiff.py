"""TIFF and BigTIFF, and EXIF, which is one: directories of tags, one a page."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from native4k.formats.first_bytes import NotAnImage, Size, TooFewBytes, unpack, upright

WIDTH, HEIGHT, ORIENTATION = 0x0100, 0x0101, 0x0112

LENGTHS = {273: 279, 324: 325}
"""Tags that say where strips and tiles begin -> how long they are."""

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a value of each type."""

NUMBERS = {3: "H", 4: "I", 16: "Q"}
"""The types SHORT, LONG and LONG8, as struct reads them."""

CLASSIC, BIG = 42, 43
"""The versions."""

PAGES = 10_000
"""Of a file that are looked at."""


class Layout(NamedTuple):
    """How a file's numbers are written: struct's byte order, its types of an offset and of a count; bytes of a tag."""

    order: str
    version: int
    offset_type: str
    count_type: str
    entry: int

    def first(self, content: bytes) -> int:
        """Where the first directory is."""
        return unpack(content, self.order + self.offset_type, struct.calcsize(self.offset_type))[0]

    def entries(self, content: bytes, place: int) -> range:
        """Where the tags of the directory at a place begin."""
        (count,) = unpack(content, self.order + self.count_type, place)
        start = place + struct.calcsize(self.count_type)
        return range(start, start + count * self.entry, self.entry)


def _layout(content: bytes) -> Layout:
    order = "<" if content[:2] == b"II" else ">"
    (version,) = unpack(content, order + "H", 2)
    return Layout(order, version, *(("Q", "Q", 20) if version == BIG else ("I", "H", 12)))


def size(head: bytes) -> Size:
    """The first directory's size."""
    tags = _tags(head)
    if WIDTH not in tags or HEIGHT not in tags:
        raise NotAnImage
    return upright("TIFF", tags[WIDTH], tags[HEIGHT], tags.get(ORIENTATION, 1))


def orientation(exif: bytes) -> int:
    """The orientation in the EXIF of another format's file, 0 for none."""
    try:
        return _tags(exif).get(ORIENTATION, 0)
    except (TooFewBytes, NotAnImage, struct.error):
        return 0


def _tags(head: bytes) -> dict[int, int]:
    """The first directory's numbers by tag, of those with one value only."""
    if head[:2] not in {b"II", b"MM"}:
        raise NotAnImage
    layout = _layout(head)
    if layout.version not in {CLASSIC, BIG}:
        raise NotAnImage
    places = layout.entries(head, layout.first(head))
    if places.stop > len(head):
        raise TooFewBytes
    found: dict[int, int] = {}
    for place in places:
        tag, kind, values = unpack(head, layout.order + "HH" + layout.offset_type, place)
        if values == 1 and kind in NUMBERS:
            inside = place + 4 + struct.calcsize(layout.offset_type)
            (found[tag],) = unpack(head, layout.order + NUMBERS[kind], inside)
    return found


def flaw(content: bytes) -> str:
    """Whether every page's directory and pixels are inside the file."""
    for tags in _pages(content):
        for places, lengths in LENGTHS.items():
            pairs = zip(tags.get(places, ()), tags.get(lengths, ()), strict=False)
            if any(place + length > len(content) for place, length in pairs):
                return "truncated"
    return ""


def pages(content: bytes) -> int:
    """How many pages a file has."""
    return sum(1 for _ in _pages(content))


def _pages(content: bytes) -> Iterator[dict[int, tuple[int, ...]]]:
    """The tags of each page that say where its pixels are."""
    layout = _layout(content)
    place = layout.first(content)
    seen: set[int] = set()
    while place and place not in seen and len(seen) < PAGES:
        seen.add(place)
        starts = layout.entries(content, place)
        yield {tag: values for start in starts for tag, values in _entry(content, start, layout)}
        (place,) = unpack(content, layout.order + layout.offset_type, starts.stop)


def _entry(content: bytes, start: int, layout: Layout) -> Iterator[tuple[int, tuple[int, ...]]]:
    """A tag with its numbers, if they are where the pixels are; TooFewBytes if its values lie beyond the end."""
    tag, kind, count = unpack(content, layout.order + "HH" + layout.offset_type, start)
    inside, size = struct.calcsize(layout.offset_type), count * SIZES.get(kind, 0)
    place = start + 4 + inside
    if size > inside:
        (place,) = unpack(content, layout.order + layout.offset_type, place)
    if place + size > len(content):
        raise TooFewBytes
    if tag in {*LENGTHS, *LENGTHS.values()} and kind in NUMBERS:
        yield tag, struct.unpack_from(f"{layout.order}{count}{NUMBERS[kind]}", content, place)
