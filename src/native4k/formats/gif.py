"""GIF: extensions and pictures, each in blocks."""

from native4k.formats.first_bytes import Size, unpack

TRAILER, EXTENSION, PICTURE = 0x3B, 0x21, 0x2C


def size(head: bytes) -> Size:
    """The screen's size."""
    width, height = unpack(head, "<HH", 6)
    return Size("GIF", width, height)


def flaw(content: bytes) -> str:
    """Whether the trailer is there, block by block; IndexError if it is not."""
    place = 13 + _colours(content[10])
    while content[place] != TRAILER:
        if content[place] == EXTENSION:
            place = _blocks(content, place + 2)
        elif content[place] == PICTURE:
            place = _blocks(content, place + 11 + _colours(content[place + 9]))
        else:
            place += 1
    return ""


def _colours(flags: int) -> int:
    """Bytes of a table of colours."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(content: bytes, place: int) -> int:
    """Where a row of blocks ends."""
    while content[place]:
        place += 1 + content[place]
    return place + 1
