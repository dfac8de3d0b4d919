"""PSNR, SSIM and MS-SSIM of 8-bit pictures under the two published conventions, and means with their intervals.

SSIM is equal to basicsr's, MS-SSIM to pyiqa's.
"""

import math
from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

import cv2
import numpy as np
import pandas as pd
from annotated_types import Ge, Gt, Interval

from native4k import params

BEST = 100.0  # dB; ASSUME: what identical pictures count as, since their PSNR is infinite
LUMA = np.array([65.481, 128.553, 24.966], np.float32) / 255  # BT.601: 16 to 235 for values 0 to 255
STRIP = 64  # rows that are worked on at once
SMALLEST = 11  # pixels; the side of the window
WINDOW = cv2.getGaussianKernel(SMALLEST, 1.5)  # Wang et al. 2004, section III-C
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # Wang et al. 2004, equations 13 and 14 (their K1, K2 and L)
SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang, Simoncelli and Bovik 2003, section 3.2
SMALLEST_OF_ALL = (SMALLEST - 1) * 2 ** (len(SCALES) - 1) + 1  # pixels; the shorter side that MS-SSIM needs
BLOCK = (64, 512)  # rows and columns that are worked on at once, so that they stay in the processor's cache
REACH = SMALLEST - 1
DIGITS = 4
CHUNK = 1_000_000  # values that are drawn at once
Measure = Literal["psnr", "ssim", "ms_ssim"]
Name = Literal["sr-classical", "sr-real"]

Resample = Callable[[np.random.Generator, int], np.ndarray]
"""Means of so many samples that are drawn with replacement."""


class Convention(NamedTuple):
    """What a published number was measured on: which channels, and how many borders of `scale` pixels are left out."""

    channels: tuple[str, ...]
    borders: int


CONVENTIONS = {
    "sr-classical": Convention(("rgb", "y"), 1),  # SwinIR, HAT and their kind
    "sr-real": Convention(("y",), 0),  # StableSR, OSEDiff and their kind
}


@params.params
class Bootstrap:
    """How sure a mean is; units and sources are in params.yaml."""

    seed: Annotated[int, Ge(0)]
    draws: Annotated[int, Gt(0)]
    confidence: Annotated[float, Interval(gt=0, lt=1)]


class Means(NamedTuple):
    """Over all places that have a whole window, and over the channels.

    `structure` is SSIM's term of contrast and structure, without its negative values; `positive` is SSIM with that.
    """

    ssim: float
    structure: float
    positive: float


def compare(
    ours: np.ndarray,
    truth: np.ndarray,
    scale: int,
    conventions: tuple[Name, ...],
    measures: tuple[Measure, ...],
) -> dict[str, float]:
    """Return every measure of two pictures (height, width, 3) in uint8, by names such as "sr-classical psnr_y".

    MS-SSIM is of the luma alone, as it is published.
    """
    pairs = {"rgb": (ours, truth), "y": (luma(ours), luma(truth))}
    found: dict[str, float] = {}
    for name in conventions:
        for channels in CONVENTIONS[name].channels:
            one, other = (without_border(side, CONVENTIONS[name].borders * scale) for side in pairs[channels])
            values = _measure(one, other, tuple(kind for kind in measures if (kind, channels) != ("ms_ssim", "rgb")))
            found |= {f"{name} {kind}_{channels}": value for kind, value in values.items()}
    return found


def min_side(scale: int, conventions: tuple[Name, ...], measures: tuple[Measure, ...]) -> int:
    """Return the shortest side, in pixels, of an image that all measures can be taken of."""
    border = max([CONVENTIONS[name].borders for name in conventions], default=0) * scale
    needs = {"psnr": 1, "ssim": SMALLEST, "ms_ssim": SMALLEST_OF_ALL}
    return 2 * border + max([needs[kind] for kind in measures], default=1)


def without_border(picture: np.ndarray, border: int) -> np.ndarray:
    """Cut the border off a picture."""
    return picture[border : picture.shape[0] - border, border : picture.shape[1] - border]


def luma(picture: np.ndarray) -> np.ndarray:
    """Compute the Y of YCbCr, not rounded; in strips, so that the whole is never copied."""
    made = np.empty(picture.shape[:2], np.float32)
    for top in range(0, len(made), STRIP):
        made[top : top + STRIP] = picture[top : top + STRIP].astype(np.float32) @ LUMA + 16
    return made


def psnr(ours: np.ndarray, truth: np.ndarray) -> float:
    """Return the peak signal-to-noise ratio in dB, peak 255."""
    error = cv2.norm(ours, truth, cv2.NORM_L2SQR) / truth.size
    return min(BEST, 10 * math.log10(255**2 / error)) if error else BEST


def _measure(ours: np.ndarray, truth: np.ndarray, measures: tuple[Measure, ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    if "psnr" in measures:
        found["psnr"] = psnr(ours, truth)
    if "ms_ssim" in measures:
        found["ssim"], found["ms_ssim"] = ssim_and_ms_ssim(ours, truth)
    elif "ssim" in measures:
        found["ssim"] = ssim(ours, truth)
    return {kind: found[kind] for kind in measures}


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
    """Average 2 x 2 pixels; an odd side begins with a line of zeros, as in pyiqa."""
    odd = [(side % 2, 0) for side in picture.shape[:2]]
    picture = np.pad(picture, [*odd, (0, 0)][: picture.ndim])
    height, width = (side // 2 for side in picture.shape[:2])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))


def means(ours: np.ndarray, truth: np.ndarray) -> Means:
    """Average the terms of SSIM (Wang et al. 2004, equation 13), block by block."""
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


def rounded(rows: pd.DataFrame) -> pd.DataFrame:
    """Round measures as the metrics are rounded, since their last bits differ between processors."""
    return rows.round(DIGITS)


def describe(values: np.ndarray, numbers: Bootstrap) -> dict[str, float]:
    """Return mean, median, and the bounds of the mean."""
    low, high = interval(values, numbers)
    found = {"mean": float(values.mean()), "median": float(np.median(values)), "low": low, "high": high}
    return {name: round(value, DIGITS) for name, value in found.items()}


def interval(values: np.ndarray, numbers: Bootstrap) -> tuple[float, float]:
    """Return the bounds of the mean of values, resampled with replacement."""
    return percentiles(values.shape, lambda random, draws: _resample(values, random, draws), numbers)


def percentiles(shape: tuple[int, ...], resample: Resample, numbers: Bootstrap) -> tuple[float, float]:
    """Return a mean's bounds by the percentile bootstrap (Efron and Tibshirani 1993, section 13.3)."""
    random = np.random.default_rng([numbers.seed, *shape])
    at_once = max(1, CHUNK // math.prod(shape))
    portions = (min(at_once, numbers.draws - first) for first in range(0, numbers.draws, at_once))
    means = np.concatenate([resample(random, draws) for draws in portions])
    tail = (1 - numbers.confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def _resample(values: np.ndarray, random: np.random.Generator, draws: int) -> np.ndarray:
    mean: np.ndarray = values[random.integers(len(values), size=(draws, len(values)))].mean(1)
    return mean
