"""What happens to a real picture before anybody looks at it: codecs, blur, sharpening, noise, text, logos, borders."""

import io
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from PIL import Image

Chance = np.random.Generator
Change = Callable[[np.ndarray, Chance], np.ndarray]
"""From a picture (height x width x 3, uint8) to one."""

FACTORS = (1.5, 2.0, 2.67, 3.0, 4.0)
KERNELS = ("nearest", "bilinear", "hamming", "bicubic", "lanczos")


def unchanged(picture: np.ndarray, _: Chance) -> np.ndarray:
    """Return the picture as it is."""
    return picture


def coded(picture: np.ndarray, _: Chance, kind: str, quality: int, subsampling: str = "") -> np.ndarray:
    """Write and read a lossy file."""
    out = io.BytesIO()
    options = {"subsampling": subsampling} if subsampling else {}
    Image.fromarray(picture).save(out, kind, quality=quality, **options)
    with Image.open(out) as image:
        return np.asarray(image.convert("RGB"))


def blurred(picture: np.ndarray, _: Chance, sigma: float) -> np.ndarray:
    """Blur by a Gaussian."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma))


def sharpened(picture: np.ndarray, chance: Chance) -> np.ndarray:
    """Unsharp masking."""
    values = picture.astype(np.float32)
    amount, radius = chance.uniform(0.4, 1.2), chance.uniform(0.7, 1.5)
    return _bytes(values + amount * (values - cv2.GaussianBlur(values, (0, 0), radius)))


def noisy(picture: np.ndarray, chance: Chance) -> np.ndarray:
    """Add Gaussian noise of 1 to 4 grey levels."""
    return _bytes(picture + chance.uniform(1, 4) * chance.standard_normal(picture.shape))


def denoised(picture: np.ndarray, chance: Chance) -> np.ndarray:
    """Smooth within edges, as phones do."""
    return np.asarray(cv2.bilateralFilter(picture, 5, chance.uniform(8, 20), 1.2))


def reduced(picture: np.ndarray, _: Chance) -> np.ndarray:
    """Nine tenths the size."""
    size = (round(picture.shape[1] * 0.9), round(picture.shape[0] * 0.9))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def mirrored(picture: np.ndarray, chance: Chance) -> np.ndarray:
    """Cut a few pixels off and mirror."""
    top, left = chance.integers(1, 16, 2)
    return np.ascontiguousarray(picture[top:, left:][:, ::-1])


def watermarked(picture: np.ndarray, _: Chance) -> np.ndarray:
    """Write half-transparent words all over it."""
    out = picture.copy()
    size = picture.shape[0] / 600
    for top in range(60, picture.shape[0], 120):
        for left in range(top % 120, picture.shape[1], 400):
            _write(out, "example.org", (left, top), size, 255, 2)
    return np.asarray(cv2.addWeighted(out, 0.35, picture, 0.65, 0))


def captioned(picture: np.ndarray, _: Chance) -> np.ndarray:
    """Write one line of words on a bar along the lower edge."""
    out = picture.copy()
    bar = max(24, picture.shape[0] // 20)
    out[-bar:] = 16
    words = "A line of words that says what this picture shows and who took it, when and where. " * 3
    _write(out, words, (8, out.shape[0] - bar // 3), bar / 50, 240, 1)
    return out


def with_logo(picture: np.ndarray, chance: Chance) -> np.ndarray:
    """Put a sharp sign into a corner."""
    out = picture.copy()
    side = picture.shape[0] // 6
    colour = tuple(chance.integers(0, 256, 3).tolist())
    cv2.rectangle(out, (8, 8), (8 + side, 8 + side), colour, -1)
    cv2.circle(out, (8 + side // 2, 8 + side // 2), side // 3, (255, 255, 255), 3, cv2.LINE_AA)
    _write(out, "4K", (12, 8 + side // 2), side / 60, 0, 2)
    return out


def collage(picture: np.ndarray, _: Chance) -> np.ndarray:
    """White borders about four parts."""
    out = picture.copy()
    height, width = out.shape[:2]
    for line in (0, height // 2, height):
        out[max(0, line - 6) : line + 6] = 255
    for line in (0, width // 2, width):
        out[:, max(0, line - 6) : line + 6] = 255
    return out


JPEG: dict[str, Change] = {
    f"jpeg {quality} {subsampling}": partial(coded, kind="JPEG", quality=quality, subsampling=subsampling)
    for quality in (95, 85, 75, 60)
    for subsampling in ("4:2:0", "4:4:4")
}
WEBP: dict[str, Change] = {f"webp {quality}": partial(coded, kind="WEBP", quality=quality) for quality in (95, 80)}

NATIVES: dict[str, Change] = {
    "none": unchanged,
    **JPEG,
    **WEBP,
    "avif": partial(coded, kind="AVIF", quality=75),
    "blur .5": partial(blurred, sigma=0.5),
    "blur .7": partial(blurred, sigma=0.7),
    "sharpened": sharpened,
    "noise": noisy,
    "denoised": denoised,
    "resized .9": reduced,
}
"""What certain natives go through."""

FAKES: dict[str, Change] = {
    "none": unchanged,
    **{name: change for name, change in JPEG.items() if name.endswith("0")},
    "webp 80": WEBP["webp 80"],
    "sharpened": sharpened,
    "noise": noisy,
    "cropped and mirrored": mirrored,
    "watermark": watermarked,
    "caption bar": captioned,
    "logo": with_logo,
    "collage": collage,
}
"""What enlarged ones go through."""

WRITTEN = ("watermark", "caption bar", "logo", "collage")
"""Of these the ones with synthetic parts."""


def enlarged(picture: np.ndarray, factor: float, kernel: str, chance: Chance) -> np.ndarray:
    """A part of the picture, made as large as the whole."""
    height, width = picture.shape[:2]
    small_height, small_width = round(height / factor), round(width / factor)
    top = int(chance.integers(0, height - small_height + 1))
    left = int(chance.integers(0, width - small_width + 1))
    part = Image.fromarray(picture[top : top + small_height, left : left + small_width])
    return np.asarray(part.resize((width, height), Image.Resampling[kernel.upper()]))


def luma(picture: np.ndarray) -> np.ndarray:
    """OpenCV's grey, as probe has it."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))


def _write(picture: np.ndarray, words: str, place: tuple[int, int], size: float, shade: int, width: int) -> None:
    cv2.putText(picture, words, place, cv2.FONT_HERSHEY_SIMPLEX, size, (shade,) * 3, width, cv2.LINE_AA)


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)
