"""How a picture becomes its low-resolution picture: by MATLAB's bicubic, or Real-ESRGAN's two stages to any scale.

Real-ESRGAN (Wang et al. 2021, arXiv 2107.10833) is seeded by the image's id. All its steps give grey levels in whole
multiples of 1 / GRID from sums that are exact in float64, so a seed gives the same bits on every machine.
"""

import hashlib
import io
from typing import Annotated, Literal

import cv2
import numpy as np
from annotated_types import Ge, Gt, Interval
from PIL import Image
from scipy.special import j1

from native4k import params, resample

STEP = 2.0**16  # weights are whole multiples of 1 / STEP, so that sums of them are the same on every machine
GRID = 2.0**8  # steps of a grey level
FINE = GRID * STEP  # steps of a grey level that a sum of weighted ones can be in
GREY = np.array([77, 150, 29]) / 256  # BT.601's weights of red, green and blue, in steps that sum to one
CUBIC = -0.75  # Keys' a, as in the resizing of the published code
EARLIEST = np.pi / 3  # cutoff frequency of a sinc filter, at least
LARGE = 13  # pixels; a blur's sinc filter that is narrower has a cutoff frequency that grows less mild
MILD = np.pi / 5
Share = Annotated[float, Interval(ge=0, le=1)]
Level = Annotated[float, Ge(0)]
Span = tuple[Level, Level]
Range = tuple[float, float]

Name = Literal["bicubic", "realesrgan"]
"""MATLAB's antialiased bicubic, which has no numbers, or Real-ESRGAN's two stages."""

Shape = Literal["iso", "aniso", "generalized_iso", "generalized_aniso", "plateau_iso", "plateau_aniso"]
Interpolation = Literal["area", "bilinear", "bicubic"]


@params.params
class Blur:
    """How a stage blurs; units and sources are in params.yaml."""

    share: Share
    sizes: tuple[Annotated[int, Gt(0)], ...]
    sinc: Share
    shapes: dict[Shape, Annotated[float, Ge(0)]]
    sigma: Range
    generalized: Range
    plateau: Range


@params.params
class Stage:
    """Blur, resize, noise, JPEG; units and sources are in params.yaml."""

    blur: Blur
    resize: dict[Literal["up", "down", "keep"], Level]
    factor: Span
    gaussian_share: Share
    gaussian: Span
    poisson: Span
    grey_share: Share
    jpeg: tuple[Annotated[int, Interval(ge=1, le=95)], Annotated[int, Interval(ge=1, le=95)]]


@params.params
class RealESRGAN:
    """Two stages and the last filter."""

    seed: Annotated[int, Ge(0)]
    first: Stage
    second: Stage
    sinc_share: Share
    sinc_sizes: tuple[Annotated[int, Gt(0)], ...]


@params.params
class Params:
    """The degradations that have numbers; units and sources are in params.yaml."""

    realesrgan: RealESRGAN


def degrade(picture: np.ndarray, image: str, scale: int, name: Name, numbers: Params) -> np.ndarray:
    """Return the low-resolution picture of one (height, width, 3) in uint8 whose sides are multiples of the scale."""
    if name == "bicubic":
        return resample.to_pixels(resample.downscale(resample.to_tensor(picture), scale))
    random = generator_of(numbers.realesrgan.seed, image)
    return degrade_realesrgan(picture, scale, random, numbers.realesrgan)


def generator_of(seed: int, name: str) -> np.random.Generator:
    """Return the random numbers of one image."""
    return np.random.default_rng(list(hashlib.sha256(f"{seed} {name}".encode()).digest()))


