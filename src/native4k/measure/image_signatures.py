"""What identifies copies beside the pHash: a hash of the pixels, and signatures of the whole and of its middle.

The longer signature says of two near pHashes whether they are chance: it sees the finer frequencies too. The whole of
a cropped copy looks like the middle of its original, so the middle's pHash and signature are taken at two insets.
"""

import hashlib

import cv2
import numpy as np
from PIL import Image
from scipy.fft import dctn

from native4k import images

INSETS = (0.025, 0.05)
"""Shares of width and height left out on every side: half of what a crop of up to 5 % takes, and all of it."""

SIDE = 32
"""Pixels of the square that the DCT is taken of, as imagededup's pHash."""

SHORT, LONG = 8, 16
"""Low frequencies each way in a pHash (64 bits) and in the longer signature (256 bits)."""

MIDDLE_SIZE = 256
"""Pixels of the shorter side, at least, of the reduced picture from which the signatures are taken."""

EMPTY = {"pixels": "", "signature": "", "inset_phash": "", "inset_signature": ""}
"""What is known of an image that cannot be opened."""


def signatures(image: Image.Image) -> dict[str, str]:
    """The signatures of an upright RGB picture."""
    return signatures_of(cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2GRAY), pixel_hash(image))


def signatures_of(luma: np.ndarray, digest: str) -> dict[str, str]:
    """The hash of a picture's pixels, its signature, and those of its middles one after another."""
    whole = Image.fromarray(luma)
    small = whole.reduce(max(1, min(whole.size) // MIDDLE_SIZE))
    middles = [frequencies(small, inset) for inset in INSETS]
    return {
        "pixels": digest,
        "signature": bits(frequencies(small, 0.0), LONG),
        "inset_phash": "".join(bits(middle, SHORT) for middle in middles),
        "inset_signature": "".join(bits(middle, LONG) for middle in middles),
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


def frequencies(grey: Image.Image, inset: float) -> np.ndarray:
    """The cosine transform of what is left of a grey picture without so much on every side."""
    width, height = grey.size
    box = (width * inset, height * inset, width * (1 - inset), height * (1 - inset))
    square = grey.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=box)
    return np.asarray(dctn(np.asarray(square, dtype=np.float64)))


def bits(spectrum: np.ndarray, low: int) -> str:
    """Which of the low frequencies are at least their median, in hex digits; the mean grey does not count."""
    values = spectrum[:low, :low].ravel()
    return np.packbits(values >= np.median(values[1:])).tobytes().hex()
