"""Colours brought back to those of a reference, which diffusion lets drift (both as StableSR and OSEDiff have them)."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Fix = Literal["adain", "wavelet", "none"]

LEVELS = 5
"""Of the wavelet: what is wider than about 2**5 pixels is the reference's."""

EPSILON = 1e-5


def match_colours(picture: Tensor, reference: Tensor, fix: Fix) -> Tensor:
    """Give a picture (n, 3, height, width) the colours of one of the same size."""
    if fix == "none":
        return picture
    return adain(picture, reference) if fix == "adain" else wavelet(picture, reference)


def adain(picture: Tensor, reference: Tensor) -> Tensor:
    """Give it the reference's mean and spread of each channel (Huang & Belongie 2017, arXiv 1703.06868, equation 8)."""
    (spread, mean), (wanted, middle) = (torch.std_mean(one, dim=(-2, -1), keepdim=True) for one in (picture, reference))
    return (picture - mean) / (spread + EPSILON) * (wanted + EPSILON) + middle


def wavelet(picture: Tensor, reference: Tensor) -> Tensor:
    """Give it the reference's low frequencies, and keep its own high ones."""
    return picture - low_frequencies(picture) + low_frequencies(reference)


def low_frequencies(picture: Tensor) -> Tensor:
    """Smooth at every level: the residue of the a trous wavelet."""
    for level in range(LEVELS):
        picture = _smooth(picture, 2**level)
    return picture


def _smooth(picture: Tensor, step: int) -> Tensor:
    """1 2 1 over 4 both ways, of pixels that are a step apart; borders go on."""
    row = picture.new_tensor([0.25, 0.5, 0.25]).repeat(picture.shape[1], 1)
    spread = functional.pad(picture, (step,) * 4, mode="replicate")
    for kernel in (row[:, None, None], row[:, None, :, None]):
        spread = functional.conv2d(spread, kernel, dilation=step, groups=picture.shape[1])
    return spread
