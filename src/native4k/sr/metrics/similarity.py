"""SSIM and MS-SSIM of 8-bit pictures and of their luma: SSIM equal to basicsr's, MS-SSIM to pyiqa's."""

from typing import NamedTuple

import cv2
import numpy as np

SMALLEST = 11  # pixels; the side of the window
WINDOW = cv2.getGaussianKernel(SMALLEST, 1.5)  # Wang et al. 2004, section III-C
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # Wang et al. 2004, equations 13 and 14 (their K1, K2 and L)
SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang, Simoncelli and Bovik 2003, section 3.2
SMALLEST_OF_ALL = (SMALLEST - 1) * 2 ** (len(SCALES) - 1) + 1  # pixels; the shorter side that MS-SSIM needs
BLOCK = (64, 512)  # rows and columns that are worked on at once, so that they stay in the processor's cache
REACH = SMALLEST - 1


class Means(NamedTuple):
    """Over all places that have a whole window, and over the channels.

    `structure` is SSIM's term of contrast and structure, without its negative values; `positive` is SSIM with that.
    """

    ssim: float
    structure: float
    positive: float


def ssim(ours: np.ndarray, truth: np.ndarray) -> float:
    """Return the structural similarity."""
    return means(ours, truth).ssim


def ssim_and_ms_ssim(ours: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Return SSIM and MS-SSIM; the finest scale is computed once."""
    first = found = means(ours, truth)
    product = 1.0
    ours, truth = (side.astype(np.float32, copy=False) for side in (ours, truth))
    for place, weight in enumerate(SCALES):
        if place:
            ours, truth = halve(ours), halve(truth)
            found = means(ours, truth)
        product *= (found.positive if place == len(SCALES) - 1 else found.structure) ** weight
    return first.ssim, product


def halve(picture: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 pixels; an odd side begins with a line of zeros, as in pyiqa."""
    odd = [(side % 2, 0) for side in picture.shape[:2]]
    picture = np.pad(picture, [*odd, (0, 0)][: picture.ndim])
    height, width = (side // 2 for side in picture.shape[:2])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))


def means(ours: np.ndarray, truth: np.ndarray) -> Means:
    """Wang et al. 2004, equation 13, block by block."""
    sums, count = np.zeros(3), 0
    for top in range(0, truth.shape[0] - REACH, BLOCK[0]):
        for left in range(0, truth.shape[1] - REACH, BLOCK[1]):
            place = np.s_[top : top + BLOCK[0] + REACH, left : left + BLOCK[1] + REACH]
            luminance, structure = _terms(ours[place], truth[place])
            count += structure.size
            rising = np.maximum(structure, 0)
            structure *= luminance
            luminance *= rising
            sums += [one.sum(dtype=np.float64) for one in (structure, rising, luminance)]
    return Means(*(sums / count).tolist())


def _terms(ours: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The terms of luminance, and of contrast and structure, from the pictures' sum s and difference d.

    mean(s)^2 +- mean(d)^2 is 2 (mx^2 + my^2) or 4 mx my, and var(s) +- var(d) is 2 (vx + vy) or 4 cov. The sum is
    taken less its middle: float32 then has digits enough (see the tests).
    """
    middle = np.float32(2 * np.round(truth.mean(dtype=np.float64)))
    x, y = ours.astype(np.float32, copy=False), truth.astype(np.float32, copy=False)
    total, difference = x + y - middle, x - y
    mean, lag = _blur(total), _blur(difference)
    power, rest = _blur(total * total) - mean * mean, _blur(difference * difference) - lag * lag
    mean += middle
    mean *= mean
    lag *= lag
    return _ratio(mean, lag, 2 * C1), _ratio(power, rest, 2 * C2)


def _ratio(large: np.ndarray, small: np.ndarray, constant: float) -> np.ndarray:
    over, under = large - small, large + small
    over += np.float32(constant)
    under += np.float32(constant)
    over /= under
    return over


def _blur(picture: np.ndarray) -> np.ndarray:
    edge = SMALLEST // 2
    return np.asarray(cv2.sepFilter2D(picture, -1, WINDOW, WINDOW)[edge:-edge, edge:-edge])
