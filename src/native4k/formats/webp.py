"""WebP: a RIFF file of a lossy, lossless or extended picture."""

from native4k.formats.first_bytes import NotAnImage, Size, unpack


def size(head: bytes) -> Size:
    """The size of a VP8 or VP8L picture, or of a VP8X canvas."""
    if head[8:12] != b"WEBP":
        raise NotAnImage
    kind = head[12:16]
    if kind == b"VP8X":
        flags, wide, high = head[20], head[24:27], head[27:30]
        sides = (1 + int.from_bytes(wide, "little"), 1 + int.from_bytes(high, "little"))
        return Size("WEBP", *sides, sure=not flags & 0x0C)  # EXIF or XMP at the end
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = unpack(head, "<HH", 26)
        return Size("WEBP", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L" and head[20] == 0x2F:  # noqa: PLR2004
        (bits,) = unpack(head, "<I", 21)
        return Size("WEBP", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    raise NotAnImage


def flaw(content: bytes) -> str:
    """Whether the file is as long as it says."""
    return "" if 8 + unpack(content, "<I", 4)[0] <= len(content) else "truncated"
