"""A small picture in sRGB, to be looked at."""

import io
from functools import lru_cache

from PIL import Image, ImageCms

from native4k import images
from native4k.measure.encoding import profile_of

EMPTY = {"thumbnail": b""}

MODES = {"RGB ": "RGB", "CMYK": "CMYK", "GRAY": "L"}
"""A profile's kind of colours -> Pillow's mode."""


def thumbnail(small: Image.Image, shape: tuple[int, ...], profile: bytes, side: int) -> dict[str, bytes]:
    """A WebP whose longer side has the given pixels, of a picture of the given height and width, by its profile."""
    scale = min(1.0, side / max(shape))
    size = (max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale)))
    made = managed(small.resize(size, Image.Resampling.LANCZOS), profile)
    out = io.BytesIO()
    made.save(out, "WEBP", quality=80, method=2)
    return {"thumbnail": out.getvalue()}


def managed(picture: Image.Image, profile: bytes) -> Image.Image:
    """In sRGB; as it is where the profile is missing, unreadable or of other colours."""
    mode = MODES.get(profile_of(profile).space, "")
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