def degrade_realesrgan(picture: np.ndarray, scale: int, random: np.random.Generator, numbers: RealESRGAN) -> np.ndarray:
    """Degrade a picture (height, width, 3) in uint8, which becomes scale times smaller."""
    height, width = (side // scale for side in picture.shape[:2])
    first, second = numbers.first, numbers.second
    made = _blur(picture.astype(np.float64), random, first)
    times = _draw_factor(random, first)
    made = resize(made, _sides(picture.shape, times), _draw_interpolation(random))
    made = jpeg(_add_noise(made, random, first), random, first)
    made = _blur(made, random, second)
    times = _draw_factor(random, second)
    made = _add_noise(resize(made, _sides((height, width), times), _draw_interpolation(random)), random, second)

    def shrink(made: np.ndarray) -> np.ndarray:
        made = resize(made, (height, width), _draw_interpolation(random))
        if random.random() >= numbers.sinc_share:
            return made
        size = int(random.choice(numbers.sinc_sizes))
        return convolve(made, sinc(random.uniform(EARLIEST, np.pi), size))

    def compress(made: np.ndarray) -> np.ndarray:
        return jpeg(made, random, second)

    made = compress(shrink(made)) if random.random() < 0.5 else shrink(compress(made))  # noqa: PLR2004 (as often)
    return made.round().clip(0, 255).astype(np.uint8)


def convolve(made: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Correlate with a quantised kernel, borders mirrored; exact even where OpenCV uses Fourier transforms."""
    found = cv2.filter2D(made, cv2.CV_64F, kernel, borderType=cv2.BORDER_REFLECT_101)
    return quantise(np.round(found * FINE) / FINE)


def resize(made: np.ndarray, sides: tuple[int, int], way: Interpolation) -> np.ndarray:
    """Resize to any sides, without antialiasing except for `area`, as in the published code."""
    for axis, length in enumerate(sides):
        if made.shape[axis] != length:
            resized = (_average if way == "area" else _interpolate)(np.moveaxis(made, axis, 0), length, way)
            made = quantise(np.moveaxis(resized, 0, axis))
    return made


def jpeg(made: np.ndarray, random: np.random.Generator, stage: Stage) -> np.ndarray:
    """Encode and decode as JPEG at a random quality."""
    file = io.BytesIO()
    pixels = made.round().clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(file, "JPEG", quality=int(random.integers(stage.jpeg[0], stage.jpeg[1] + 1)))
    return np.asarray(Image.open(file)).astype(np.float64)


def quantise(made: np.ndarray) -> np.ndarray:
    """Round grey levels to the nearest step of the grid."""
    return np.asarray(np.round(made * GRID) / GRID)


def _blur(made: np.ndarray, random: np.random.Generator, stage: Stage) -> np.ndarray:
    kernel = draw_kernel(random, stage.blur)
    return convolve(made, kernel) if random.random() < stage.blur.share else made


def _add_noise(made: np.ndarray, random: np.random.Generator, stage: Stage) -> np.ndarray:
    """Add Gaussian noise, or that of counted light; of each channel its own, or grey."""
    gaussian, grey = random.random() < stage.gaussian_share, random.random() < stage.grey_share
    if gaussian:
        shape = (*made.shape[:2], 1 if grey else 3)
        noise = random.standard_normal(shape) * random.uniform(*stage.gaussian)
    else:
        light = ((made * GREY).sum(2, keepdims=True) if grey else made).round().clip(0, 255)
        counts = 2.0 ** int(np.ceil(np.log2(len(np.unique(light)))))
        noise = random.poisson(light * counts / 255) * (255 / counts) - light
        noise *= random.uniform(*stage.poisson)
    return quantise(made + noise).clip(0, 255)


def _draw_factor(random: np.random.Generator, stage: Stage) -> float:
    ways = list(stage.resize)
    weights = np.array([stage.resize[way] for way in ways])
    way = ways[int(random.choice(len(ways), p=weights / weights.sum()))]
    chosen = {"up": random.uniform(1, stage.factor[1]), "down": random.uniform(stage.factor[0], 1), "keep": 1.0}
    return chosen[way]


def _draw_interpolation(random: np.random.Generator) -> Interpolation:
    ways: tuple[Interpolation, ...] = ("area", "bilinear", "bicubic")
    return ways[int(random.integers(len(ways)))]


def _sides(shape: tuple[int, ...], factor: float) -> tuple[int, int]:
    return max(1, int(shape[0] * factor)), max(1, int(shape[1] * factor))


def _average(made: np.ndarray, length: int, _: str) -> np.ndarray:
    """Average all lines that a new one touches."""
    old = len(made)
    first = np.arange(length) * old // length
    behind = -(-np.arange(1, length + 1) * old // length)
    sums = np.concatenate([np.zeros((1, *made.shape[1:])), np.cumsum(made, 0)])
    return np.asarray((sums[behind] - sums[first]) / (behind - first)[:, None, None])


def _interpolate(made: np.ndarray, length: int, way: str) -> np.ndarray:
    """Interpolate between the two or four nearest lines; the border repeats."""
    old = len(made)
    centre = (np.arange(length) + 0.5) * (old / length) - 0.5
    nearest = np.floor(centre)
    found = np.zeros((length, *made.shape[1:]))
    for tap in (0, 1) if way == "bilinear" else (-1, 0, 1, 2):
        distance = np.abs(centre - nearest - tap)
        weight = 1 - distance if way == "bilinear" else _cubic(distance)
        weight = np.round(weight * STEP) / STEP
        found += weight[:, None, None] * made[(nearest + tap).astype(int).clip(0, old - 1)]
    return found


def _cubic(x: np.ndarray) -> np.ndarray:
    """Keys' kernel (Keys 1981, equation 4)."""
    near = ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1
    far = ((x - 5) * x + 8) * x * CUBIC - 4 * CUBIC
    return np.where(x <= 1, near, far)


def draw_kernel(random: np.random.Generator, numbers: Blur) -> np.ndarray:
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
        return quantise_kernel(1 / (distance ** _draw_exponent(random, numbers.plateau) + 1))
    exponent = _draw_exponent(random, numbers.generalized) if shape.startswith("generalized") else 1.0
    return quantise_kernel(np.exp(-0.5 * distance**exponent))


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
    return quantise_kernel(kernel)


def quantise_kernel(kernel: np.ndarray) -> np.ndarray:
    """Round a kernel to steps with a sum of exactly one; the middle takes what rounding leaves."""
    steps = np.round(kernel / kernel.sum() * STEP)
    steps[kernel.shape[0] // 2, kernel.shape[1] // 2] += STEP - steps.sum()
    return np.asarray(steps / STEP)


def _draw_exponent(random: np.random.Generator, span: Range) -> float:
    """Draw an exponent below or above one, equally often."""
    return random.uniform(span[0], 1) if random.random() < 0.5 else random.uniform(1, span[1])  # noqa: PLR2004
