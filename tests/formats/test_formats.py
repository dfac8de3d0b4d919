"""Sizes from first bytes: the same as Pillow's on all that Pillow writes, and as the specifications say on the rest."""

import io
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from native4k import formats, images
from native4k.formats import Size

WRITERS: dict[str, dict[str, Any]] = {
    "baseline JPEG": {"format": "JPEG"},
    "progressive JPEG": {"format": "JPEG", "progressive": True},
    "PNG": {"format": "PNG"},
    "lossy WebP": {"format": "WEBP"},
    "lossless WebP": {"format": "WEBP", "lossless": True},
    "TIFF": {"format": "TIFF"},
    "compressed TIFF": {"format": "TIFF", "compression": "tiff_lzw"},
    "BigTIFF": {"format": "TIFF", "big_tiff": True},
    "AVIF": {"format": "AVIF", "quality": 10, "speed": 10},
    "GIF": {"format": "GIF"},
}


def written(width: int, height: int, orientation: int = 0, **options: Any) -> bytes:
    """A picture as Pillow writes it."""
    if orientation and options["format"] != "GIF":
        options["exif"] = exif = Image.Exif()
        exif[images.ORIENTATION] = orientation
    out = io.BytesIO()
    Image.new("RGB", (width, height), (9, 99, 199)).save(out, **options)
    return out.getvalue()


@pytest.mark.parametrize("options", WRITERS.values(), ids=WRITERS)
@given(width=st.integers(1, 300), height=st.integers(1, 300), orientation=st.integers(0, 8))
def test_sizes_are_those_of_the_decoded_picture(
    options: dict[str, Any], width: int, height: int, orientation: int
) -> None:
    content = written(width, height, orientation, **options)
    found = formats.size(content)
    assert found is not None
    upright = images.decode(content).size
    assert images.header(content) == (found.format, *upright)
    assert (found.width, found.height) == (upright if found.sure else (width, height))
    assert found.sure or options["format"] in {"PNG", "WEBP"}


@pytest.mark.parametrize("options", WRITERS.values(), ids=WRITERS)
def test_too_few_bytes_are_told_from_no_image(options: dict[str, Any]) -> None:
    content = written(200, 100, 6, **options)
    found = [formats.size(content[:end]) for end in range(len(content) + 1)]
    enough = next(end for end, size in enumerate(found) if size)
    assert found[:enough] == [None] * enough
    assert set(found[enough:]) == {formats.size(content)}
    assert enough < 1000


@given(start=st.sampled_from([written(40, 30, 3, **options) for options in WRITERS.values()]), data=st.data())
def test_bytes_gone_wrong_are_a_size_or_too_few_or_no_image(start: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(start) - 1))
    broken = start[:place] + data.draw(st.binary(min_size=1, max_size=9)) + start[place + 1 :]
    try:
        found = formats.size(broken)
    except formats.NotAnImage:
        return
    assert found is None or min(found.width, found.height) > 0


@given(st.binary(min_size=32, max_size=200))
def test_noise_is_no_image(noise: bytes) -> None:
    if noise[:2] not in {b"\xff\xd8", b"\xff\x0a", b"\0\0"}:
        with pytest.raises(formats.NotAnImage):
            formats.size(noise)


@pytest.mark.parametrize("kind", [0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF])
def test_every_start_of_frame_is_known(kind: int) -> None:
    content = written(70, 50, format="JPEG")
    assert formats.size(content.replace(b"\xff\xc0\x00\x11", bytes([0xFF, kind, 0, 0x11]))) == Size("JPEG", 70, 50)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_tiffs_of_both_byte_orders_are_read(order: str, big: bool) -> None:
    mark, wide = b"II" if order == "<" else b"MM", "Q" if big else "I"
    start = struct.pack(order + "HHHQQ", 43, 8, 0, 16, 3) if big else struct.pack(order + "HIH", 42, 8, 3)
    entries = [
        struct.pack(order + "HH" + wide, tag, kind, 1)
        + struct.pack(order + {3: "H", 4: "I"}[kind], value).ljust(8 if big else 4, b"\0")
        for tag, kind, value in [(0x0100, 4, 5000), (0x0101, 3, 4000), (0x0112, 3, 6)]
    ]
    assert formats.size(mark + start + b"".join(entries)) == Size("TIFF", 4000, 5000)


def test_a_tiff_whose_next_page_lies_beyond_any_file_is_truncated() -> None:
    content = struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, 0) + struct.pack("<Q", 2**63)
    assert formats.flaw(content, "TIFF") == "truncated"


def test_xmp_turns_a_jpeg_that_exif_leaves_alone() -> None:
    packet = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    content = written(70, 50, format="JPEG", xmp=packet)
    assert formats.size(content) == Size("JPEG", 50, 70)
    assert images.decode(content).size == (50, 70)


def test_metadata_before_the_size_ask_for_more_bytes() -> None:
    content = written(70, 50, format="JPEG", icc_profile=bytes(100_000))
    assert formats.size(content[:50_000]) is None
    assert formats.size(content) == Size("JPEG", 70, 50)


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + kind + body


