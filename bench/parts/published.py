"""The published detector of upscaled images, as we read it: a spectral cutoff."""

import numpy as np
from PIL import Image
from scipy import fft

from native4k import images

LEAST = 0.005
"""The share of high frequencies that it asks for."""


def hf_max(luma: np.ndarray) -> float:
    """Our reading of the published detector: of 4 x 4 patches of 512, the largest share of power at high frequencies.

    The share is of the power of the windowed (Hann) patch without its mean, beyond a quarter of a cycle a pixel.
    """
    return max(map(_high_share, images.tiles(Image.fromarray(luma), 512, 16)))


def _high_share(tile: np.ndarray) -> float:
    height, width = tile.shape
    window = np.hanning(height)[:, None] * np.hanning(width)[None, :]
    power = np.square(np.abs(fft.rfft2(((tile - tile.mean()) * window).astype(np.float32))))
    power[:, 1:-1] *= 2  # the other half of the plane
    reach = np.hypot(fft.fftfreq(height)[:, None], fft.rfftfreq(width)[None, :])
    return float(power[reach > 0.25].sum() / (power.sum() + 1e-9))  # noqa: PLR2004
