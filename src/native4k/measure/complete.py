"""Whether all bytes of a file are there, by the structure of its format: decoders forgive what is lost at the end."""

import re
import struct
import zlib
from collections.abc import Callable, Iterator

MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""In a JPEG's scan: what is neither a stuffed byte, nor a restart, nor a fill byte."""

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a value of TIFF's types."""

NUMBERS = {3: "H", 4: "I", 16: "Q"}
"""TIFF's types SHORT, LONG and LONG8, as struct reads them."""

WHERE = {273: 279, 324: 325}
"""TIFF's tags that say where strips and tiles begin -> how long they are."""

PAGES = 10_000
"""Of a TIFF that are looked at."""


def flaw(content: bytes, kind: str) -> str:
    """What is wrong with a file of a format: `truncated`, `broken`, or nothing."""
    try:
        return READERS[kind](content)
    except (struct.error, IndexError):
        return "truncated"


def jpeg(content: bytes) -> str:
    """Up to the end of image marker; what follows it does not count."""
    place = 2
    while 0 <= (place := content.find(b"\xff", place)) < len(content) - 1:
        kind = content[place + 1]
        if kind == 0xD9:  # noqa: PLR2004
            return ""
        if kind in {0x00, 0x01, *range(0xD0, 0xD9)}:
            place += 2
        elif kind == 0xFF:  # noqa: PLR2004  # a fill byte
            place += 1
        else:
            place += 2 + struct.unpack_from(">H", content, place + 2)[0]
            if kind == 0xDA:  # noqa: PLR2004  # a scan: pixels up to the next marker
                found = MARKER.search(content, place)
                place = found.start() if found else len(content)
    return "truncated"


def png(content: bytes) -> str:
    """Up to the chunk IEND, with the checksums of all chunks that pixels depend on."""
    place, view = 8, memoryview(content)
    while True:
        length, name = struct.unpack_from(">I4s", content, place)
        end = place + 8 + length
        (promised,) = struct.unpack_from(">I", content, end)
        if name[0] < ord("a") and zlib.crc32(view[place + 4 : end]) != promised:
            return "broken"
        if name == b"IEND":
            return ""
        place = end + 4


def gif(content: bytes) -> str:
    """Block by block up to the trailer."""
    place = 13 + _colours(content[10])
    while content[place] != 0x3B:  # noqa: PLR2004
        if content[place] == 0x21:  # noqa: PLR2004  # an extension
            place = _blocks(content, place + 2)
        elif content[place] == 0x2C:  # noqa: PLR2004  # a picture
            place = _blocks(content, place + 11 + _colours(content[place + 9]))
        else:
            place += 1
    return ""


def _colours(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(content: bytes, place: int) -> int:
    while content[place]:
        place += 1 + content[place]
    return place + 1


def webp(content: bytes) -> str:
    """As long as it says."""
    return "" if 8 + struct.unpack_from("<I", content, 4)[0] <= len(content) else "truncated"


def avif(content: bytes) -> str:
    """Box by box."""
    place = 0
    while place < len(content):
        (length,) = struct.unpack_from(">I", content, place)
        if length == 1:
            (length,) = struct.unpack_from(">Q", content, place + 8)
        elif length == 0:  # up to the end
            return ""
        if length < 8:  # noqa: PLR2004
            return "broken"
        place += length
    return "" if place == len(content) else "truncated"


def tiff(content: bytes) -> str:
    """Every page's directory and pixels inside the file."""
    for tags in _pages(content):
        for places, lengths in WHERE.items():
            pairs = zip(tags.get(places, ()), tags.get(lengths, ()), strict=False)
            if any(place + length > len(content) for place, length in pairs):
                return "truncated"
    return ""


def pages(content: bytes) -> int:
    """How many pages a TIFF has."""
    return sum(1 for _ in _pages(content))


def _pages(content: bytes) -> Iterator[dict[int, tuple[int, ...]]]:
    order = "<" if content[:2] == b"II" else ">"
    wide = struct.unpack_from(order + "H", content, 2)[0] == 43  # noqa: PLR2004  # BigTIFF
    number, count = ("Q", "Q") if wide else ("I", "H")
    (place,) = struct.unpack_from(order + number, content, 8 if wide else 4)
    seen: set[int] = set()
    while place and place not in seen and len(seen) < PAGES:
        seen.add(place)
        (entries,) = struct.unpack_from(order + count, content, place)
        first, step = place + struct.calcsize(count), 20 if wide else 12
        yield {
            tag: values
            for start in range(first, first + entries * step, step)
            for tag, values in _entry(content, start, order, number)
        }
        (place,) = struct.unpack_from(order + number, content, first + entries * step)


def _entry(content: bytes, start: int, order: str, number: str) -> Iterator[tuple[int, tuple[int, ...]]]:
    """A tag with its numbers, if they are where the pixels are; an error if its values lie beyond the end."""
    tag, kind, count = struct.unpack_from(order + "HH" + number, content, start)
    inside, size = struct.calcsize(number), count * SIZES.get(kind, 0)
    place = start + 4 + inside
    if size > inside:
        (place,) = struct.unpack_from(order + number, content, place)
    if place + size > len(content):
        raise struct.error("beyond the end")
    if tag in {*WHERE, *WHERE.values()} and kind in NUMBERS:
        yield tag, struct.unpack_from(f"{order}{count}{NUMBERS[kind]}", content, place)


READERS: dict[str, Callable[[bytes], str]] = {
    "JPEG": jpeg,
    "PNG": png,
    "GIF": gif,
    "WEBP": webp,
    "AVIF": avif,
    "TIFF": tiff,
}
