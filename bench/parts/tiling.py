"""A published network enlarging to 4K: through our tiles, by spandrel's plain call, and by tiles that overlap and stop.

Naive tiling cuts the small picture into squares, gives each an overlap, and puts the middle of what comes out in its
place; nothing is blended. All float32 on one thread, each in a process of its own for its memory; seconds are the
processor's. Seam energy: how much larger the mean difference across the edges of naive tiles is than across the lines
next to them, as a share; the picture is smooth noise, so that no line is an edge of its own.
"""

import importlib
import time
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from native4k import resample
from native4k.learning.training import use_threads
from native4k.sr import networks, tiles
from native4k.sr.networks import spandrel, swinir
from parts.alone import peak

TILE, OVERLAP, SCALE = 128, 16, 4
"""Pixels of the small picture, as in params.yaml; and times."""


class Taken(NamedTuple):
    """Seconds, peak memory in GB, and the energy of seams."""

    seconds: float
    memory: float
    seams: float


def descriptor(kind: str) -> Any:
    """A network of spandrel's with weights that were drawn, of the size of Real-ESRGAN's compact one or SwinIR's."""
    torch.manual_seed(0)
    if kind == "Compact":
        shape = spandrel.Params(kind="spandrel", architecture="Compact", options={"num_conv": 32})
        body: Any = networks.build(shape, SCALE).body
    else:
        sizes: dict[str, Any] = {"embed_dim": 60, "depths": (6,) * 4, "num_heads": (6,) * 4, "window_size": 8}
        numbers = swinir.Params(
            kind="swinir", mlp_ratio=2.0, drop_path=0.1, upsampler="pixelshuffledirect", residual=False, **sizes
        )
        published = networks.import_basicsr("archs.swinir_arch").SwinIR(
            img_size=64, mlp_ratio=2.0, upsampler="pixelshuffledirect", upscale=SCALE, **sizes
        )
        published.load_state_dict(swinir.build(numbers, SCALE).body.state_dict(), strict=False)
        body = published
    return importlib.import_module("spandrel").ModelLoader().load_from_state_dict(body.state_dict()).eval()


def picture(sides: tuple[int, int]) -> np.ndarray:
    """A smooth picture."""
    random = np.random.default_rng(0)
    coarse = torch.from_numpy(random.random((3, sides[0] // 4 + 1, sides[1] // 4 + 1), np.float32))
    return resample.to_pixels(resample.imresize(coarse, 4)[:, : sides[0], : sides[1]])


def enlarge(way: str, kind: str, sides: tuple[int, int]) -> Taken:
    """Enlarge a picture once: ours, plain or naive."""
    use_threads(1)
    found, small = descriptor(kind), picture(sides)
    start = time.process_time()
    if way == "ours":
        shape, scale = spandrel.find(found.model.state_dict(), kind)
        network: Any = networks.build(shape, scale).eval()
        network.body.load_state_dict(found.model.state_dict())
        large = tiles.enlarge(network, small, SCALE, TILE, OVERLAP)
    else:
        image = resample.to_tensor(small)[None]
        made = found(image) if way == "plain" else naive(found, image)
        large = resample.to_pixels(made[0])
    return Taken(time.process_time() - start, peak() / 1e9, seams(large))


def naive(found: Any, image: Tensor) -> Tensor:
    """Square after square, each with an overlap of which nothing is kept."""
    height, width = image.shape[-2:]
    large = image.new_zeros(1, 3, height * SCALE, width * SCALE)
    step, reach = TILE - OVERLAP, OVERLAP // 2
    for top in range(0, height, step):
        for left in range(0, width, step):
            first, begin = max(top - reach, 0), max(left - reach, 0)
            made = found(image[..., first : top + step + reach, begin : left + step + reach])
            inner = made[..., (top - first) * SCALE :, (left - begin) * SCALE :][..., : step * SCALE, : step * SCALE]
            down, across = inner.shape[-2:]
            large[..., top * SCALE : top * SCALE + down, left * SCALE : left * SCALE + across] = inner
    return large


def seams(large: np.ndarray) -> float:
    """How much more neighbours differ across the edges of naive tiles than across lines of equal phase nearby."""
    shares = []
    for axis in (0, 1):
        steps = np.abs(np.diff(large.astype(np.float64), axis=axis)).mean(axis=(1 - axis, 2))
        edges = np.arange((TILE - OVERLAP) * SCALE, large.shape[axis], (TILE - OVERLAP) * SCALE) - 1
        near = np.concatenate([edges + 4 * SCALE * shift for shift in (-3, -2, -1, 1, 2, 3)])
        shares.append(steps[edges].mean() / steps[near[near < len(steps)]].mean())
    return float(np.mean(shares) - 1)
