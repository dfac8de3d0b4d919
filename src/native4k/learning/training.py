"""The numbers of a training run, and what else it depends on."""

from typing import Annotated, Literal

import torch
from annotated_types import Ge, Gt, Interval

from native4k.learning import schedule
from native4k.params import params

Positive = Annotated[int, Gt(0)]
Decay = Annotated[float, Interval(ge=0, lt=1)]


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
    schedule: schedule.Params
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
