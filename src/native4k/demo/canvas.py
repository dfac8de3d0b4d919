"""Painting on a canvas: strips of pixels, blended colours, lit shapes, light and grain."""

from collections.abc import Callable, Sequence

import numpy as np

from native4k.demo.noise import Box, Dice, Point, hashed, octave, smooth

Colour = tuple[float, float, float]
Planes = Sequence["np.ndarray | float"]
Shade = Callable[[Box], tuple[Planes, "np.ndarray | float | None"]]

ROWS = 32  # of a strip, so that its arrays stay in the processor's cache


def blank(width: int, height: int) -> np.ndarray:
    """An unpainted canvas: 3 x height x width, uint8."""
    return np.zeros((3, height, width), np.uint8)


def everywhere(canvas: np.ndarray) -> Box:
    """The box of the whole canvas."""
    return Box(0, canvas.shape[1], 0, canvas.shape[2])


def around(x: float, y: float, reach: float, tall: float = 0) -> Box:
    """The box about a point, `reach` to the left and right, `tall` (or as much) up and down."""
    up = tall or reach
    return Box(int(y - up) - 1, int(y + up) + 2, int(x - reach) - 1, int(x + reach) + 2)


def paint(canvas: np.ndarray, box: Box, shade: Shade) -> None:
    """Cover the box, strip by strip, with the colours that shade gives; its alpha lets the ground through."""
    _, height, width = canvas.shape
    left, right = max(box.left, 0), min(box.right, width)
    top, bottom = max(box.top, 0), min(box.bottom, height)
    if left >= right:
        return
    rows = max(ROWS, ROWS * 1920 // (right - left)) if right - left < 1920 else ROWS
    for start in range(top, bottom, rows):
        strip = Box(start, min(start + rows, bottom), left, right)
        planes, alpha = shade(strip)
        _blend(canvas[:, strip.top : strip.bottom, left:right], planes, alpha)


def _blend(ground: np.ndarray, planes: Planes, alpha: "np.ndarray | float | None") -> None:
    alpha = None if alpha is None else single(alpha)
    for below, plane in zip(ground, planes, strict=True):
        if alpha is None:
            mixed = np.broadcast_to(np.asarray(plane, np.float32), below.shape) + np.float32(0.5)
        else:
            old = below.astype(np.float32)
            mixed = plane - old
            mixed *= alpha
            mixed += old
            mixed += 0.5
        below[...] = np.clip(mixed, 0, 255, out=mixed)


def single(values: "np.ndarray | float") -> "np.ndarray | float":
    """Values in single precision: a condition times a number comes in double, at half the speed."""
    if isinstance(values, np.ndarray) and values.dtype != np.float32:
        return values.astype(np.float32)
    return values


def lit(colour: Colour, light: "np.ndarray | float") -> list["np.ndarray | float"]:
    """The colour, brighter or darker."""
    light = single(light)
    return [value * light for value in colour]


def toned(colour: Colour, light: float) -> Colour:
    """One colour, brighter or darker."""
    return colour[0] * light, colour[1] * light, colour[2] * light


def blend(first: Colour, second: Colour, part: float) -> Colour:
    """One colour on the way from the first (part 0) to the second (part 1)."""
    red, green, blue = (a + (b - a) * part for a, b in zip(first, second, strict=True))
    return red, green, blue


def between(first: Planes, second: Planes, part: "np.ndarray | float") -> list["np.ndarray | float"]:
    """From the first colour (part 0) to the second (part 1)."""
    part = single(part)
    return [a + (b - a) * part for a, b in zip(first, second, strict=True)]


def shade_by(planes: Planes, light: "np.ndarray | float") -> list["np.ndarray | float"]:
    """Planes, brighter or darker."""
    light = single(light)
    return [plane * light for plane in planes]


def ramp(stops: Sequence[Colour], part: np.ndarray) -> list["np.ndarray | float"]:
    """Through the stops, evenly spaced, as part goes from 0 to 1."""
    knots = np.asarray(stops, np.float32)
    place = np.arange(256, dtype=np.float32) * np.float32((len(stops) - 1) / 255)
    low = np.minimum(place.astype(np.int32), len(stops) - 2)
    lookup = knots[low] + (knots[low + 1] - knots[low]) * (place - low).astype(np.float32)[:, None]
    index = clamp(part * 255, 0, 255).astype(np.uint8)
    return [lookup[:, channel].take(index) for channel in range(3)]


def clamp(values: "np.ndarray | float", low: float = 0, high: float = 1) -> np.ndarray:
    """Values held between low and high."""
    return np.minimum(np.maximum(single(values), np.float32(low)), np.float32(high))


def step(values: np.ndarray, low: "np.ndarray | float", high: "np.ndarray | float") -> np.ndarray:
    """Smoothly 0 below low to 1 above high."""
    return smooth(clamp((values - low) / (high - low)))


def spot(view: Box, x: float, y: float, wide: float, tall: float, turn: Point = (1, 0)) -> tuple[np.ndarray, ...]:
    """Coordinates inside a turned ellipse, -1 to 1 along its axes, and the squared radius."""
    dx, dy = view.xs() - np.float32(x), view.ys() - np.float32(y)
    cos, sin = turn
    u = dx * (cos / wide) + dy * (sin / wide)
    v = dy * (cos / tall) - dx * (sin / tall)
    return u, v, u * u + v * v


def edge(squared: np.ndarray, reach: float) -> np.ndarray:
    """Coverage of an ellipse by pixels: 1 inside, 0 outside, one pixel between."""
    return clamp((1 - squared) * (reach / 2) + 0.5)


def ball(u: np.ndarray, v: np.ndarray, squared: np.ndarray, light: Sequence[float] = (-0.45, -0.6, 0.66)) -> np.ndarray:
    """How a ball is lit, about 0 to 1.2."""
    depth = np.sqrt(np.maximum(1 - squared, np.float32(0)))
    toward = u * light[0] + v * light[1] + depth * light[2]
    return 0.38 + 0.75 * np.maximum(toward, np.float32(0))


def glint(u: np.ndarray, v: np.ndarray, x: float, y: float, reach: float) -> np.ndarray:
    """A bright spot at (x, y) of a ball, 1 in its middle."""
    near = np.maximum(1 - ((u - x) * (u - x) + (v - y) * (v - y)) / (reach * reach), np.float32(0))
    return near * near * near


def shadow(canvas: np.ndarray, x: float, y: float, wide: float, tall: float, depth: float = 0.5) -> None:
    """Darken an ellipse, most in its middle."""

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        _, _, squared = spot(view, x, y, wide, tall)
        return (12.0, 10.0, 14.0), step(1 - squared, 0, 0.75) * depth

    paint(canvas, around(x, y, wide, tall), shade)


def finish(canvas: np.ndarray, dice: Dice, grain: float = 4, light: float = 0.16) -> np.ndarray:
    """Pools of light and shade over the whole picture, and a camera's grain on every pixel."""
    _, height, width = canvas.shape
    seed, coarse = dice.seed(), dice.seed()
    across, down = max(1, width // dice.whole(3, 5)), max(1, height // dice.whole(3, 5))

    def shade(view: Box) -> tuple[Planes, None]:
        bits = hashed(seed, np.arange(view.top, view.bottom)[:, None], np.arange(view.left, view.right)[None, :])
        noise = ((bits & np.uint32(255)) + (bits >> np.uint32(8) & np.uint32(255))).astype(np.float32)
        noise *= np.float32(grain / 128)
        noise -= np.float32(grain * 2)
        pool = octave(coarse, view, across, down) * light + 1
        old = canvas[:, view.top : view.bottom, view.left : view.right]
        return [plane * pool + noise for plane in old], None

    paint(canvas, everywhere(canvas), shade)
    return canvas
