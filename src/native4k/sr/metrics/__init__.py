"""PSNR, SSIM and MS-SSIM of 8-bit pictures under the two published conventions; equal to basicsr's and pyiqa's."""

import math
from typing import Literal, NamedTuple

import cv2
import numpy as np

from native4k.sr.metrics import similarity

BEST = 100.0  # dB; ASSUME: what identical pictures count as, since their PSNR is infinite
LUMA = np.array([65.481, 128.553, 24.966], np.float32) / 255  # BT.601: 16 to 235 for values 0 to 255

STRIP = 64  # rows that are worked on at once

Measure = Literal["psnr", "ssim", "ms_ssim"]
Name = Literal["sr-classical", "sr-real"]


class Convention(NamedTuple):
    """What a published number was measured on: which channels, and how many borders of `scale` pixels are left out."""

    channels: tuple[str, ...]
    borders: int


CONVENTIONS = {
    "sr-classical": Convention(("rgb", "y"), 1),  # SwinIR, HAT and their kind
    "sr-real": Convention(("y",), 0),  # StableSR, OSEDiff and their kind
}


def compare(
    ours: np.ndarray,
    truth: np.ndarray,
    scale: int,
    conventions: tuple[Name, ...],
    measures: tuple[Measure, ...],
) -> dict[str, float]:
    """Every measure of two pictures (height, width, 3) in uint8, by names such as "sr-classical psnr_y".

    MS-SSIM is of the luma alone, as it is published.
    """
    pairs = {"rgb": (ours, truth), "y": (luma(ours), luma(truth))}
    found: dict[str, float] = {}
    for name in conventions:
        for channels in CONVENTIONS[name].channels:
            one, other = (inside(side, CONVENTIONS[name].borders * scale) for side in pairs[channels])
            values = _measured(one, other, tuple(kind for kind in measures if (kind, channels) != ("ms_ssim", "rgb")))
            found |= {f"{name} {kind}_{channels}": value for kind, value in values.items()}
    return found


def smallest(scale: int, conventions: tuple[Name, ...], measures: tuple[Measure, ...]) -> int:
    """Pixels of the shorter side of an image that all of it can be measured of."""
    border = max([CONVENTIONS[name].borders for name in conventions], default=0) * scale
    needs = {"psnr": 1, "ssim": similarity.SMALLEST, "ms_ssim": similarity.SMALLEST_OF_ALL}
    return 2 * border + max([needs[kind] for kind in measures], default=1)


def inside(picture: np.ndarray, border: int) -> np.ndarray:
    """The picture without its border."""
    return picture[border : picture.shape[0] - border, border : picture.shape[1] - border]


def luma(picture: np.ndarray) -> np.ndarray:
    """The Y of YCbCr, not rounded; in strips, so that no copy of all is made."""
    made = np.empty(picture.shape[:2], np.float32)
    for top in range(0, len(made), STRIP):
        made[top : top + STRIP] = picture[top : top + STRIP].astype(np.float32) @ LUMA + 16
    return made


def psnr(ours: np.ndarray, truth: np.ndarray) -> float:
    """Peak signal to noise ratio in dB, peak 255."""
    error = cv2.norm(ours, truth, cv2.NORM_L2SQR) / truth.size
    return min(BEST, 10 * math.log10(255**2 / error)) if error else BEST


def _measured(ours: np.ndarray, truth: np.ndarray, measures: tuple[Measure, ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    if "psnr" in measures:
        found["psnr"] = psnr(ours, truth)
    if "ms_ssim" in measures:
        found["ssim"], found["ms_ssim"] = similarity.ssim_and_ms_ssim(ours, truth)
    elif "ssim" in measures:
        found["ssim"] = similarity.ssim(ours, truth)
    return {kind: found[kind] for kind in measures}
