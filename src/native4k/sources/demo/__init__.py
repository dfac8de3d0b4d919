"""The built-in demo collection: pictures drawn from a seed, with planted defects and a known truth."""

from native4k.sources.demo.catalogue import (
    CATEGORIES,
    DEFECTS,
    Params,
    catalogue,
    truth,
)
from native4k.sources.demo.draw import draw

__all__ = ["CATEGORIES", "DEFECTS", "Params", "catalogue", "draw", "truth"]
