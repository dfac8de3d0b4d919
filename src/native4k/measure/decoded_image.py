"""A decoded image as it is measured: the memory it takes, its luma, its small picture, its thumbnail in sRGB."""

import io
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageCms, ImageFile

from native4k import formats, images
from native4k.measure import image_signatures, scan_breaks
from native4k.measure.encoding import profile_of

STORED_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
"""Bytes of a pixel in Pillow's memory, by mode; 4 for all others."""

DECODER_BYTES = {"JPEG": 0.0, "PNG": 0.0, "TIFF": 4.0, "GIF": 5.0, "WEBP": 3.0, "AVIF": 7.0}
"""Bytes of a pixel that a decoder holds beside that picture; measured, see LOG.md."""

LUMA_BYTES = 1.0
"""Bytes of a pixel: the plane that is measured."""

FIXED_BYTES = 60e6
"""Bytes: bands of rows, patches, the small picture, and what is left unused between them."""


def decode_memory(image: Image.Image, size: int) -> float:
    """Bytes at most, beside those of an idle process, for an opened file of a size."""
    pixels = image.width * image.height
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    each = STORED_BYTES.get(image.mode, 4) + DECODER_BYTES[kind] + LUMA_BYTES + coefficient_bytes(image)
    return pixels * each + size + FIXED_BYTES


def coefficient_bytes(image: Image.Image) -> float:
    """Bytes of a pixel that a progressive JPEG keeps until its last scan: two for each value of its planes."""
    layers: list[tuple[int, ...]] = getattr(image, "layer", [])
    if not (layers and image.info.get("progressive")):
        return 0.0
    widest = max(layer[1] for layer in layers) * max(layer[2] for layer in layers)
    return 2.0 * sum(layer[1] * layer[2] for layer in layers) / max(1, widest)


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
    picture, orientation = load(image), images.orientation_of(image)
    width, height = images.size_of(picture)[:: -1 if orientation in formats.SIDEWAYS else 1]
    power = halvings(width, height, side)
    luma, weights = (
        np.empty((height, width), np.uint8),
        image_signatures.lanczos_weights(width, image_signatures.PHASH_SIDE),
    )
    digest = image_signatures.start_hash(width, height)
    cmyk = image.mode == "CMYK"
    small, narrow, clear, top = list[np.ndarray](), list[np.ndarray](), 0, 0
    for band, pixels in _rgb_bands(picture, orientation):
        rows = luma[top : top + len(pixels)]
        digest.update(pixels.data)
        cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY, dst=rows)
        narrow.append(image_signatures.resize_rows(pixels, weights))
        small.append(_halve(np.asarray(band) if cmyk else pixels, power))
        clear += 0 if isinstance(band, np.ndarray) else images.transparent_pixels(band)
        top += len(pixels)
    reduced = Image.fromarray(np.concatenate(small), "CMYK" if cmyk else "RGB")
    transparent, pixel_hash = clear / luma.size, image_signatures.end_hash(digest)
    return DecodedImage(luma, reduced, np.concatenate(narrow), pixel_hash, transparent, facts, profile)


def load(image: ImageFile.ImageFile) -> Image.Image | np.ndarray:
    """The decoded picture, as it lies in the file; WebP by OpenCV: the same pixels in half of Pillow's memory."""
    if (pixels := images.jpeg_pixels(image)) is not None:
        if scan_breaks.is_broken(pixels, images.jpeg_unit(image)):
            raise images.Unreadable("broken")
        return pixels
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


def _rgb_bands(
    image: Image.Image | np.ndarray, orientation: int
) -> Iterator[tuple[Image.Image | np.ndarray, np.ndarray]]:
    """Each band as it lies in the file, and in RGB."""
    if isinstance(image, np.ndarray) and image.shape[2:] == (3,) and orientation not in images.UPRIGHT:
        yield from (
            (band, band) for band in (image[top : top + images.BAND] for top in range(0, len(image), images.BAND))
        )
        return
    try:
        for band in images.bands(image, orientation, images.BAND):
            yield band, np.asarray(band if band.mode == "RGB" else images.rgb(band))
    except images.HOSTILE as error:
        raise images.Unreadable("broken") from error


def halvings(width: int, height: int, side: int) -> int:
    """How often a picture can be halved and still be half again as large as a thumbnail."""
    most = min(images.BAND, width, height, 2 * max(width, height) // (3 * side))
    return max(0, most.bit_length() - 1)


def _halve(pixels: np.ndarray, power: int) -> np.ndarray:
    for _ in range(power):
        height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
        if not height:
            return pixels[:0, :width]
        pixels = cv2.resize(pixels[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
    return pixels


NO_THUMBNAIL = {"thumbnail": b""}

PROFILE_MODES = {"RGB ": "RGB", "CMYK": "CMYK", "GRAY": "L"}
"""A profile's kind of colours -> Pillow's mode."""


def thumbnail(small: Image.Image, shape: tuple[int, ...], profile: bytes, side: int) -> dict[str, bytes]:
    """A WebP whose longer side has the given pixels, of a picture of the given height and width, by its profile."""
    scale = min(1.0, side / max(shape))
    size = (max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale)))
    made = to_srgb(small.resize(size, Image.Resampling.LANCZOS), profile)
    out = io.BytesIO()
    made.save(out, "WEBP", quality=80, method=2)
    return {"thumbnail": out.getvalue()}


def to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """In sRGB; as it is where the profile is missing, unreadable or of other colours."""
    mode = PROFILE_MODES.get(profile_of(profile).space, "")
    if mode != picture.mode and (mode, picture.mode) != ("L", "RGB"):
        return picture.convert("RGB")
    try:
        made = ImageCms.applyTransform(picture.convert(mode), _transform(profile, mode))
    except (*images.HOSTILE, ImageCms.PyCMSError):
        return picture.convert("RGB")
    assert made is not None
    return made


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform:
    source, target = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(source, target, mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC)
