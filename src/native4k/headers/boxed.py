"""AVIF, HEIF and JPEG XL, which stand in boxes (ISO base media files), or in the last case may."""

from collections.abc import Iterator

from native4k.headers.head import SIDEWAYS, More, NotAnImage, Size, take, turned

HEIF = {b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
"""Width to height in JPEG XL's short form, from its code 1 on."""


def _boxes(head: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes of an ISO media file: name, where the content begins, where it ends."""
    while place < end:
        length, kind = take(head, ">II", place)
        start = place + 8
        if length == 1:
            (length,) = take(head, ">Q", start)
            start += 8
        stop = end if length == 0 else place + length
        if stop < start:
            raise NotAnImage
        yield kind.to_bytes(4, "big"), start, stop
        place = stop


def _within(head: bytes, span: tuple[int, int], name: bytes, skip: int = 0) -> tuple[int, int]:
    """Where the content of the first box of a name begins and ends, inside another."""
    for kind, start, stop in _boxes(head, *span):
        if kind == name:
            if stop > len(head):
                raise More
            return start + skip, stop
    raise NotAnImage


def heif(head: bytes) -> Size:
    """The primary item's size, cut and turned as its properties say."""
    (length,) = take(head, ">I", 0)
    if length > len(head):
        raise More
    brands = {head[8:12], *(head[place : place + 4] for place in range(16, length, 4))}
    if head[4:8] != b"ftyp" or not brands & HEIF:
        raise NotAnImage
    meta = _within(head, (length, 1 << 62), b"meta", skip=4)
    item, properties = _primary(head, meta), _within(head, meta, b"iprp")
    kinds = list(_boxes(head, *_within(head, properties, b"ipco")))
    own = {kinds[number - 1][:2] for number in _associated(head, properties, item) if 0 < number <= len(kinds)}
    places = dict(own)
    if b"ispe" not in places:
        raise NotAnImage
    width, height = take(head, ">II", places[b"ispe"] + 4)
    avif = brands & {b"avif", b"avis"}
    if b"clap" in places and not avif:  # libavif, and so Pillow, shows the whole
        wide, of_wide, high, of_high = take(head, ">IIII", places[b"clap"])
        width, height = wide // max(1, of_wide), high // max(1, of_high)
    quarters = head[places[b"irot"]] & 3 if b"irot" in places else 0
    return turned("AVIF" if avif else "HEIF", width, height, SIDEWAYS[0] if quarters % 2 else 1)


def _primary(head: bytes, meta: tuple[int, int]) -> int:
    start, _ = _within(head, meta, b"pitm")
    (item,) = take(head, ">I" if head[start] else ">H", start + 4)
    return item


def _associated(head: bytes, properties: tuple[int, int], wanted: int) -> list[int]:
    """The numbers of an item's properties."""
    start, _ = _within(head, properties, b"ipma")
    wide, large = head[start] > 0, head[start + 3] & 1
    (items,) = take(head, ">I", start + 4)
    place = start + 8
    for _ in range(items):
        item, count = take(head, ">IB" if wide else ">HB", place)
        place += 5 if wide else 3
        numbers = take(head, f">{count}{'H' if large else 'B'}", place)
        place += count * (2 if large else 1)
        if item == wanted:
            return [number & (0x7FFF if large else 0x7F) for number in numbers]
    raise NotAnImage


def jxl_boxed(head: bytes) -> Size:
    """The size in a codestream that stands in boxes."""
    for kind, start, stop in _boxes(head, 0, 1 << 62):
        if kind in {b"jxlc", b"jxlp"}:
            return jxl(head[start + 4 * (kind == b"jxlp") : min(stop, len(head))])
    raise NotAnImage


def jxl(head: bytes) -> Size:
    """The size header and the orientation of a JPEG XL codestream, whose bits come lowest first."""
    if len(head) < 14:  # noqa: PLR2004
        raise More
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
    return turned("JXL", width, height, 1 if plain else 1 + read(3))
