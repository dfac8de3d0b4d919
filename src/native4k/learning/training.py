"""The numbers of a training run, and its learning rate: every count is of images seen."""

import math
from typing import Annotated, Literal

import torch
from annotated_types import Ge, Gt, Interval
from pydantic import Field

from native4k.errors import UserError
from native4k.params import params

Positive = Annotated[int, Gt(0)]
Count = Annotated[int, Ge(0)]
Decay = Annotated[float, Interval(ge=0, lt=1)]


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


Schedule = Annotated[MultiStep | Cosine, Field(discriminator="kind")]
"""The shape of any schedule; `kind` says which."""


@params
class Optimizer:
    """Adam, or with a weight_decay AdamW."""

    lr: Annotated[float, Gt(0)]
    betas: tuple[Decay, Decay]
    weight_decay: Annotated[float, Ge(0)]


@params
class Training:
    """One training run; every count is of images seen. Units and sources are in params.yaml."""

    seed: Annotated[int, Ge(0)]
    threads: Positive
    workers: Annotated[int, Ge(0)]
    batch: Positive
    parts: Positive
    images: Positive
    optimizer: Optimizer
    schedule: Schedule
    average: Decay
    clip: Annotated[float, Gt(0)] | None
    precision: Literal["float32", "bf16", "fp16"]
    compile: bool
    channels_last: bool
    checkpointing: bool
    curve_every: Positive
    checkpoint_every: Positive


def use_threads(number: int) -> None:
    """Fix the number of threads and, on a CPU, torch's choice of algorithms: results depend on both."""
    torch.set_num_threads(number)
    torch.use_deterministic_algorithms(mode=not torch.cuda.is_available())


def learning_rate_share(numbers: Schedule, seen: int, images: int) -> float:
    """The share of the highest learning rate after so many of all images."""
    rise = min(1.0, (seen + 1) / max(1, numbers.warmup))
    match numbers:
        case MultiStep():
            return rise * numbers.gamma ** sum(seen >= milestone for milestone in numbers.milestones)
        case Cosine():
            way = max(0, seen - numbers.warmup) / max(1, images - numbers.warmup)
            return rise * (numbers.floor + (1 - numbers.floor) * (1 + math.cos(math.pi * way)) / 2)


def check_schedule(numbers: Schedule, images: int, where: str) -> None:
    """Refuse milestones out of order and a warm-up that never ends."""
    if isinstance(numbers, MultiStep) and list(numbers.milestones) != sorted(numbers.milestones):
        raise UserError(f"{where}.milestones: must be in ascending order")
    if numbers.warmup > images:
        raise UserError(f"{where}.warmup: {numbers.warmup} is more than the {images} images of the run")
