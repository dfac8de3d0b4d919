"""Files made to be accepted though they are cut, or to crash, fill or stall whoever opens them."""

import io
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from native4k import images
from native4k.measure import measurements
from tests.pictures import FORMATS, NUMBERS, chunk, encoded, multipage, noise, oriented, photo, png

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

FAILURES = {"truncated", "broken", "not_an_image", "unsupported", "bomb", "animation", "too_heavy"}


def failure_of(content: bytes, place: Path) -> str:
    (place / "file").write_bytes(content)
    return str(measurements.measure(place / "file", NUMBERS)["failure"])


LARGE = {
    "JPEG": encoded(photo(160, 120), "JPEG", quality=92),
    "progressive JPEG": encoded(photo(160, 120), "JPEG", quality=92, progressive=True),
    "PNG": encoded(photo(160, 120), "PNG"),
    "GIF": encoded(photo(160, 120), "GIF"),
    "lossy WebP": encoded(photo(160, 120), "WEBP", quality=90),
    "lossless WebP": encoded(photo(160, 120), "WEBP", lossless=True),
    "TIFF": encoded(photo(160, 120), "TIFF"),
    "packed TIFF": encoded(photo(160, 120), "TIFF", compression="tiff_deflate"),
    "tiled TIFF": encoded(photo(160, 120), "TIFF", compression="tiff_lzw", tiffinfo={322: 64, 323: 64}),
    "TIFF of two pages": multipage(photo(160, 120), photo(160, 120, 3))[:-4],  # without padding
    "AVIF": encoded(photo(160, 120), "AVIF", quality=80),
    "JPEG with EXIF": oriented(photo(160, 120), "JPEG", 6),
    "PNG with alpha": encoded(photo(160, 120).convert("RGBA"), "PNG"),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_file_cut_at_any_hundredth_or_near_its_end_is_never_taken_for_whole(tmp_path: Path, name: str) -> None:
    content = LARGE[name]
    assert failure_of(content, tmp_path) == ""
    cuts = {len(content) * share // 100 for share in range(100)} | {len(content) - back for back in range(1, 20)}
    failures = {cut: failure_of(content[:cut], tmp_path) for cut in sorted(cuts)}
    assert set(failures.values()) <= {"truncated", "not_an_image"}
    assert {failure for cut, failure in failures.items() if cut >= 32} == {"truncated"}


SMALL = [encoded(photo(24, 16), kind) for kind in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "AVIF")]
SMALL += [
    encoded(photo(24, 16), "JPEG", progressive=True),
    encoded(photo(24, 16).convert("CMYK"), "JPEG"),
    encoded(photo(24, 16), "WEBP", lossless=True),
    encoded(photo(24, 16), "TIFF", compression="tiff_lzw"),
    encoded(photo(24, 16).convert("P"), "PNG"),
    oriented(photo(24, 16), "JPEG", 6),
]


def damaged(number: int) -> bytes:
    """A file with bytes flipped, cut out, doubled or cut off: the same for the same number."""
    dice = random.Random(number)
    content = bytearray(dice.choice(SMALL))
    for _ in range(dice.choice((1, 2, 4, 16))):
        place = dice.randrange(min(len(content), dice.choice((64, 10_000))))
        way = dice.randrange(8)
        if way == 0:
            del content[place : place + dice.randrange(1, 16)]
        elif way == 1:
            content[place:place] = content[place : place + dice.randrange(1, 16)]
        elif way == 2:
            content[place : place + 4] = dice.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
        else:
            content[place] = dice.randrange(256)
        if not content:
            break
    return bytes(content[: dice.randrange(len(content) + 1)] if dice.random() < 0.2 else content)


@pytest.mark.parametrize("first", range(0, 1000, 250))
def test_damaged_files_are_measured_or_refused_with_a_reason_that_we_know(tmp_path: Path, first: int) -> None:
    failures = [failure_of(damaged(number), tmp_path) for number in range(first, first + 250)]
    assert set(failures) <= FAILURES | {""}
    assert {"", "truncated", "broken", "not_an_image"} <= set(failures)


def bombs() -> dict[str, bytes]:
    """Small files whose header promises 65,000 x 65,000 pixels or thereabouts."""
    gif, jpeg = bytearray(FORMATS["still GIF"]), bytearray(FORMATS["baseline JPEG"])
    gif[6:10] = struct.pack("<HH", 65_535, 65_535)
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 65_500, 65_500)
    webp = bytearray(encoded(noise(16, 16), "WEBP", lossless=True, exif=b"Exif\0\0"))
    webp[24:30] = (65_534).to_bytes(3, "little") * 2
    tiff = bytearray(FORMATS["TIFF"])
    for tag in (256, 257):
        place = tiff.index(struct.pack("<HHI", tag, 4, 1)) if struct.pack("<HHI", tag, 4, 1) in tiff else -1
        place = place if place >= 0 else tiff.index(struct.pack("<HHI", tag, 3, 1))
        tiff[place : place + 12] = struct.pack("<HHII", tag, 4, 1, 65_535)
    avif = bytearray(FORMATS["AVIF"])
    place = avif.index(b"ispe")
    avif[place + 8 : place + 16] = struct.pack(">II", 65_535, 65_535)
    return {"PNG": png(65_535, 65_535), "GIF": bytes(gif), "JPEG": bytes(jpeg), "WebP": bytes(webp),
            "TIFF": bytes(tiff), "AVIF": bytes(avif)}  # fmt: skip