def heif(brand: bytes, *properties: bytes) -> bytes:
    """An image of two items, the second of which is the primary one and has all the properties but the first."""
    thumbnail = box(b"ispe", bytes(4), struct.pack(">II", 160, 120))
    numbers = bytes(range(2, 2 + len(properties)))
    own = struct.pack(">HB", 1, 1) + b"\x01" + struct.pack(">HB", 2, len(properties)) + numbers
    return box(b"ftyp", brand, bytes(4), b"mif1") + box(
        b"meta",
        bytes(4),
        box(b"hdlr", bytes(24)),
        box(b"pitm", bytes(4), struct.pack(">H", 2)),
        box(b"iprp", box(b"ipco", thumbnail, *properties), box(b"ipma", bytes(4), struct.pack(">I", 2), own)),
    )


ISPE = box(b"ispe", bytes(4), struct.pack(">II", 4032, 3024))
CLAP = box(b"clap", struct.pack(">8I", 4000, 1, 3000, 1, 0, 1, 0, 1))


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (heif(b"heic", ISPE), Size("HEIF", 4032, 3024)),
        (heif(b"heic", ISPE, box(b"irot", b"\x01")), Size("HEIF", 3024, 4032)),
        (heif(b"heic", ISPE, box(b"irot", b"\x02")), Size("HEIF", 4032, 3024)),
        (heif(b"heic", ISPE, CLAP, box(b"irot", b"\x03")), Size("HEIF", 3000, 4000)),
        (heif(b"avif", ISPE, box(b"irot", b"\x01")), Size("AVIF", 3024, 4032)),
    ],
)
def test_the_primary_item_of_a_heif_counts_cut_and_turned(content: bytes, size: Size) -> None:
    assert formats.size(content) == size
    assert formats.size(content[:-9]) is None


def test_a_film_is_no_image() -> None:
    with pytest.raises(formats.NotAnImage):
        formats.size(box(b"ftyp", b"isom", bytes(4), b"mp42") + bytes(99))


def bits(*fields: tuple[int, int]) -> bytes:
    """Values and their widths, the lowest bit first."""
    whole = place = 0
    for value, width in fields:
        whole |= value << place
        place += width
    return b"\xff\x0a" + whole.to_bytes(30, "little")


@pytest.mark.parametrize(
    ("stream", "size"),
    [
        (bits((1, 1), (4, 5), (1, 3), (1, 1)), (40, 40)),
        (bits((1, 1), (4, 5), (0, 3), (6, 5), (1, 1)), (56, 40)),
        (bits((0, 1), (0, 2), (269, 9), (5, 3), (1, 1)), (480, 270)),
        (bits((0, 1), (1, 2), (2159, 13), (5, 3), (1, 1)), (3840, 2160)),
        (bits((0, 1), (2, 2), (9999, 18), (0, 3), (3, 2), (99_999, 30), (1, 1)), (100_000, 10_000)),
        (bits((0, 1), (1, 2), (2159, 13), (5, 3), (0, 1), (1, 1), (5, 3)), (2160, 3840)),
        (bits((0, 1), (1, 2), (2159, 13), (5, 3), (0, 1), (1, 1), (2, 3)), (3840, 2160)),
        (bits((0, 1), (1, 2), (2159, 13), (5, 3), (0, 1), (0, 1)), (3840, 2160)),
    ],
)
def test_jpeg_xl_is_read_bare_and_in_boxes(stream: bytes, size: tuple[int, int]) -> None:
    start = b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"ftyp", b"jxl ", bytes(4), b"jxl ")
    assert formats.size(stream) == Size("JXL", *size)
    assert formats.size(start + box(b"jxlc", stream)) == Size("JXL", *size)
    assert formats.size(start + box(b"jxll", b"\x05") + box(b"jxlp", bytes(4), stream)) == Size("JXL", *size)
    assert formats.size(start + box(b"jxlc", stream)[:12]) is None


def test_a_progressive_jpeg_that_lacks_a_scan_is_broken_and_one_without_its_end_truncated() -> None:
    content = written(200, 150, format="JPEG", progressive=True)
    scans = [place for place in range(len(content)) if content[place : place + 2] == b"\xff\xda"]
    assert formats.flaw(content, "JPEG") == ""
    assert len(scans) == 10
    assert {formats.flaw(content[:place] + b"\xff\xd9", "JPEG") for place in scans[1:]} == {"broken"}
    assert {formats.flaw(content[:place], "JPEG") for place in scans[1:]} == {"truncated"}


def test_a_jpeg_that_lacks_a_component_is_broken() -> None:
    content = bytearray(written(70, 50, format="JPEG"))
    scan = content.index(b"\xff\xda")
    content[scan + 9] = content[scan + 7]  # the second component's scan is the first's once more
    assert formats.flaw(bytes(content), "JPEG") == "broken"
