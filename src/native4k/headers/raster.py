"""JPEG, PNG, GIF, WebP and TIFF."""

import re
import struct

from native4k.headers.head import More, NotAnImage, Size, take, turned

ORIENTATION, WIDTH, HEIGHT = 0x0112, 0x0100, 0x0101
NUMBERS = {3: "H", 4: "I", 16: "Q"}
"""TIFF's types SHORT, LONG and LONG8, as struct writes them."""

XMP = re.compile(rb"tiff:Orientation(?:=[\"']|>)([1-8])")


def jpeg(head: bytes) -> Size:
    """The size in any start of frame, turned by EXIF or XMP."""
    sides: tuple[int, ...] | None = None
    exif, xmp = 0, 0
    place = 2
    while True:
        (mark,) = take(head, ">B", place)
        if mark != 0xFF:  # noqa: PLR2004
            raise NotAnImage
        (kind,) = take(head, ">B", place + 1)
        if kind == 0xFF:  # noqa: PLR2004  # a fill byte
            place += 1
        elif kind == 0xDA and sides:  # noqa: PLR2004  # the pixels begin
            return turned("JPEG", sides[1], sides[0], exif or xmp)
        elif kind in {0xD8, 0x01, *range(0xD0, 0xD8)}:  # without a length
            place += 2
        else:
            (length,) = take(head, ">H", place + 2)
            if kind in {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}:
                sides = take(head, ">HH", place + 5)
            if kind == 0xE1 and place + 2 + length <= len(head):  # noqa: PLR2004
                segment = head[place + 4 : place + 2 + length]
                exif, xmp = exif or _exif(segment), xmp or _xmp(segment)
            place += 2 + length


def _exif(segment: bytes) -> int:
    try:
        return _tags(segment[6:]).get(ORIENTATION, 0) if segment.startswith(b"Exif\0\0") else 0
    except (More, NotAnImage, struct.error):
        return 0


def _xmp(segment: bytes) -> int:
    found = XMP.search(segment) if segment.startswith(b"http://ns.adobe.com/xap/1.0/") else None
    return int(found[1]) if found else 0


def _tags(head: bytes) -> dict[int, int]:
    """A TIFF's numbers by tag, of the first directory and with one value only."""
    order = {b"II": "<", b"MM": ">"}.get(bytes(head[:2]))
    if order is None:
        raise NotAnImage
    (version,) = take(head, order + "H", 2)
    if version not in {42, 43}:
        raise NotAnImage
    wide = version == 43  # noqa: PLR2004  # BigTIFF
    (start,) = take(head, order + ("Q" if wide else "I"), 8 if wide else 4)
    (count,) = take(head, order + ("Q" if wide else "H"), start)
    first, step = start + (8 if wide else 2), 20 if wide else 12
    if first + count * step > len(head):
        raise More
    found: dict[int, int] = {}
    for place in range(first, first + count * step, step):
        tag, kind, values = take(head, order + ("HHQ" if wide else "HHI"), place)
        if values == 1 and kind in NUMBERS:
            (found[tag],) = take(head, order + NUMBERS[kind], place + step - (8 if wide else 4))
    return found


def tiff(head: bytes) -> Size:
    """The first directory's size, of either byte order and of BigTIFF."""
    tags = _tags(head)
    if WIDTH not in tags or HEIGHT not in tags:
        raise NotAnImage
    return turned("TIFF", tags[WIDTH], tags[HEIGHT], tags.get(ORIENTATION, 1))


def png(head: bytes) -> Size:
    """The size, turned by an eXIf that stands before the pixels."""
    width, height = take(head, ">II", 16)
    if head[12:16] != b"IHDR":
        raise NotAnImage
    place = 33
    while True:
        length, kind = take(head, ">II", place)
        name = kind.to_bytes(4, "big")
        if name == b"eXIf" and place + 8 + length <= len(head):
            return turned("PNG", width, height, _exif(b"Exif\0\0" + head[place + 8 : place + 8 + length]))
        if name == b"IDAT":  # eXIf may still follow the pixels
            return Size("PNG", width, height, sure=False)
        place += 12 + length


def gif(head: bytes) -> Size:
    """The screen's size."""
    width, height = take(head, "<HH", 6)
    return Size("GIF", width, height)


def webp(head: bytes) -> Size:
    """The size of a VP8 or VP8L picture, or of a VP8X canvas."""
    if head[8:12] != b"WEBP":
        raise NotAnImage
    kind = head[12:16]
    if kind == b"VP8X":
        flags, wide, high = head[20], head[24:27], head[27:30]
        sides = (1 + int.from_bytes(wide, "little"), 1 + int.from_bytes(high, "little"))
        return Size("WEBP", *sides, sure=not flags & 0x0C)  # EXIF or XMP at the end
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = take(head, "<HH", 26)
        return Size("WEBP", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L" and head[20] == 0x2F:  # noqa: PLR2004
        (bits,) = take(head, "<I", 21)
        return Size("WEBP", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    raise NotAnImage
