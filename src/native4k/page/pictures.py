"""Pictures with their bytes in the page, each within its share of the page's size."""

import base64
import io

import numpy as np
from markupsafe import Markup

from native4k import images
from native4k.page import layout

QUALITIES = (95, 88, 80, 65, 50, 30)
"""WebP's, tried one after the other where a lossless picture is too large."""

SMALLEST = 64
"""Pixels of the longer side below which a picture is not made smaller."""


def picture(content: bytes, alt: str) -> Markup:
    """An image with its bytes in the page."""
    kind, width, height = images.header(content)
    return layout.PARTS.picture(width, height, layout.short(alt), kind.lower(), base64.b64encode(content).decode())


def fitted(content: bytes, limit: int) -> bytes:
    """The bytes as they are if they are few enough, else the picture encoded anew, and smaller until it fits."""
    if len(content) <= limit:
        return content
    image = images.decode(content)
    side = max(image.size)
    while len(content) > limit and side >= SMALLEST:
        content = images.thumbnail(image, side)
        side = side * 3 // 4
    return content


def encoded(pixels: np.ndarray, limit: int) -> bytes:
    """Pixels as WebP of the same size: lossless if that is small enough, else of the best quality that is."""
    content = _webp(pixels, lossless=True)
    for quality in QUALITIES:
        if len(content) > limit:
            content = _webp(pixels, quality=quality)
    return content


def _webp(pixels: np.ndarray, **options: int) -> bytes:
    out = io.BytesIO()
    images.from_array(np.ascontiguousarray(pixels)).save(out, "WEBP", **options)
    return out.getvalue()
