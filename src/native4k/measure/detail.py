"""How strong the finest detail is, and how far it reaches down to single pixels."""

import cv2
import numpy as np

from native4k import images

EMPTY = {"detail": np.nan, "fineness": np.nan}


def detail(luma: np.ndarray, side: int, count: int) -> dict[str, float]:
    """The Haar bands of the sharpest tiles.

    `detail` is the standard deviation of the finest Haar band in grey levels, `fineness` its ratio to that of the
    next coarser band: an enlarged picture has little in the finest. Both are the median of the sharpest quarter of
    the tiles, so that a shallow depth of field does not count against an image.
    """
    bands = np.array([haar_energies(tile) for tile in images.tiles(luma, side, count)])
    sharpest = bands[np.argsort(-bands[:, 1])[: max(1, len(bands) // 4)]]
    fine, coarse = np.median(np.sqrt(sharpest), axis=0)
    return {"detail": float(fine), "fineness": float(fine / (coarse + 1e-3))}  # 1e-3 grey levels: a flat tile is 0


def haar_energies(tile: np.ndarray) -> tuple[float, float]:
    """Mean square of the finest and of the next Haar detail band; exact, as all values are sixteenths."""
    mean, finest = _haar(tile.astype(np.float32))
    _, next_one = _haar(mean)
    return finest, next_one


def _haar(x: np.ndarray) -> tuple[np.ndarray, float]:
    height, width = x.shape[0] // 2, x.shape[1] // 2
    if not height * width:
        return x[:0, :0], 0.0
    even = x[: 2 * height, : 2 * width]
    mean = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
    return mean, cv2.norm(even, cv2.NORM_L2SQR) / even.size - cv2.norm(mean, cv2.NORM_L2SQR) / mean.size
