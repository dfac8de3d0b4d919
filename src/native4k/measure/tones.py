"""Light and colour: exposure, contrast, colourfulness."""

import cv2
import numpy as np
from PIL import Image

EMPTY = {
    "brightness": np.nan,
    "contrast": np.nan,
    "clipped_dark": np.nan,
    "clipped_light": np.nan,
    "colourfulness": np.nan,
    "greyscale": False,
}
"""Mean and standard deviation of luma, in grey levels; shares of pixels at or beside 0 and 255; Hasler and
Süsstrunk's measure; whether hardly a pixel has any colour."""

GREY = 4
"""ASSUME: levels between the channels of a grey pixel, after JPEG."""


def tones(luma: np.ndarray, small: Image.Image) -> dict[str, float | bool]:
    """Luma from every pixel, colour from the small picture."""
    counts = cv2.calcHist([luma], [0], None, [256], [0, 256]).ravel().astype(np.float64)
    shares, levels = counts / counts.sum(), np.arange(256)
    mean = float(shares @ levels)
    return {
        "brightness": mean,
        "contrast": float(np.sqrt(shares @ np.square(levels - mean))),
        "clipped_dark": float(shares[:2].sum()),
        "clipped_light": float(shares[-2:].sum()),
        **colours(np.asarray(small.convert("RGB"))),
    }


def colours(pixels: np.ndarray) -> dict[str, float | bool]:
    """Hasler and Süsstrunk 2003: spread and mean of two opponent axes; and whether there are colours at all."""
    red, green, blue = cv2.split(pixels.astype(np.int16))
    first, second = (cv2.meanStdDev(axis) for axis in (red - green, (red + green - 2 * blue)))
    spread = np.hypot(first[1][0, 0], second[1][0, 0] / 2)
    mean = np.hypot(first[0][0, 0], second[0][0, 0] / 2)
    apart = cv2.max(cv2.max(red, green), blue) - cv2.min(cv2.min(red, green), blue)
    return {"colourfulness": float(spread + 0.3 * mean), "greyscale": bool(np.mean(apart > GREY) < 0.001)}  # noqa: PLR2004
