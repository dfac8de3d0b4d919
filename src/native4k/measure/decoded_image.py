"""A decoded image, as far as it is measured: a plane of luma, a small picture, and rows for the hash."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageFile

from native4k import formats, images
from native4k.measure import image_signatures, phash

Row = dict[str, Any]

cv2.setNumThreads(1)  # cores are used by shards and workers


class DecodedImage(NamedTuple):
    """The upright picture, as far as anything is measured of it."""

    luma: np.ndarray
    """Height x width, uint8: OpenCV's grey."""
    small: Image.Image
    """Reduced by a power of two, in RGB or CMYK, at least half again as large as a thumbnail."""
    narrow: np.ndarray
    """Height x 32 x 3: Pillow's Lanczos along the rows."""
    digest: str
    """The hash of the RGB pixels."""
    transparent: float
    """Share of the pixels that something would shine through."""
    facts: Row
    """What the file's header says."""
    profile: bytes
    """The ICC profile; empty for none."""


def decode(image: ImageFile.ImageFile, side: int, facts: Row) -> DecodedImage:
    """Decode, and go over the picture once, band by band; no copy of the whole is made."""
    profile = image.info.get("icc_profile") or b""
    picture = load(image)
    orientation = images.orientation_of(image)
    width, height = picture.size if orientation not in formats.SIDEWAYS else picture.size[::-1]
    power = halvings(width, height, side)
    luma, weights = np.empty((height, width), np.uint8), phash.lanczos(width, phash.SIDE)
    digest = image_signatures.start_hash(width, height)
    small, narrow, clear, top = list[np.ndarray](), list[np.ndarray](), 0, 0
    for band, pixels in _pixels(picture, orientation):
        rows = luma[top : top + len(pixels)]
        digest.update(pixels.data)
        cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY, dst=rows)
        narrow.append(phash.narrow(pixels, weights))
        small.append(_halved(np.asarray(band) if band.mode == "CMYK" else pixels, power))
        clear += _clear(band)
        top += len(pixels)
    reduced = Image.fromarray(np.concatenate(small), "CMYK" if picture.mode == "CMYK" else "RGB")
    transparent, pixel_hash = clear / luma.size, image_signatures.end_hash(digest)
    return DecodedImage(luma, reduced, np.concatenate(narrow), pixel_hash, transparent, facts, profile)


def load(image: ImageFile.ImageFile) -> Image.Image:
    """The decoded picture, as it lies in the file; WebP by OpenCV: the same pixels in half of Pillow's memory."""
    if image.format != "WEBP":
        images.load_pixels(image)
        return image
    clear = image.mode == "RGBA"
    content = np.fromfile(image.filename, np.uint8)
    pixels = cv2.imdecode(content, cv2.IMREAD_UNCHANGED if clear else cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None or pixels.shape != (image.height, image.width, 4 if clear else 3):
        raise images.Unreadable("broken")
    order = cv2.COLOR_BGRA2RGBA if clear else cv2.COLOR_BGR2RGB
    return Image.fromarray(cv2.cvtColor(pixels, order, dst=pixels), image.mode)


def _pixels(image: Image.Image, orientation: int) -> Iterator[tuple[Image.Image, np.ndarray]]:
    try:
        for band in images.bands(image, orientation, images.BAND):
            yield band, np.asarray(band if band.mode == "RGB" else images.rgb(band))
    except images.HOSTILE as error:
        raise images.Unreadable("broken") from error


def halvings(width: int, height: int, side: int) -> int:
    """How often a picture can be halved and still be half again as large as a thumbnail."""
    most = min(images.BAND, width, height, 2 * max(width, height) // (3 * side))
    return max(0, most.bit_length() - 1)


def _halved(pixels: np.ndarray, power: int) -> np.ndarray:
    for _ in range(power):
        height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
        if not height:
            return pixels[:0, :width]
        pixels = cv2.resize(pixels[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
    return pixels


def _clear(band: Image.Image) -> int:
    if not band.has_transparency_data:
        return 0
    shown = band if "A" in band.getbands() else band.convert("RGBA")
    return band.width * band.height - shown.getchannel("A").histogram()[255]
