"""Pixels: the only module that opens image files."""

import io
import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile
from scipy.fft import dct

FORMATS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "TIFF": "tif", "GIF": "gif", "AVIF": "avif"}
"""What we accept, and the file ending each gets."""

ENDINGS = frozenset({f".{ending}" for ending in FORMATS.values()} | {".jpeg", ".tiff"})
"""Of the files in a folder that are taken for pictures."""

MAX_PIXELS = 400_000_000
"""A header that promises more is a decompression bomb."""

Image.MAX_IMAGE_PIXELS = None  # we ask ourselves: Pillow only warns up to twice its limit
warnings.filterwarnings("ignore", module=r"PIL\.")  # of broken metadata; what matters is an exception

ORIENTATION = 0x0112
"""The EXIF tag; orientations 5 to 8 swap the sides."""

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (5, 6, 7, 8)

HOSTILE = (
    OSError,
    SyntaxError,
    ValueError,
    RuntimeError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    struct.error,
)
"""What Pillow raises on files made wrong; not MemoryError, which is the machine's fault."""


class Unreadable(Exception):  # noqa: N818
    """An image file that cannot be used; the message is the row's reason."""


def header(content: bytes | Path) -> tuple[str, int, int]:
    """Format, width and height as displayed, without decoding the pixels, of bytes or of a file."""
    with _open(content) as image:
        width, height = image.size
        if image.format == "PNG" and not {"exif", "Raw profile type exif"} & image.info.keys():
            image.info["exif"] = _late_exif(image)  # or Pillow decodes the pixels to see what follows them
        turned = image.format != "TIFF" and _orientation(image) in SIDEWAYS  # Pillow turns the size of TIFF itself
        return str(image.format), *((height, width) if turned else (width, height))


def decode(content: bytes) -> Image.Image:
    """The picture upright and in RGB."""
    with _open(content) as image:
        try:
            image.load()
            turn = UPRIGHT.get(_orientation(image))
            return (image if turn is None else image.transpose(turn)).convert("RGB")
        except HOSTILE as error:
            raise Unreadable("truncated" if "truncated" in str(error) else "broken") from error


def load(path: Path) -> np.ndarray:
    """The pixels of a file: height x width x 3, uint8."""
    return np.asarray(decode(path.read_bytes()))


def _open(content: bytes | Path) -> ImageFile.ImageFile:
    try:
        image = Image.open(content if isinstance(content, Path) else io.BytesIO(content), formats=list(FORMATS))
    except HOSTILE as error:
        raise Unreadable("not_an_image") from error
    if image.width * image.height > MAX_PIXELS:
        raise Unreadable("bomb")
    return image


def _late_exif(image: ImageFile.ImageFile) -> bytes:
    """The EXIF that a PNG has anywhere; empty for none."""
    file = image.fp
    assert file is not None
    file.seek(8)
    while len(head := file.read(8)) == 8:  # noqa: PLR2004
        length, kind = struct.unpack(">I4s", head)
        if kind == b"eXIf":
            return file.read(length)
        file.seek(length + 4, io.SEEK_CUR)
    return b""


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ORIENTATION)
    except HOSTILE:
        return 1
    return value if isinstance(value, int) else 1


def phash(image: Image.Image) -> str:
    """Perceptual hash, 16 hex digits, bit for bit imagededup's PHash: low DCT frequencies above their median."""
    grey = np.asarray(image.resize((32, 32), Image.Resampling.LANCZOS).convert("L"))
    low = dct(dct(grey, axis=0), axis=1)[:8, :8]
    bits = low >= np.median(low.flatten()[1:])
    return np.packbits(bits).tobytes().hex()


def thumbnail(image: Image.Image, side: int) -> bytes:
    """A small WebP whose longer side has the given pixels."""
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80)
    return out.getvalue()


def tiles(image: Image.Image, side: int, count: int) -> list[np.ndarray]:
    """About count squares of side pixels at native resolution, evenly spread; the whole image if it is smaller."""
    pixels = np.asarray(image)
    height, width = pixels.shape[:2]
    across = max(1, round((count * width / height) ** 0.5))
    down = max(1, round(count / across))
    tops = np.linspace(0, max(0, height - side), down + 2)[1:-1].astype(int)
    lefts = np.linspace(0, max(0, width - side), across + 2)[1:-1].astype(int)
    return [pixels[top : top + side, left : left + side] for top in tops for left in lefts]
