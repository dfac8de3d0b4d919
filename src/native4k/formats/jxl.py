"""JPEG XL: a codestream, bare or in boxes."""

from native4k.formats.first_bytes import NotAnImage, Size, TooFewBytes, upright
from native4k.formats.heif import boxes

RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
"""Width to height in the short form, from its code 1 on."""


def size_in_boxes(head: bytes) -> Size:
    """The size in a codestream that stands in boxes."""
    for kind, start, stop in boxes(head, 0, 1 << 62):
        if kind in {b"jxlc", b"jxlp"}:
            return size(head[start + 4 * (kind == b"jxlp") : min(stop, len(head))])
    raise NotAnImage


def size(head: bytes) -> Size:
    """The size header and the orientation of a codestream, whose bits come lowest first."""
    if len(head) < 14:  # noqa: PLR2004
        raise TooFewBytes
    bits, place = int.from_bytes(head[2:14], "little"), 0

    def read(count: int) -> int:
        nonlocal place
        place += count
        return bits >> place - count & (1 << count) - 1

    def side(small: int) -> int:
        return 8 * (1 + read(5)) if small else 1 + read((9, 13, 18, 30)[read(2)])

    small = read(1)
    height = side(small)
    ratio = read(3)
    width = height * RATIOS[ratio - 1][0] // RATIOS[ratio - 1][1] if ratio else side(small)
    plain = read(1) or not read(1)
    return upright("JXL", width, height, 1 if plain else 1 + read(3))
