"""What goes wrong with pictures on the way: enlarged, blurred, cut, stamped, brightened, labelled, emptied."""

import numpy as np
from PIL import Image, ImageFilter

from native4k.demo.canvas import (
    Planes,
    between,
    blank,
    clamp,
    everywhere,
    paint,
    ramp,
)
from native4k.demo.noise import Box, Dice, hashed, octave, part
from native4k.demo.outdoors import SKIES

FILTERS = (
    Image.Resampling.NEAREST,
    Image.Resampling.BILINEAR,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)
FACTORS = ((2, 1), (3, 1), (4, 1), (3, 2))
"""By how much fakes were enlarged, as fractions."""


def origin(dice: Dice, size: tuple[int, int]) -> tuple[int, int]:
    """The size that an enlarged picture was drawn at."""
    over, under = dice.pick(FACTORS)
    return -(-size[0] * under // over), -(-size[1] * under // over)


def enlarge(image: Image.Image, dice: Dice, size: tuple[int, int]) -> Image.Image:
    """A picture made larger by one of the usual filters."""
    return image.resize(size, dice.pick(FILTERS))


def blur(image: Image.Image, dice: Dice) -> Image.Image:
    """A picture out of focus."""
    radius = dice.whole(4, 10)
    return image.filter(ImageFilter.GaussianBlur(radius) if dice.chance(0.5) else ImageFilter.BoxBlur(radius))


def crop(image: Image.Image, dice: Dice, size: tuple[int, int]) -> Image.Image:
    """A part of the picture, at most 5 percent less on every side."""
    offsets = []
    for whole, left in zip(image.size, size, strict=True):
        limit = int(whole * 0.05)
        offsets.append(dice.whole(max(0, whole - left - limit), min(limit, whole - left)))
    return image.crop((offsets[0], offsets[1], offsets[0] + size[0], offsets[1] + size[1]))


def brighten(image: Image.Image) -> Image.Image:
    """A picture with an eighth more light."""
    return image.point([min(255, value * 9 // 8 + 6) for value in range(256)] * 3)


def label(image: Image.Image) -> Image.Image:
    """A picture with a pale line of bars, as wide as letters, in its lower right corner."""
    pixels = np.array(image)
    tall, wide = pixels.shape[0] // 12, pixels.shape[1] // 4
    line = pixels[-2 * tall : -tall, -wide - tall : -tall]
    bars = np.arange(wide) * 24 // wide % 3 > 0
    line[:, bars] = (line[:, bars].astype(np.uint16) * 2 + 255 * 3) // 5
    return Image.fromarray(pixels)


def cut(content: bytes, dice: Dice) -> bytes:
    """The first 30 to 90 percent of a file."""
    return content[: int(len(content) * dice.real(0.3, 0.9))]


def empty(size: tuple[int, int], dice: Dice) -> np.ndarray:
    """A canvas with nothing but a slow gradient and a breath of noise."""
    canvas, stops, seed = blank(*size), dice.pick(SKIES), dice.seed()
    x, y = dice.turn()

    def shade(view: Box) -> tuple[Planes, None]:
        way = (view.xs() / size[0] - 0.5) * x + (view.ys() / size[1] - 0.5) * y
        rows, columns = np.arange(view.top, view.bottom)[:, None], np.arange(view.left, view.right)[None, :]
        noise = (hashed(seed, rows, columns) & np.uint32(3)).astype(np.float32) * np.float32(0.5) - np.float32(0.75)
        return [plane + noise for plane in ramp(stops, clamp(0.5 + 0.5 * way))], None

    paint(canvas, everywhere(canvas), shade)
    return canvas


def stamp(canvas: np.ndarray, dice: Dice) -> None:
    """A stock agency's mark: pale slanting bars with discs between, all over."""
    _, height, width = canvas.shape
    step, thin, seed = min(width, height) / dice.whole(3, 6), dice.real(0.06, 0.1), dice.seed()

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v = (view.xs() + view.ys()) / step, (view.xs() - view.ys()) / step
        bar = (np.abs(part(u) - 0.5) < thin) * (part(v * 6) < 0.7)
        disc = np.square(part(u) - 0.02) + np.square(part(v) - 0.5) < 0.02
        return between((255, 255, 255), (235, 235, 240), octave(seed, view, 9)), 0.4 * (bar | disc)

    paint(canvas, everywhere(canvas), shade)
