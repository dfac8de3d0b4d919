"""Pixels: the only module that opens image files."""

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy.fft import dct

FORMATS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "TIFF": "tif", "GIF": "gif", "AVIF": "avif"}
"""What we accept, and the file ending each gets."""

Image.MAX_IMAGE_PIXELS = 400_000_000  # pixels; a header that promises more is a decompression bomb
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


class Unreadable(Exception):
    """An image file that cannot be used; the message is the row's reason."""


def header(content: bytes) -> tuple[str, int, int]:
    """Format, width and height as displayed, without decoding the pixels."""
    with _open(content) as image:
        width, height = image.size
        turned = image.getexif().get(0x0112, 1) >= 5  # EXIF orientations 5 to 8 swap the sides
        return str(image.format), *((height, width) if turned else (width, height))


def decode(content: bytes) -> Image.Image:
    """The picture upright and in RGB."""
    with _open(content) as image:
        try:
            return ImageOps.exif_transpose(image).convert("RGB")
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise Unreadable("truncated" if "truncated" in str(error) else "broken") from error


def load(path: Path) -> np.ndarray:
    """The pixels of a file: height x width x 3, uint8."""
    return np.asarray(decode(path.read_bytes()))


def _open(content: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(content), formats=list(FORMATS))
    except Image.DecompressionBombError as error:
        raise Unreadable("bomb") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Unreadable("not_an_image") from error
    return image


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
