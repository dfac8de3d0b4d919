"""Random blur kernels of Real-ESRGAN (Wang et al. 2021, arXiv 2107.10833, section 3.2), in whole steps."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Interval
from scipy.special import j1

from native4k import params

STEP = 2.0**16  # weights are whole multiples of 1 / STEP, so that sums of them are the same on every machine
EARLIEST = np.pi / 3  # cutoff frequency of a sinc filter, at least
LARGE = 13  # pixels; a blur's sinc filter that is narrower has a cutoff frequency that grows less mild
MILD = np.pi / 5

Share = Annotated[float, Interval(ge=0, le=1)]
Range = tuple[float, float]
Shape = Literal["iso", "aniso", "generalized_iso", "generalized_aniso", "plateau_iso", "plateau_aniso"]


@params.params
class Params:
    """How a stage blurs; units and sources are in params.yaml."""

    share: Share
    sizes: tuple[Annotated[int, Gt(0)], ...]
    sinc: Share
    shapes: dict[Shape, Annotated[float, Ge(0)]]
    sigma: Range
    generalized: Range
    plateau: Range


def blur(random: np.random.Generator, numbers: Params) -> np.ndarray:
    """Draw a kernel of a stage."""
    size = int(random.choice(numbers.sizes))
    if random.random() < numbers.sinc:
        return sinc(random.uniform(EARLIEST if size < LARGE else MILD, np.pi), size)
    names = list(numbers.shapes)
    weights = np.array([numbers.shapes[name] for name in names])
    shape = names[int(random.choice(len(names), p=weights / weights.sum()))]
    sigma, angle = random.uniform(*numbers.sigma, 2), random.uniform(-np.pi, np.pi)
    if shape.endswith("_iso") or shape == "iso":
        sigma[1] = sigma[0]
    distance = elliptic(size, sigma, angle)
    if shape.startswith("plateau"):
        return quantise(1 / (distance ** _exponent(random, numbers.plateau) + 1))
    exponent = _exponent(random, numbers.generalized) if shape.startswith("generalized") else 1.0
    return quantise(np.exp(-0.5 * distance**exponent))


def elliptic(size: int, sigma: np.ndarray, angle: float) -> np.ndarray:
    """Return the squared distance of each pixel to the middle, in sigmas of an ellipse turned by an angle."""
    across = np.arange(size) - size // 2
    x, y = np.meshgrid(across, across)
    along, off = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return np.asarray((along / sigma[0]) ** 2 + (off / sigma[1]) ** 2)


def sinc(cutoff: float, size: int) -> np.ndarray:
    """Return a circular low-pass filter, which rings as sharpening and JPEG do."""
    radius = np.sqrt(elliptic(size, np.ones(2), 0.0))
    radius[size // 2, size // 2] = 1
    kernel = cutoff * j1(cutoff * radius) / (2 * np.pi * radius)
    kernel[size // 2, size // 2] = cutoff**2 / (4 * np.pi)
    return quantise(kernel)


def quantise(kernel: np.ndarray) -> np.ndarray:
    """Round a kernel to steps with a sum of exactly one; the middle takes what rounding leaves."""
    steps = np.round(kernel / kernel.sum() * STEP)
    steps[kernel.shape[0] // 2, kernel.shape[1] // 2] += STEP - steps.sum()
    return np.asarray(steps / STEP)


def _exponent(random: np.random.Generator, span: Range) -> float:
    """Below and above one equally often."""
    return random.uniform(span[0], 1) if random.random() < 0.5 else random.uniform(1, span[1])  # noqa: PLR2004
