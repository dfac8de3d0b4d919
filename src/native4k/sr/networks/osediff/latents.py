"""Latents tile by tile through a UNet, whose attention would cost the square of their number."""

import itertools
from collections.abc import Callable

import torch
from torch import Tensor

SPREAD = 0.1
"""Standard deviation of a tile's weights, in sides (OSEDiff's code: a variance of 0.01)."""


def predict_tiles(predict: Callable[[Tensor], Tensor], latents: Tensor, side: int, overlap: int) -> Tensor:
    """Predict tiles and blend them by gaussian weights; latents no larger than a tile are one piece."""
    height, width = latents.shape[-2:]
    if height <= side and width <= side:
        return predict(latents).float()
    tall, wide = min(side, height), min(side, width)
    weight = (gaussian(tall)[:, None] * gaussian(wide)).to(latents.device)
    total = latents.new_zeros(latents.shape, dtype=torch.float32)
    share = total.new_zeros(height, width)
    for top, left in itertools.product(starts(height, tall, overlap), starts(width, wide, overlap)):
        area = (..., slice(top, top + tall), slice(left, left + wide))
        total[area] += predict(latents[area]).float() * weight
        share[area] += weight
    return total / share


def starts(length: int, side: int, overlap: int) -> list[int]:
    """Return where tiles begin: as far apart as the overlap allows, the last at the end."""
    return [*range(0, length - side, side - overlap), length - side]


def gaussian(side: int) -> Tensor:
    """Return the weights along one side of a tile."""
    place = (torch.arange(side, dtype=torch.float64) + 0.5) / side - 0.5
    return torch.exp(-(place**2) / (2 * SPREAD**2)).float()
