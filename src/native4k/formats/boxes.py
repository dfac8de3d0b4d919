"""Boxes, in which AVIF, HEIF and sometimes JPEG XL stand (ISO base media files)."""

from collections.abc import Iterator

from native4k.formats.first_bytes import NotAnImage, TooFewBytes, unpack


def boxes(head: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Each box between two places: its name, where the content begins, where it ends."""
    while place < end:
        length, kind = unpack(head, ">II", place)
        start = place + 8
        if length == 1:
            (length,) = unpack(head, ">Q", start)
            start += 8
        stop = end if length == 0 else place + length
        if stop < start:
            raise NotAnImage
        yield kind.to_bytes(4, "big"), start, stop
        place = stop


def find_box(head: bytes, span: tuple[int, int], name: bytes, skip: int = 0) -> tuple[int, int]:
    """Where the content of the first box of a name begins and ends, inside another."""
    for kind, start, stop in boxes(head, *span):
        if kind == name:
            if stop > len(head):
                raise TooFewBytes
            return start + skip, stop
    raise NotAnImage
