"""The memory that decoding an image will take, from its header: Pillow's own copies and those of the decoders."""

from PIL import Image

STORED = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
"""Bytes of a pixel in Pillow's memory, by mode; 4 for all others."""

AT_ONCE = {"JPEG": 0.0, "PNG": 0.0, "TIFF": 4.0, "GIF": 5.0, "WEBP": 3.0, "AVIF": 7.0}
"""Bytes of a pixel that a decoder holds beside that picture; measured, see LOG.md."""

LUMA = 1.0
"""Bytes of a pixel: the plane that is measured."""

SMALL = 60e6
"""Bytes: bands of rows, patches, the small picture, and what is left unused between them."""


def memory(image: Image.Image, size: int) -> float:
    """Bytes at most, beside those of an idle process, for an opened file of a size."""
    pixels = image.width * image.height
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    each = STORED.get(image.mode, 4) + AT_ONCE[kind] + LUMA + coefficients(image)
    return pixels * each + size + SMALL


def coefficients(image: Image.Image) -> float:
    """Bytes of a pixel that a progressive JPEG keeps until its last scan: two for each value of its planes."""
    layers: list[tuple[int, ...]] = getattr(image, "layer", [])
    if not (layers and image.info.get("progressive")):
        return 0.0
    widest = max(layer[1] for layer in layers) * max(layer[2] for layer in layers)
    return 2.0 * sum(layer[1] * layer[2] for layer in layers) / max(1, widest)
