"""Whole pictures, read and written: 8 or 16 bits, with transparency and the colour profile."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageFile

from native4k import images, tables
from native4k.errors import UserError

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""A file's ending -> the format that is written."""

LARGEST = {"JPEG": 65_500, "WEBP": 16_383}
"""Pixels a side that a format can hold."""

QUALITY: dict[str, dict[str, Any]] = {
    "PNG": {},
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95, "exact": True},
}
"""How Pillow writes a format."""

BIT_DEPTH, BITS_PER_SAMPLE, DEEP = 24, 258, 16
"""The place of the depth in a PNG, its tag in a TIFF, and what is more than 8 bits."""

HEAD = 33
"""Bytes of a PNG's signature and first chunk, behind which a profile stands."""


class Picture(NamedTuple):
    """Upright pixels (height, width, 3) in uint8 or uint16, their opacity (height, width), and an RGB profile."""

    colours: np.ndarray
    alpha: np.ndarray | None
    profile: bytes | None


def read(path: Path) -> Picture:
    """Read a picture, or fail with one line that names the file."""
    try:
        return decode(path.read_bytes())
    except images.Unreadable as error:
        raise UserError(f"{path}: cannot be decoded ({error}); get it again, or leave it out") from None


def decode(content: bytes) -> Picture:
    """The picture of a file's bytes; profiles of grey or ink are left out, since the pixels are RGB."""
    with images.opened(content) as image:
        profile = image.info.get("icc_profile")
        profile = profile if profile and profile[16:20] == b"RGB " else None
        if is_deep(content, image):
            return Picture(*_decode_deep(content, image), profile)
        if not image.has_transparency_data:
            return Picture(np.asarray(images.decode(content)), None, profile)
        images.load_pixels(image)
        turn = images.UPRIGHT.get(images.orientation_of(image))
        whole = image.convert("RGBA")
        pixels = np.asarray(whole if turn is None else whole.transpose(turn))
        return Picture(pixels[..., :3], pixels[..., 3], profile)


def is_deep(content: bytes, image: ImageFile.ImageFile) -> bool:
    """Whether a PNG or TIFF has 16 bits a channel."""
    if image.format == "TIFF":
        return max(image.tag_v2.get(BITS_PER_SAMPLE, (8,))) == DEEP  # type: ignore[attr-defined]
    return image.format == "PNG" and content[BIT_DEPTH] == DEEP


def _decode_deep(content: bytes, image: ImageFile.ImageFile) -> tuple[np.ndarray, np.ndarray | None]:
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16:
        raise images.Unreadable("broken")
    grey = pixels.ndim == 2  # noqa: PLR2004
    colours = np.stack([pixels] * 3, 2) if grey else np.ascontiguousarray(pixels[..., 2::-1])
    alpha = None if grey or pixels.shape[2] == 3 else pixels[..., 3]  # noqa: PLR2004
    turn = images.UPRIGHT.get(images.orientation_of(image)) if image.format == "PNG" else None
    if turn is None:
        return colours, alpha
    return turned(colours, turn), None if alpha is None else turned(alpha, turn)


def turned(pixels: np.ndarray, turn: Image.Transpose) -> np.ndarray:
    """Pixels turned as Pillow turns pictures."""
    places = np.arange(pixels.shape[0] * pixels.shape[1], dtype=np.int32).reshape(pixels.shape[:2])
    order = np.asarray(Image.fromarray(places).transpose(turn))
    return pixels.reshape(-1, *pixels.shape[2:])[order]


def check(transparent: bool, sides: tuple[int, int], path: Path) -> None:
    """Refuse what the format of a file cannot hold: transparency, or a height and width."""
    kind, (height, width) = FORMATS[path.suffix.lower()], sides
    if transparent and kind == "JPEG":
        raise UserError(f"{path}: JPEG has no transparency; write PNG or WebP")
    if max(sides) > LARGEST.get(kind, max(sides)):
        raise UserError(f"{path}: {kind} holds at most {LARGEST[kind]} pixels a side, not {width}x{height}; write PNG")


def write(picture: Picture, path: Path) -> None:
    """Write a picture, whole or not at all, in the format that the name ends in; only PNG keeps 16 bits."""
    content = encode(picture, FORMATS[path.suffix.lower()])
    with tables.atomic_file(path) as temporary:
        temporary.write_bytes(content)


def encode(picture: Picture, kind: str) -> bytes:
    """The bytes of a file."""
    colours, alpha, profile = picture
    if kind == "PNG" and colours.dtype == np.uint16:
        return _encode_deep(picture)
    layers = [shallow(colours), *([] if alpha is None else [shallow(alpha)[..., None]])]
    out = io.BytesIO()
    Image.fromarray(np.concatenate(layers, 2)).save(out, kind, icc_profile=profile, **QUALITY[kind])
    return out.getvalue()


def shallow(pixels: np.ndarray) -> np.ndarray:
    """Pixels in 8 bits."""
    return pixels if pixels.dtype == np.uint8 else ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _encode_deep(picture: Picture) -> bytes:
    """A PNG of 16 bits: Pillow writes none in colour, OpenCV no profiles."""
    layers = [picture.colours[..., ::-1], *([] if picture.alpha is None else [picture.alpha[..., None]])]
    content = cv2.imencode(".png", np.concatenate(layers, 2))[1].tobytes()
    return content if picture.profile is None else content[:HEAD] + _profile(picture.profile) + content[HEAD:]


def _profile(profile: bytes) -> bytes:
    """A PNG's chunk with a colour profile (PNG 1.2, 11.3.3.3)."""
    body = b"iCCPICC profile\0\0" + zlib.compress(profile)
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