@pytest.mark.parametrize("name", bombs())
def test_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path, name: str) -> None:
    expected = {"bomb", "broken", "truncated"} if name in {"WebP", "AVIF"} else {"bomb"}  # these compare two sizes
    assert failure_of(bombs()[name], tmp_path) in expected


@pytest.mark.parametrize(("width", "height"), [(65_535, 1), (1, 65_535)])
def test_a_side_of_65535_pixels_is_measured(tmp_path: Path, width: int, height: int) -> None:
    (tmp_path / "file").write_bytes(encoded(Image.new("RGB", (width, height)), "PNG"))
    row = measurements.measure(tmp_path / "file", NUMBERS)
    assert (row["failure"], row["width"], row["height"]) == ("", width, height)


@pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 60), (80, 0)])
def test_a_side_of_no_pixels_is_no_image(tmp_path: Path, width: int, height: int) -> None:
    jpeg = bytearray(FORMATS["baseline JPEG"])
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    for content in (png(width, height), bytes(jpeg)):
        assert failure_of(content, tmp_path) in {"not_an_image", "broken"}


@pytest.mark.parametrize("name", [b"zTXt", b"iCCP"])
def test_a_png_whose_text_unpacks_to_a_gigabyte_takes_no_memory(tmp_path: Path, name: bytes) -> None:
    packer = zlib.compressobj(9)
    start = packer.compress(bytes(2**22)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(2**22)) + packer.flush(zlib.Z_FULL_FLUSH)
    whole = encoded(noise(80, 60), "PNG")
    content = whole[:33] + chunk(name, b"k\0\0" + start + 255 * again) + whole[33:]
    tracked = Tracked()
    failure = failure_of(content, tmp_path)
    assert failure in {"bomb", ""}
    assert tracked.grown() < 150e6
    assert failure == "bomb" or name == b"iCCP"


class Tracked:
    """How much more memory the process has at its peak."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
        self.before = self._peak()

    def grown(self) -> int:
        return self._peak() - self.before

    @staticmethod
    def _peak() -> int:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def exif(entries: bytes, count: int) -> bytes:
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", count) + entries + b"\x08\0\0\0"


LOOP = exif(struct.pack("<HHII", 0x8769, 4, 1, 8), 1)  # the EXIF directory is the first directory
HUGE = exif(struct.pack("<HHII", 0x010E, 2, 0xFFFFFFF0, 26), 1)
MANY = exif(struct.pack("<HHII", 0x0112, 3, 1, 99) * 3000, 0xFFFF)
FAR = exif(struct.pack("<HHII", 0x8825, 4, 1, 0xFFFFFFF0), 1)


@pytest.mark.parametrize("content", [LOOP, HUGE, MANY, FAR, b"Exif\0\0", b"Exif\0\0II", bytes(60_000)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_recursive_or_absurd_exif_costs_nothing(tmp_path: Path, kind: str, content: bytes) -> None:
    assert failure_of(encoded(photo(80, 60), kind, exif=content), tmp_path) == ""


def test_a_tiff_whose_directories_form_a_circle_ends(tmp_path: Path) -> None:
    content = bytearray(FORMATS["TIFF of two pages"])
    (first,) = struct.unpack_from("<I", content, 4)
    (entries,) = struct.unpack_from("<H", content, first)
    (second,) = struct.unpack_from("<I", content, first + 2 + 12 * entries)
    (more,) = struct.unpack_from("<H", content, second)
    struct.pack_into("<I", content, second + 2 + 12 * more, first)
    assert failure_of(bytes(content), tmp_path) == ""


ZIP = b"PK\x03\x04" + bytes(200) + b"PK\x05\x06" + bytes(18)


@pytest.mark.parametrize("tail", [ZIP, b"<html><script>alert(1)</script></html>", b"%PDF-1.7\n", bytes(5000)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_a_polyglot_is_the_picture_that_it_begins_with(tmp_path: Path, kind: str, tail: bytes) -> None:
    whole = encoded(photo(80, 60), kind)
    assert failure_of(whole + tail, tmp_path) == ""
    assert failure_of(tail + whole, tmp_path) in {"not_an_image", "unsupported"}


def test_a_jpeg_with_markers_in_its_comment_ends_where_it_ends(tmp_path: Path) -> None:
    whole = encoded(photo(80, 60), "JPEG", comment=b"\xff\xd9 \xff\xda \xff\xd8")
    assert failure_of(whole, tmp_path) == ""
    assert failure_of(whole[:-30], tmp_path) == "truncated"


def test_a_profile_that_cannot_be_read_is_said_and_not_applied(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(encoded(photo(80, 60), "JPEG", icc_profile=b"not a profile" * 20))
    row: dict[str, Any] = measurements.measure(tmp_path / "file", NUMBERS)
    assert (row["failure"], row["icc"], row["wide_gamut"]) == ("", "unreadable", False)
    assert images.decode(io.BytesIO(row["thumbnail"]).getvalue()).size == (20, 15)
