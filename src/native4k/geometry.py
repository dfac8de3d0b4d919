"""What size and shape an image must have, by its metadata and again by its pixels."""

from typing import Any

from native4k.params import params


@params
class Geometry:
    """The published rule's three numbers, the shorter side, and the aspect range."""

    min_pixels: int
    min_long_side: int
    min_short_side: int
    min_aspect: float
    max_aspect: float


def geometry_reasons(width: Any, height: Any, rule: Geometry) -> dict[str, Any]:
    """Reason -> which rows it hits; width and height are two series or two expressions."""
    shorter = (width < rule.min_short_side) | (height < rule.min_short_side)
    longer = (width < rule.min_long_side) & (height < rule.min_long_side)
    aspect = width / height
    return {
        "too_small": (width * height < rule.min_pixels) | longer | shorter,
        "aspect": (aspect < rule.min_aspect) | (aspect > rule.max_aspect),
    }
