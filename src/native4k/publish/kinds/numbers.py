"""The numbers of the kinds of export, apart from the code that needs torch or LMDB."""

from typing import Annotated, Literal

from annotated_types import Gt, Interval, MinLen

from native4k.params import params

Scales = Annotated[tuple[Annotated[int, Gt(1)], ...], MinLen(1)]
Level = Annotated[int, Interval(ge=0, le=9)]


@params
class Tars:
    """How large a tar may grow."""

    shard_bytes: Annotated[int, Gt(0)]


@params
class Squares:
    """Side of a square and step to the next one in pixels of the original, the scales, and how hard PNGs are packed."""

    side: Annotated[int, Gt(0)]
    step: Annotated[int, Gt(0)]
    scales: Scales
    png_level: Level


@params
class Small:
    """The scales, the degradation, whether the cut originals are written too, and how hard PNGs are packed."""

    scales: Scales
    degradation: Literal["bicubic", "realesrgan"]
    originals: bool
    png_level: Level
