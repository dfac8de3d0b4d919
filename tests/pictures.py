"""Image files of all sorts, small ones, made whole or wrong."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageCms, features

from native4k import params
from native4k.measure import measurements, nativeness

ROOT = Path(__file__).parent.parent

MEASURES = params.validate(
    measurements.Measures,
    {"memory": 300, "tile": 16, "tiles": 4, "thumbnail": 20, "patch": 20, "flat": {"v1": 800.0, "final": 100.0}},
    "tests",
)
NUMBERS = measurements.Numbers(MEASURES, params.load(nativeness.Params, ROOT / "params.yaml", "probe", "nativeness"))


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def photo(width: int, height: int, seed: int = 0) -> Image.Image:
    """Smooth shapes with a little noise: what JPEG was made for."""
    small = noise(width // 8 + 2, height // 8 + 2, seed).resize((width, height), Image.Resampling.BICUBIC)
    return Image.blend(small, noise(width, height, seed + 1), 0.1)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *extra: bytes, depth: int = 8, pixels: bytes = b"") -> bytes:
    """A PNG with any header."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + body


def wide_profile() -> bytes:
    """An ICC profile with the primaries of Display P3: sRGB's, with other tags."""
    content = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    primaries = {  # XYZ at D50
        b"rXYZ": (0.51512, 0.2412, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.1571, 0.06657, 0.78407),
    }
    for number in range(struct.unpack_from(">I", content, 128)[0]):
        name, place, _ = struct.unpack_from(">4sII", content, 132 + 12 * number)
        if name in primaries:
            struct.pack_into(">3i", content, place + 8, *(round(value * 65536) for value in primaries[name]))
    return bytes(content)


def multipage(*pictures: Image.Image) -> bytes:
    return encoded(pictures[0], "TIFF", save_all=True, append_images=list(pictures[1:]))


def moving(kind: str) -> bytes:
    return encoded(noise(80, 60), kind, save_all=True, append_images=[noise(80, 60, 1)])


def ycck(picture: Image.Image) -> bytes:
    """A JPEG with the planes of Adobe's YCCK: Pillow writes CMYK, so it is given what makes it write these."""
    cyan, magenta, yellow, black = picture.convert("CMYK").split()
    planes = Image.merge("RGB", (cyan, magenta, yellow)).convert("YCbCr").split()
    plain = encoded(Image.merge("CMYK", (*map(ImageChops.invert, planes), black)), "JPEG", quality=95)
    mark = plain.index(b"Adobe") + 11  # the transform: 0 for CMYK, 2 for YCCK
    return plain[:mark] + b"\x02" + plain[mark + 1 :]


def oriented(picture: Image.Image, kind: str, orientation: int, **options: Any) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(picture, kind, exif=exif, **options)


def clear_colour() -> bytes:
    picture = photo(80, 60).convert("P")
    return encoded(picture, "PNG", transparency=int(np.bincount(np.asarray(picture).ravel()).argmax()))


FORMATS: dict[str, bytes] = {
    "baseline JPEG": encoded(photo(80, 60), "JPEG", quality=90),
    "progressive JPEG": encoded(photo(80, 60), "JPEG", quality=90, progressive=True),
    "grey JPEG": encoded(photo(80, 60).convert("L"), "JPEG"),
    "CMYK JPEG": encoded(photo(80, 60).convert("CMYK"), "JPEG", quality=95),
    "YCCK JPEG": ycck(photo(80, 60)),
    "JPEG of many pictures": encoded(photo(80, 60), "MPO", save_all=True, append_images=[noise(80, 60)]),
    "PNG": encoded(photo(80, 60), "PNG"),
    "16-bit grey PNG": encoded(Image.fromarray(np.asarray(photo(80, 60).convert("L")).astype(np.uint16) * 257), "PNG"),
    "16-bit PNG": png(
        80,
        60,
        depth=16,
        pixels=b"".join(b"\0" + row.tobytes() for row in np.asarray(photo(80, 60)).astype(">u2") * 257),
    ),
    "palette PNG": encoded(photo(80, 60).convert("P"), "PNG"),
    "palette PNG with a clear colour": clear_colour(),
    "grey PNG with alpha": encoded(photo(80, 60).convert("LA"), "PNG"),
    "PNG with alpha": encoded(photo(80, 60).convert("RGBA"), "PNG"),
    "black and white PNG": encoded(photo(80, 60).convert("1"), "PNG"),
    "lossy WebP": encoded(photo(80, 60), "WEBP"),
    "lossless WebP": encoded(photo(80, 60), "WEBP", lossless=True),
    "WebP with alpha": encoded(photo(80, 60).convert("RGBA"), "WEBP"),
    "TIFF": encoded(photo(80, 60), "TIFF"),
    "packed TIFF": encoded(photo(80, 60), "TIFF", compression="tiff_lzw"),
    "tiled TIFF": encoded(photo(80, 60), "TIFF", compression="tiff_deflate", tiffinfo={322: 16, 323: 16}),
    "TIFF of two pages": multipage(photo(80, 60), noise(40, 40)),
    "CMYK TIFF": encoded(photo(80, 60).convert("CMYK"), "TIFF"),
    "still GIF": encoded(photo(80, 60), "GIF"),
} | ({"AVIF": encoded(photo(80, 60), "AVIF", quality=90)} if features.check("avif") else {})
"""All of the same picture, upright."""
