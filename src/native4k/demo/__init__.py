"""The drawings of the demo collection: pictures from a seed, with planted defects and a known truth."""

from native4k.demo.catalogue import (
    CATEGORIES,
    DEFECTS,
    Params,
    catalogue,
    truth,
)
from native4k.demo.draw import draw

__all__ = ["CATEGORIES", "DEFECTS", "Params", "catalogue", "draw", "truth"]
