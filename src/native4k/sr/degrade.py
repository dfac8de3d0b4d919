"""How test and training pictures are made small: MATLAB-style antialiased bicubic resizing of tensors."""

import functools
import math

import numpy as np
import torch
from torch import Tensor

REACH = 2.0  # pixels to either side that the cubic kernel needs
BLOCK = 64  # output pixels that one matrix makes; larger ones are mostly zeros


def downscale(image: Tensor, scale: int) -> Tensor:
    """The low-resolution picture of an image with values 0 to 1, in 8-bit steps as if it had been saved."""
    return quantise(imresize(image, 1 / scale))


def quantise(image: Tensor) -> Tensor:
    """Values 0 to 1 brought into range and to the nearest 8-bit step."""
    return image.clamp(0, 1).mul_(255).round_().div_(255)


def imresize(image: Tensor, scale: float) -> Tensor:
    """An image (..., height, width) resized by bicubic interpolation, antialiased when it gets smaller.

    The same as MATLAB's imresize: sides are rounded up, borders are mirrored, nothing is clipped or rounded.
    """
    axes = (-2, -1) if scale < 1 else (-1, -2)  # the order that touches fewer pixels
    for axis in axes:
        image = _resize_axis(image, axis, scale)
    return image


def to_tensor(picture: np.ndarray) -> Tensor:
    """(..., height, width, 3) in uint8 to (..., 3, height, width) with values 0 to 1."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(picture, -1, -3))).float().div_(255)


def to_pixels(image: Tensor) -> np.ndarray:
    """(3, height, width) with values 0 to 1 to (height, width, 3) in uint8."""
    return np.ascontiguousarray(image.mul(255).round_().byte().permute(1, 2, 0).numpy())


def mirrored(position: Tensor, length: int) -> Tensor:
    """Positions outside 0 to length - 1 reflected at the outer edges of the first and the last pixel."""
    turn = position % (2 * length)
    return torch.where(turn < length, turn, 2 * length - 1 - turn)


def _resize_axis(image: Tensor, axis: int, scale: float) -> Tensor:
    parts = []
    for first, last, weights in _blocks(image.shape[axis], scale):
        source, matrix = image.narrow(axis, first, last - first), weights.to(image.device)
        parts.append(source @ matrix.T if axis == -1 else matrix @ source)
    return torch.cat(parts, axis)


@functools.lru_cache(maxsize=32)
def _blocks(length: int, scale: float) -> list[tuple[int, int, Tensor]]:
    """For each BLOCK of output pixels: the input pixels, first to last - 1, and the matrix that makes it of them."""
    shrink = min(scale, 1.0)
    centre = (torch.arange(math.ceil(length * scale), dtype=torch.float64) + 0.5) / scale - 0.5
    taps = torch.arange(math.ceil(2 * REACH / shrink) + 2)
    position = torch.floor(centre - REACH / shrink).long()[:, None] + taps
    weight = _cubic((centre[:, None] - position) * shrink)
    weight /= weight.sum(1, keepdim=True)
    index = mirrored(position, length)
    blocks = []
    for inputs, weights in zip(torch.split(index, BLOCK), torch.split(weight, BLOCK), strict=True):
        first, last = int(inputs.min()), int(inputs.max()) + 1
        matrix = torch.zeros(len(inputs), last - first, dtype=torch.float64)
        blocks.append((first, last, matrix.scatter_add_(1, inputs - first, weights).float()))
    return blocks


def _cubic(x: Tensor) -> Tensor:
    """Keys' kernel with a = -1/2 (Keys 1981, equation 15)."""
    x = x.abs()
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return torch.where(x <= 1, near, torch.where(x < REACH, far, torch.zeros_like(x)))
