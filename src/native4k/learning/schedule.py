"""The learning rate over a run, as a share of its highest; every count is of images seen."""

import math
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Interval
from pydantic import Field

from native4k.errors import UserError
from native4k.params import params

Count = Annotated[int, Ge(0)]


@params
class MultiStep:
    """Multiplied by gamma at each milestone."""

    kind: Literal["multistep"]
    warmup: Count
    milestones: tuple[Annotated[int, Gt(0)], ...]
    gamma: Annotated[float, Gt(0)]


@params
class Cosine:
    """Along half a cosine from the end of the warm-up to the end of the run, down to the share `floor`."""

    kind: Literal["cosine"]
    warmup: Count
    floor: Annotated[float, Interval(ge=0, le=1)]


Params = Annotated[MultiStep | Cosine, Field(discriminator="kind")]
"""The shape of any schedule; `kind` says which."""


def share(numbers: Params, seen: int, images: int) -> float:
    """The share of the highest learning rate after so many of all images."""
    rise = min(1.0, (seen + 1) / max(1, numbers.warmup))
    match numbers:
        case MultiStep():
            return rise * numbers.gamma ** sum(seen >= milestone for milestone in numbers.milestones)
        case Cosine():
            way = max(0, seen - numbers.warmup) / max(1, images - numbers.warmup)
            return rise * (numbers.floor + (1 - numbers.floor) * (1 + math.cos(math.pi * way)) / 2)


def check(numbers: Params, images: int, where: str) -> None:
    """Refuse milestones out of order and a warm-up that never ends."""
    if isinstance(numbers, MultiStep) and list(numbers.milestones) != sorted(numbers.milestones):
        raise UserError(f"{where}.milestones: must be in ascending order")
    if numbers.warmup > images:
        raise UserError(f"{where}.warmup: {numbers.warmup} is more than the {images} images of the run")
