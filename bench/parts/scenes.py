"""Pictures that are sharp to the pixel: textures drawn here, the demo's generators, photographs that packages ship."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from PIL import Image, ImageDraw, ImageFont

from native4k.demo.canvas import blank, finish
from native4k.demo.catalogue import GENERATORS
from native4k.demo.noise import Dice

WIDTH, HEIGHT = 1280, 960
OVER = 2
"""Textures are drawn this much larger and averaged down, so that their edges are as sharp as pixels allow."""

Chance = np.random.Generator
Draw = Callable[[int], np.ndarray]
"""From a number to a picture: height x width x 3, uint8."""

PHOTOGRAPHS_SHIPPED = (
    "astronaut",
    "camera",
    "chelsea",
    "coffee",
    "brick",
    "grass",
    "gravel",
    "rocket",
    "motorcycle_left",
)
"""In scikit-image's wheel; 0.1 to 0.4 megapixels, and reduced from larger ones by unknown hands: not all are sharp."""

PHOTOGRAPHS = len(PHOTOGRAPHS_SHIPPED)


def clouds(chance: Chance) -> np.ndarray:
    """Noise whose spectrum falls like a natural picture's: amplitude as 1 over frequency to the power 0.8 to 1.3."""
    return _coloured(_field(chance, chance.uniform(0.8, 1.3), HEIGHT, WIDTH), chance)


def dead_leaves(chance: Chance) -> np.ndarray:
    """Discs that hide each other, many small and few large, each with a shade of its own."""
    picture = _ground(chance)
    for radius in _sizes(chance, 20000, 4, 300):
        cv2.circle(picture, _place(chance), int(radius), _colour(chance), -1, cv2.LINE_AA)
    return _reduced(picture)


def foliage(chance: Chance) -> np.ndarray:
    """Pointed leaves with veins, lit from everywhere."""
    picture = _ground(chance)
    for size in _sizes(chance, 9000, 10, 160):
        (x, y), angle, colour = _place(chance), chance.uniform(0, 360), _colour(chance, (20, 60, 10), (140, 230, 110))
        cv2.ellipse(picture, (x, y), (int(size), max(2, int(size / 3))), angle, 0, 360, colour, -1, cv2.LINE_AA)
        tip = int(size * np.cos(np.radians(angle))), int(size * np.sin(np.radians(angle)))
        vein = tuple(int(value * 0.6) for value in colour)
        cv2.line(picture, (x - tip[0], y - tip[1]), (x + tip[0], y + tip[1]), vein, 2, cv2.LINE_AA)
    return _reduced(picture)


def hair(chance: Chance) -> np.ndarray:
    """Thin bent lines over each other."""
    picture = _ground(chance)
    along = np.linspace(-1, 1, 12)
    for length in _sizes(chance, 9000, 60, 700):
        x, y = _place(chance)
        angle, bend = chance.normal(1.0, 0.35), chance.normal(0, 0.3)
        way = angle + bend * along
        line = np.stack([x + length * along * np.cos(way), y + length * along * np.sin(way)], axis=1)
        width = int(chance.integers(1, 5))
        cv2.polylines(picture, [line.astype(np.int32)], False, _colour(chance), width, cv2.LINE_AA)
    return _reduced(picture)


def writing(chance: Chance) -> np.ndarray:
    """Lines of letters in several sizes on coloured paper."""
    paper = Image.fromarray(_ground(chance))
    pen, top = ImageDraw.Draw(paper), 0
    while top < paper.height:
        size = int(chance.integers(20, 70))
        letters = "".join(chr(code) for code in chance.integers(33, 126, 300))
        pen.text((0, top), letters, _colour(chance, (0, 0, 0), (110, 110, 110)), ImageFont.load_default(size))
        top += int(size * 1.15)
    return _reduced(np.asarray(paper))


def cells(chance: Chance) -> np.ndarray:
    """Stones: each pixel has the shade of the nearest of many points, darker towards the gaps, with a grain."""
    seeds = np.full((HEIGHT * OVER, WIDTH * OVER), 255, np.uint8)
    count = int(chance.integers(2000, 20000))
    seeds[chance.integers(0, seeds.shape[0], count), chance.integers(0, seeds.shape[1], count)] = 0
    far, label = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    shade = chance.uniform(60, 230, (label.max() + 1, 3))[label] * (1 - 0.6 * far / far.max())[..., None]
    return _reduced(_bytes(shade * (1 + 0.08 * _field(chance, 0.6, *far.shape)[..., None])))


