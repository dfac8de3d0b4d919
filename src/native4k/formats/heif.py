"""AVIF and HEIF: items and their properties, in the boxes of ISO base media files."""

from collections.abc import Iterator

from native4k.formats.first_bytes import SIDEWAYS, NotAnImage, Size, TooFewBytes, unpack, upright


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


BRANDS = {b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def size(head: bytes) -> Size:
    """The primary item's size, cut and turned as its properties say."""
    (length,) = unpack(head, ">I", 0)
    if length > len(head):
        raise TooFewBytes
    brands = {head[8:12], *(head[place : place + 4] for place in range(16, length, 4))}
    if head[4:8] != b"ftyp" or not brands & BRANDS:
        raise NotAnImage
    meta = find_box(head, (length, 1 << 62), b"meta", skip=4)
    item, properties = _primary(head, meta), find_box(head, meta, b"iprp")
    kinds = list(boxes(head, *find_box(head, properties, b"ipco")))
    own = {kinds[number - 1][:2] for number in _associated(head, properties, item) if 0 < number <= len(kinds)}
    places = dict(own)
    if b"ispe" not in places:
        raise NotAnImage
    width, height = unpack(head, ">II", places[b"ispe"] + 4)
    avif = brands & {b"avif", b"avis"}
    if b"clap" in places and not avif:  # libavif, and so Pillow, shows the whole
        wide, of_wide, high, of_high = unpack(head, ">IIII", places[b"clap"])
        width, height = wide // max(1, of_wide), high // max(1, of_high)
    quarters = head[places[b"irot"]] & 3 if b"irot" in places else 0
    return upright("AVIF" if avif else "HEIF", width, height, SIDEWAYS[0] if quarters % 2 else 1)


def _primary(head: bytes, meta: tuple[int, int]) -> int:
    start, _ = find_box(head, meta, b"pitm")
    (item,) = unpack(head, ">I" if head[start] else ">H", start + 4)
    return item


def _associated(head: bytes, properties: tuple[int, int], wanted: int) -> list[int]:
    """The numbers of an item's properties."""
    start, _ = find_box(head, properties, b"ipma")
    wide, large = head[start] > 0, head[start + 3] & 1
    (items,) = unpack(head, ">I", start + 4)
    place = start + 8
    for _ in range(items):
        item, count = unpack(head, ">IB" if wide else ">HB", place)
        place += 5 if wide else 3
        numbers = unpack(head, f">{count}{'H' if large else 'B'}", place)
        place += count * (2 if large else 1)
        if item == wanted:
            return [number & (0x7FFF if large else 0x7F) for number in numbers]
    raise NotAnImage


def flaw(content: bytes) -> str:
    """Whether the last box is whole."""
    place = 0
    while place < len(content):
        (length,) = unpack(content, ">I", place)
        if length == 1:
            (length,) = unpack(content, ">Q", place + 8)
        elif length == 0:  # up to the end
            return ""
        if length < 8:  # noqa: PLR2004
            return "broken"
        place += length
    return "" if place == len(content) else "truncated"
