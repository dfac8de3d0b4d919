"""Noise and blocks."""

import cv2
import numpy as np

from native4k.measure.sharpness import slices

EMPTY = {"noise": np.nan, "blockiness": np.nan}
"""Standard deviation in grey levels; mean step between neighbours every eighth pixel over that elsewhere."""

LAPLACIANS = np.outer([1, -2, 1], [1, -2, 1]).astype(np.float32)
"""Immerkaer 1996: the difference of two Laplacians, which edges and slopes hardly pass."""

QUIETEST = 10
"""ASSUME: the percentile of patches that have hardly anything but noise."""

BLOCK = 8
"""Pixels of a JPEG's block."""


def artefacts(luma: np.ndarray, patch: int) -> dict[str, float]:
    """The noise of the quietest patches, and how a grid of eight pixels stands out, at whatever place it begins."""
    return {"noise": noise(luma, patch), "blockiness": blockiness(luma, patch)}


def noise(luma: np.ndarray, patch: int) -> float:
    """Immerkaer's estimate, patch by patch."""
    found = []
    for band, own in slices(luma, patch):
        passed = cv2.filter2D(band, cv2.CV_16S, LAPLACIANS)[own]
        for left in range(0, band.shape[1], patch):
            piece = passed[:, left : left + patch]
            found.append(cv2.norm(piece, cv2.NORM_L1) / piece.size)
    return float(np.percentile(found, QUIETEST) * np.sqrt(np.pi / 2) / 6)


def blockiness(luma: np.ndarray, patch: int) -> float:
    """The larger of both directions'; 1 without blocks."""
    if min(luma.shape) <= BLOCK:
        return 1.0
    across, down = np.zeros(luma.shape[1] - 1), np.zeros(len(luma))
    for number, (band, own) in enumerate(slices(luma, patch)):
        rows = band[own]
        across += cv2.reduce(cv2.absdiff(rows[:, 1:], rows[:, :-1]), 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
        steps = cv2.reduce(cv2.absdiff(band[1:], band[:-1]), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
        start = number * patch - own.start
        down[start : start + len(steps)] = steps
    return max(_standing_out(across / len(luma)), _standing_out(down[: len(luma) - 1] / luma.shape[1]))


def _standing_out(steps: np.ndarray) -> float:
    phases = steps[: len(steps) // BLOCK * BLOCK].reshape(-1, BLOCK).mean(axis=0)
    return float((phases.max() + 1e-3) / (np.median(phases) + 1e-3))  # 1e-3 grey levels: a flat picture has 1