def weave(chance: Chance) -> np.ndarray:
    """Threads over and under each other, drawn askew, with fibres."""
    y, x = np.mgrid[: HEIGHT * OVER, : WIDTH * OVER].astype(np.float32)
    bent = _field(chance, 2.0, *x.shape) * 12
    step, turn = chance.uniform(9, 26), chance.uniform(0, 0.6)
    u, v = (x * np.cos(turn) + y * np.sin(turn) + bent) / step, (y * np.cos(turn) - x * np.sin(turn) + bent) / step
    over = (np.floor(u) + np.floor(v)) % 2
    thread = np.where(over > 0, np.sin(np.pi * (u % 1)), np.sin(np.pi * (v % 1)))
    shade = 50 + 150 * thread[..., None] * chance.uniform(0.4, 1, 3)
    return _reduced(_bytes(shade + 12 * _field(chance, 0.5, *x.shape)[..., None]))


def ridges(chance: Chance) -> np.ndarray:
    """Rock: folded noise lit from one side."""
    height = -np.abs(_field(chance, 1.7, HEIGHT * OVER, WIDTH * OVER)) * 90
    light = np.gradient(height, axis=0) + np.gradient(height, axis=1)
    return _reduced(_bytes((128 + 60 * light / light.std())[..., None] * chance.uniform(0.6, 1.1, 3)))


def _field(chance: Chance, power: float, height: int, width: int) -> np.ndarray:
    """Noise of mean 0 and spread 1 whose amplitude falls as frequency to a power."""
    reach = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    reach[0, 0] = np.inf
    noise = np.fft.irfft2(np.fft.rfft2(chance.standard_normal((height, width))) * reach**-power, (height, width))
    return np.asarray((noise - noise.mean()) / noise.std(), np.float32)


def _coloured(field: np.ndarray, chance: Chance) -> np.ndarray:
    return _bytes(128 + 45 * field[..., None] * chance.uniform(0.6, 1.2, 3) + chance.uniform(-20, 20, 3))


def _sizes(chance: Chance, count: int, low: float, high: float) -> Iterator[float]:
    """Large ones first, so that they hide nothing; their number falls with the cube of the size."""
    share = np.sort(chance.uniform(0, 1, count))
    return iter((low**-2 + share * (high**-2 - low**-2)) ** -0.5)


def _ground(chance: Chance) -> np.ndarray:
    return np.full((HEIGHT * OVER, WIDTH * OVER, 3), chance.integers(150, 256, 3), np.uint8)


def _place(chance: Chance) -> tuple[int, int]:
    return int(chance.integers(WIDTH * OVER)), int(chance.integers(HEIGHT * OVER))


def _colour(
    chance: Chance, low: tuple[int, ...] = (0, 0, 0), high: tuple[int, ...] = (255, 255, 255)
) -> tuple[int, ...]:
    light = chance.uniform(0, 1)
    mixed = (a + (b - a) * (0.7 * light + 0.3 * chance.uniform(0, 1)) for a, b in zip(low, high, strict=True))
    return tuple(int(value) for value in mixed)


def _reduced(picture: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)


def _texture(kind: Callable[[Chance], np.ndarray], number: int) -> np.ndarray:
    return kind(np.random.default_rng([number, *kind.__name__.encode()]))


def _demo(category: str, number: int) -> np.ndarray:
    """A scene of the demo at this size, with much, little or no grain."""
    canvas, dice = blank(WIDTH, HEIGHT), Dice("bench", category, number)
    kinds = GENERATORS[category].KINDS
    kinds[number % len(kinds)](canvas, dice)
    return np.moveaxis(finish(canvas, dice, grain=(0, 1, 4)[number % 3]), 0, -1)


def _photograph(number: int) -> np.ndarray:
    path = Path(skimage.data.__file__).parent / PHOTOGRAPHS_SHIPPED[number % len(PHOTOGRAPHS_SHIPPED)]
    with Image.open(path.with_suffix(".png" if path.with_suffix(".png").exists() else ".jpg")) as file:
        return np.asarray(file.convert("RGB"))


def _drawn(*kinds: Callable[[Chance], np.ndarray]) -> dict[str, Draw]:
    return {kind.__name__: partial(_texture, kind) for kind in kinds}


FITTED: dict[str, Draw] = {
    **_drawn(clouds, dead_leaves, hair, cells),
    **{name: partial(_demo, name) for name in ("Nature", "Urban", "CGI")},
}
"""What thresholds are fitted on."""

MEASURED: dict[str, Draw] = {
    **_drawn(foliage, writing, weave, ridges),
    **{name: partial(_demo, name) for name in ("People", "Food", "Artwork")},
    "photographs": _photograph,
}
"""What they are measured on; no generator is in both."""
