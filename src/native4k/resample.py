"""MATLAB-style antialiased resizing of tensors (bicubic, lanczos), and pictures as tensors."""

import functools
import math
from typing import Literal

import numpy as np
import torch
from torch import Tensor

Kernel = Literal["bicubic", "lanczos"]
"""Keys' with a = -1/2, and the sinc that a sinc of three pixels fades out: MATLAB's bicubic and lanczos3."""

REACH = {"bicubic": 2.0, "lanczos": 3.0}  # pixels to either side that a kernel needs
BLOCK = (16, 64)  # output pixels that one matrix makes, when shrinking and else; larger ones are mostly zeros
Block = tuple[int, int, Tensor]
STEP8 = 256  # grey levels of 8 bits
STEP = 2.0**20  # weights in float64 are whole multiples of 1 / STEP


def downscale(image: Tensor, scale: int) -> Tensor:
    """Downscale a picture with values 0 to 1 in 8-bit steps; the result is in 8-bit steps, as if it had been saved."""
    return resize_exactly(image, 1 / scale)


def resize_exactly(image: Tensor, scale: float) -> Tensor:
    """Resize a picture with values 0 to 1 in 8-bit steps; the result is in 8-bit steps.

    The same bits on every machine: 8-bit values times two weights of 20 bits, and all their sums, are exact in float64.
    """
    made = torch.stack([_resize_plane(plane, scale) for plane in image.reshape(-1, *image.shape[-2:])])
    return made.reshape(*image.shape[:-2], *made.shape[-2:])


def quantise(image: Tensor) -> Tensor:
    """Bring values into 0 to 1, and to the nearest 8-bit step."""
    return image.clamp(0, 1).mul_(255).round_().div_(255)


def imresize(image: Tensor, scale: float, precision: torch.dtype = torch.float32, kernel: Kernel = "bicubic") -> Tensor:
    """Resize an image (..., height, width) by interpolation, antialiased when it gets smaller.

    The same as MATLAB's imresize: sides are rounded up, borders are mirrored, nothing is clipped or rounded.
    """
    height, width = image.shape[-2:]
    across, down = (_blocks(side, scale, precision, image.device, kernel) for side in (width, height))
    made = []
    with torch.autocast(image.device.type, enabled=False):
        for plane in image.reshape(-1, height, width):  # one by one: what lies between stays small
            if scale < 1:  # the order that touches fewer pixels
                made.append(_columns(_rows(plane, down), across))
            else:
                made.append(_rows(_columns(plane, across), down))
    return torch.stack(made).reshape(*image.shape[:-2], *made[0].shape)


def to_tensor(picture: np.ndarray) -> Tensor:
    """Convert (..., height, width, 3) in uint8 or uint16 to (..., 3, height, width) with values 0 to 1."""
    return torch.from_numpy(np.moveaxis(picture, -1, -3).copy()).float().div_(np.iinfo(picture.dtype).max)


def to_pixels(image: Tensor, depth: np.dtype | type = np.uint8) -> np.ndarray:
    """Convert (3, height, width) with values 0 to 1 to (height, width, 3) in uint8, or in uint16."""
    largest = np.iinfo(depth).max
    whole = image.mul(largest).round_().clamp_(0, largest).to(torch.uint8 if largest < STEP8 else torch.int32)
    return np.ascontiguousarray(whole.permute(1, 2, 0).cpu().numpy().astype(depth, copy=False))


def mirror(position: Tensor, length: int) -> Tensor:
    """Reflect positions outside 0 to length - 1 at the outer edges of the first and the last pixel."""
    turn = position % (2 * length)
    return torch.where(turn < length, turn, 2 * length - 1 - turn)


def pad_to_multiple(image: Tensor, multiple: int) -> Tensor:
    """Mirror an image (..., height, width) at the right and at the bottom until both sides are multiples."""
    height, width = image.shape[-2:]
    return pad_to(image, height + -height % multiple, width + -width % multiple)


def pad_to(image: Tensor, height: int, width: int) -> Tensor:
    """Mirror an image (..., height, width) at the right and at the bottom until it has a size."""
    for axis, side in ((-2, height), (-1, width)):
        length = image.shape[axis]
        if length < side:
            image = image.index_select(axis, mirror(torch.arange(side, device=image.device), length))
    return image


def _resize_plane(plane: Tensor, scale: float) -> Tensor:
    return imresize((plane * 255).round_(), scale, torch.float64).round_().clamp_(0, 255).float().div_(255)


def _rows(plane: Tensor, blocks: list[Block]) -> Tensor:
    return torch.cat([matrix @ plane[first:last].to(matrix.dtype) for first, last, matrix in blocks])


def _columns(plane: Tensor, blocks: list[Block]) -> Tensor:
    return torch.cat([plane[:, first:last].to(matrix.dtype) @ matrix.T for first, last, matrix in blocks], 1)


@functools.lru_cache(maxsize=32)
def _blocks(
    length: int, scale: float, dtype: torch.dtype, device: torch.device, kernel: Kernel = "bicubic"
) -> list[Block]:
    """Return each block of output pixels as its input pixels, first to last - 1, and the matrix that makes it."""
    shrink = min(scale, 1.0)
    centre = (torch.arange(math.ceil(length * scale), dtype=torch.float64) + 0.5) / scale - 0.5
    reach, curve = REACH[kernel], _cubic if kernel == "bicubic" else _lanczos
    taps = torch.arange(math.ceil(2 * reach / shrink) + 2)
    position = torch.floor(centre - reach / shrink).long()[:, None] + taps
    weight = curve((centre[:, None] - position) * shrink)
    weight /= weight.sum(1, keepdim=True)
    if dtype == torch.float64:
        weight = (weight * STEP).round_() / STEP
    index = mirror(position, length)
    blocks, block = [], BLOCK[scale >= 1]
    for inputs, weights in zip(torch.split(index, block), torch.split(weight, block), strict=True):
        first, last = int(inputs.min()), int(inputs.max()) + 1
        matrix = torch.zeros(len(inputs), last - first, dtype=torch.float64)
        matrix.scatter_add_(1, inputs - first, weights)
        blocks.append((first, last, matrix.to(device, dtype)))
    return blocks


def _cubic(x: Tensor) -> Tensor:
    """Keys' kernel with a = -1/2 (Keys 1981, equation 15)."""
    x = x.abs()
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return torch.where(x <= 1, near, torch.where(x < REACH["bicubic"], far, torch.zeros_like(x)))


def _lanczos(x: Tensor) -> Tensor:
    """Duchon 1979, with three lobes."""
    return torch.where(x.abs() < REACH["lanczos"], torch.sinc(x) * torch.sinc(x / REACH["lanczos"]), 0.0)
