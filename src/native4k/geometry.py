"""What size and shape an image must have, asked of its metadata and again of its pixels."""

import numpy as np
import pandas as pd

from native4k.params import params


@params
class Geometry:
    """The published rule's three numbers and the aspect range."""

    min_pixels: int
    min_long_side: int
    min_aspect: float
    max_aspect: float


def geometry_reasons(width: pd.Series, height: pd.Series, rule: Geometry) -> dict[str, np.ndarray]:
    """Reason -> which rows it hits."""
    wide, high = width.to_numpy("float64"), height.to_numpy("float64")
    aspect = wide / np.maximum(high, 1)
    return {
        "too_small": (wide * high < rule.min_pixels) | (np.maximum(wide, high) < rule.min_long_side),
        "aspect": (aspect < rule.min_aspect) | (aspect > rule.max_aspect),
    }
