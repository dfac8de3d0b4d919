"""The published Laplacian/Sobel filter's figures (4KLSDB, LSDIR), patch by patch, and a summary of the map."""

from collections.abc import Iterator

import cv2
import numpy as np

EMPTY = {"laplacian": np.nan, "sharpness_p10": np.nan, "sharpness_p50": np.nan, "sharpness_p90": np.nan}
"""The Laplacian's variance, of the whole and its percentiles over patches. One column `flat_NAME` a preset beside."""


def sharpness(luma: np.ndarray, patch: int, flat: dict[str, float]) -> dict[str, float]:
    """The Laplacian's variance, and for each preset the share of patches whose Sobel variance is below its bound.

    Exactly the published arithmetic: the patches at the right and lower edge are smaller, borders are reflected.
    """
    rows = np.array([row for band in slices(luma, patch) for row in _patches(*band, patch)])
    count, total, squares, spread = rows.T
    variances = squares / count - np.square(total / count)
    p10, p50, p90 = np.percentile(variances, [10, 50, 90])
    whole = squares.sum() / count.sum() - (total.sum() / count.sum()) ** 2
    made = {"laplacian": whole, "sharpness_p10": p10, "sharpness_p50": p50, "sharpness_p90": p90}
    made |= {f"flat_{name}": np.mean(spread < bound) for name, bound in sorted(flat.items())}
    return {name: float(value) for name, value in made.items()}


def slices(luma: np.ndarray, height: int) -> Iterator[tuple[np.ndarray, slice]]:
    """Bands of rows, each with a row of its neighbours, and which of its rows are its own."""
    for top in range(0, len(luma), height):
        first = max(0, top - 1)
        band = luma[first : top + height + 1]
        yield band, slice(top - first, min(top - first + height, len(band)))


def _patches(band: np.ndarray, own: slice, patch: int) -> Iterator[tuple[float, float, float, float]]:
    laplacian = cv2.Laplacian(band, cv2.CV_16S)[own]
    across, down = (cv2.Sobel(band, cv2.CV_32F, *way)[own] for way in ((1, 0), (0, 1)))
    magnitude = cv2.magnitude(across, down)
    for left in range(0, band.shape[1], patch):
        edge, slope = laplacian[:, left : left + patch], magnitude[:, left : left + patch]
        mean = cv2.norm(slope, cv2.NORM_L1) / slope.size
        spread = cv2.norm(slope, cv2.NORM_L2SQR) / slope.size - mean * mean
        yield edge.size, cv2.sumElems(edge)[0], cv2.norm(edge, cv2.NORM_L2SQR), spread
