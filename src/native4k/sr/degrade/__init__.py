"""How a test picture becomes its low-resolution picture: seeded by its id, the same bits on every machine."""

from typing import Literal

import numpy as np

from native4k import params
from native4k.sr import resample
from native4k.sr.degrade import realesrgan

Name = Literal["bicubic", "realesrgan"]
"""MATLAB's antialiased bicubic, which has no numbers, or Real-ESRGAN's two stages."""


@params.params
class Params:
    """The degradations that have numbers; units and sources are in params.yaml."""

    realesrgan: realesrgan.Params


def degrade(picture: np.ndarray, image: str, scale: int, name: Name, numbers: Params) -> np.ndarray:
    """The low-resolution picture of one (height, width, 3) in uint8 whose sides are multiples of the scale."""
    if name == "bicubic":
        return resample.to_pixels(resample.downscale(resample.to_tensor(picture), scale))
    random = realesrgan.generator_of(numbers.realesrgan.seed, image)
    return realesrgan.degrade(picture, scale, random, numbers.realesrgan)
