"""How an image was encoded, from its header: depth, quality, subsampling, colour profile."""

import io
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from PIL import ImageCms, ImageFile

from native4k import images
from native4k.formats import tiff

NO_ENCODING = {
    "mode": "",
    "bit_depth": 0,
    "pages": 0,
    "jpeg_quality": np.nan,
    "subsampling": "",
    "icc": "",
    "wide_gamut": False,
    "bits_per_pixel": np.nan,
}
"""Pillow's mode; bits of a channel in the file; of a TIFF the number of pictures, else 1; libjpeg's quality whose
luminance table is nearest; the profile's name; whether its primaries span more than sRGB's; of the file's bytes."""

LUMINANCE_TABLE = np.array([
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
])  # fmt: skip
"""ITU-T T.81, table K.1."""

SRGB_AREA = 0.1091
"""Area of the triangle of sRGB's primaries in CIE xy, at D50; a profile is wide that spans a twentieth more."""


class Profile(NamedTuple):
    """An ICC profile's name, its kind of colours (`RGB `, `CMYK`, `GRAY`), and whether it goes beyond sRGB."""

    name: str
    space: str
    wide: bool


def encoding(image: ImageFile.ImageFile, content: bytes) -> dict[str, Any]:
    """The columns of a file that is opened and not decoded."""
    kind = images.kind_of(image)
    profile = profile_of(image.info.get("icc_profile") or b"")
    return {
        "mode": image.mode,
        "bit_depth": _depth(image, kind, content),
        "pages": tiff.pages(content) if kind == "TIFF" else 1,
        "jpeg_quality": jpeg_quality(image),
        "subsampling": subsampling(image),
        "icc": profile.name,
        "wide_gamut": profile.wide,
        "bits_per_pixel": 8 * len(content) / (image.width * image.height),
    }


def _depth(image: Any, kind: str, content: bytes) -> int:
    if kind == "PNG":
        return content[24]
    if kind == "TIFF":
        return int(max(image.tag_v2.get(258, (1,))))
    if kind == "AVIF":  # AV1 codec configuration: high_bitdepth, twelve_bit
        place = content.find(b"av1C")
        flags = content[place + 6] if 0 < place < len(content) - 6 else 0
        return {0x00: 8, 0x20: 8, 0x40: 10, 0x60: 12}[flags & 0x60]
    return 8


def jpeg_quality(image: Any) -> float:
    """The quality from 1 to 100 for which libjpeg makes the table that is nearest to the image's."""
    table = (getattr(image, "quantization", None) or {}).get(0)
    if table is None:
        return float("nan")
    return float(1 + np.abs(_quality_tables() - np.asarray(table)).sum(axis=1).argmin())


@lru_cache(maxsize=1)
def _quality_tables() -> np.ndarray:
    qualities = np.arange(1, 101)
    percent = np.where(qualities < 50, 5000 // qualities, 200 - 2 * qualities)  # noqa: PLR2004
    return np.clip((LUMINANCE_TABLE * percent[:, None] + 50) // 100, 1, 255)


def subsampling(image: Any) -> str:
    """The chroma's, of a JPEG of three planes, in the usual notation."""
    layers: list[tuple[int, ...]] = getattr(image, "layer", [])
    if len(layers) != 3 or layers[1][1:3] != layers[2][1:3]:  # noqa: PLR2004
        return ""
    across, down = layers[0][1] / layers[1][1], layers[0][2] / layers[1][2]
    names: dict[tuple[float, float], str]
    names = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1", (4, 2): "4:1:0"}
    return names.get((across, down), f"{across:g}x{down:g}")


@lru_cache(maxsize=32)
def profile_of(content: bytes) -> Profile:
    """What a profile says; one that cannot be read is called so and never applied."""
    if not content:
        return Profile("", "", wide=False)
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(content)).profile
        name = " ".join((profile.profile_description or "unnamed").split())[:80]
        primaries = [profile.red_primary, profile.green_primary, profile.blue_primary]
    except (*images.HOSTILE, ImageCms.PyCMSError):
        return Profile("unreadable", "", wide=False)
    corners = [primary[1] for primary in primaries if primary]
    wide = profile.xcolor_space == "RGB " and len(corners) == 3 and _area(corners) > 1.05 * SRGB_AREA  # noqa: PLR2004
    return Profile(name, profile.xcolor_space, wide)


def _area(corners: list[tuple[float, float, float]]) -> float:
    (a, b, _), (c, d, _), (e, f, _) = corners
    return abs((c - a) * (f - b) - (e - a) * (d - b)) / 2
