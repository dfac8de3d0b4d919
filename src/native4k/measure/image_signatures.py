"""Hashes and signatures that identify copies: perceptual hash, hash of the pixels, signatures of several views.

The perceptual hash is imagededup's PHash bit for bit, in about half of its time: most of it is Pillow's Lanczos resize,
along the rows first, here in whole numbers in double precision. The longer signature says of two near perceptual hashes
whether they are chance: it sees the finer frequencies too. Both are also taken of views, in the order of VIEWS: the
whole of a cropped copy looks like the middle of its original, and that of a mirrored copy like the mirrored original;
a copy cut to another aspect from the centre has the same central window.
"""

import hashlib
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image
from scipy.fft import dct, dctn

from native4k import images

PHASH_SIDE = 32
"""Pixels of the square that the hash looks at."""

PRECISION = 22
"""Bits of a weight behind the point, as in Pillow."""


class ResizeWeights(NamedTuple):
    """Where each pixel's window begins and what it weighs, in units of 2^-22."""

    starts: tuple[int, ...]
    windows: tuple[np.ndarray, ...]


@lru_cache(maxsize=8)
def lanczos_weights(size: int, wanted: int) -> ResizeWeights:
    """The weights that make `wanted` pixels of `size`."""
    scale = size / wanted
    stretch = max(scale, 1.0)
    support = 3.0 * stretch
    starts, windows = [], []
    for place in range(wanted):
        center = (place + 0.5) * scale
        start = max(0, int(center - support + 0.5))
        stop = min(size, int(center + support + 0.5))
        x = (np.arange(start, stop) - center + 0.5) / stretch
        weight = np.where((x >= -3) & (x < 3), np.sinc(x) * np.sinc(x / 3), 0.0)  # noqa: PLR2004
        weight = weight / weight.sum() * 2**PRECISION
        starts.append(start)
        windows.append(np.trunc(weight + np.where(weight < 0, -0.5, 0.5)))
    return ResizeWeights(tuple(starts), tuple(windows))


def resize_rows(band: np.ndarray, weights: ResizeWeights) -> np.ndarray:
    """Rows (height x width x channels, uint8) made narrower; every sum is a whole number below 2^53, so exact."""
    height, _, channels = band.shape
    planes = np.empty((channels, *band.shape[:2]))
    for plane, values in zip(planes, cv2.split(band), strict=True):
        plane[...] = values
    flat = planes.reshape(channels * height, -1)
    sums = [flat[:, start : start + len(window)] @ window for start, window in zip(*weights, strict=True)]
    rounded = np.floor((np.stack(sums, axis=1) + 2 ** (PRECISION - 1)) / 2**PRECISION)
    made = np.clip(rounded, 0, 255).astype(np.uint8).reshape(channels, height, -1)
    return np.ascontiguousarray(made.transpose(1, 2, 0))


def phash(image: Image.Image) -> str:
    """Perceptual hash, 16 hex digits: low DCT frequencies above their median."""
    weights = lanczos_weights(image.width, PHASH_SIDE)
    rows = [resize_rows(np.asarray(band.convert("RGB")), weights) for band in images.bands(image, 1, images.BAND)]
    return phash_of(np.concatenate(rows))


def phash_of(narrow: np.ndarray) -> str:
    """Perceptual hash of a picture that is 32 pixels wide already."""
    grey = np.asarray(Image.fromarray(narrow).resize((PHASH_SIDE, PHASH_SIDE), Image.Resampling.LANCZOS).convert("L"))
    low = dct(dct(grey, axis=0), axis=1)[:8, :8]
    bits = low >= np.median(low.flatten()[1:])
    return np.packbits(bits).tobytes().hex()


INSETS = (0.025, 0.05)
"""Shares of width and height left out on every side: half of what a crop of up to 5 % takes, and all of it."""

ASPECTS = (16 / 9, 9 / 16)
"""Width over height of the central windows: what is left of most pictures cut to a screen's or a telephone's aspect."""

VIEWS = 1 + len(INSETS) + len(ASPECTS)
"""Views beside the whole: the mirrored picture, middles, central windows."""

DCT_SIDE = 32
"""Pixels of the square that the DCT is taken of, as imagededup's pHash."""

SHORT, LONG = 8, 16
"""Low frequencies each way in a pHash (64 bits) and in the longer signature (256 bits)."""

MIDDLE_SIZE = 256
"""Pixels of the shorter side, at least, of the reduced picture from which the signatures are taken."""

NO_SIGNATURES = {"pixels": "", "signature": "", "view_phash": "", "view_signature": ""}
"""What is known of an image that cannot be opened."""


def signatures(image: Image.Image) -> dict[str, str]:
    """The signatures of an upright RGB picture."""
    return signatures_of(cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2GRAY), pixel_hash(image))


def signatures_of(luma: np.ndarray, digest: str) -> dict[str, str]:
    """The hash of a picture's pixels, its signature, and hashes and signatures of its views one after another."""
    picture = Image.fromarray(luma)
    small = picture.reduce(max(1, min(picture.size) // MIDDLE_SIZE))
    whole = frequencies(small, middle(small.size, 0.0))
    boxes = [middle(small.size, inset) for inset in INSETS] + [window(small.size, aspect) for aspect in ASPECTS]
    views = [mirrored(whole), *(frequencies(small, box) for box in boxes)]
    return {
        "pixels": digest,
        "signature": bits(whole, LONG),
        "view_phash": "".join(bits(view, SHORT) for view in views),
        "view_signature": "".join(bits(view, LONG) for view in views),
    }


def pixel_hash(image: Image.Image) -> str:
    """A hash of size and RGB pixels, 32 hex digits: equal for equal pictures, whatever file they came from."""
    digest = start_hash(image.width, image.height)
    for band in images.bands(image, 1, images.BAND):
        digest.update(band.tobytes())
    return end_hash(digest)


def start_hash(width: int, height: int) -> "hashlib._Hash":
    """Begin the hash, before the first row of pixels."""
    return hashlib.sha256(f"{width}x{height}".encode())


def end_hash(digest: "hashlib._Hash") -> str:
    """Return the hash, after the last row of pixels."""
    return digest.hexdigest()[:32]


Box = tuple[float, float, float, float]


def middle(size: tuple[int, int], inset: float) -> Box:
    """The box of a picture that leaves out a share on every side."""
    width, height = size
    return width * inset, height * inset, width * (1 - inset), height * (1 - inset)


def window(size: tuple[int, int], aspect: float) -> Box:
    """The largest central box of an aspect."""
    width, height = min(size[0], size[1] * aspect), min(size[1], size[0] / aspect)
    left, top = (size[0] - width) / 2, (size[1] - height) / 2
    return left, top, left + width, top + height


def frequencies(grey: Image.Image, box: Box) -> np.ndarray:
    """The cosine transform of a box of a grey picture."""
    square = grey.resize((DCT_SIDE, DCT_SIDE), Image.Resampling.LANCZOS, box=box)
    return np.asarray(dctn(np.asarray(square, dtype=np.float64)))


def mirrored(spectrum: np.ndarray) -> np.ndarray:
    """The cosine transform of the same picture with left and right exchanged: odd frequencies change their sign."""
    return spectrum * (1 - 2 * (np.arange(spectrum.shape[1]) % 2))


def bits(spectrum: np.ndarray, low: int) -> str:
    """Which of the low frequencies are at least their median, in hex digits; the mean grey does not count."""
    values = spectrum[:low, :low].ravel()
    return np.packbits(values >= np.median(values[1:])).tobytes().hex()
