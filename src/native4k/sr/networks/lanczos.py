"""Lanczos interpolation, which has no weights either."""

from typing import Literal

from native4k.params import params
from native4k.sr.networks.bicubic import Interpolation


@params
class Params:
    """There are no numbers to choose."""

    kind: Literal["lanczos"]


def build(shape: Params, scale: int) -> Interpolation:
    """MATLAB's lanczos3."""
    return Interpolation(shape.kind, scale)
