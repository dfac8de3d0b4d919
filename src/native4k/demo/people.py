"""People: portraits, groups and crowds of stylised figures in patterned clothes."""

import numpy as np

from native4k.demo.buildings import WALLS, wall
from native4k.demo.canvas import (
    Colour,
    Planes,
    around,
    between,
    clamp,
    everywhere,
    lit,
    paint,
    shade_by,
    spot,
    step,
)
from native4k.demo.figures import person
from native4k.demo.noise import Box, Dice, fractal, octave, part, wave
from native4k.demo.outdoors import LANDS, meadow, sky, skyline, slope

CLOTHS: tuple[Colour, ...] = (
    (92, 70, 60), (46, 60, 84), (150, 140, 124), (110, 40, 44), (40, 70, 62), (190, 170, 140), (24, 24, 30),
    (206, 190, 196), (120, 100, 140), (210, 206, 200),
)  # fmt: skip


def backdrop(canvas: np.ndarray, dice: Dice) -> None:
    """What stands behind: mottled cloth, wallpaper, a brick wall, lights out of focus, or open land."""
    dice.pick((studio, studio, wallpaper, bricks, lights, land))(canvas, dice)


def studio(canvas: np.ndarray, dice: Dice) -> None:
    """A painted cloth with a lamp on it."""
    _, height, width = canvas.shape
    seed, first, second = dice.seed(), dice.pick(CLOTHS), dice.pick(CLOTHS)
    lamp = dice.real(0, 1) * width, dice.real(0, 1) * height
    reach = max(width, height) * dice.real(0.3, 0.8)
    fold = width / dice.whole(8, 20)

    def shade(view: Box) -> tuple[Planes, None]:
        _, _, far = spot(view, *lamp, reach, reach)
        patch = fractal(seed, view, (max(1, width // 8), max(1, width // 24), max(1, width // 90), 6))
        weave = octave(seed + 7, view, 1, 3) * 0.1 + octave(seed + 8, view, 3, 1) * 0.1
        folds = 0.12 * wave(view.xs() / fold + 0.6 * octave(seed + 9, view, max(2, width // 6)))
        return shade_by(between(first, second, clamp(0.5 + 0.6 * patch)), 1.25 / (1 + 1.6 * far) + weave + folds), None

    paint(canvas, everywhere(canvas), shade)


def wallpaper(canvas: np.ndarray, dice: Dice) -> None:
    """Wallpaper of stripes and dots, with a wainscot below."""
    _, height, width = canvas.shape
    seed, first, second = dice.seed(), dice.pick(CLOTHS), dice.pick(CLOTHS)
    size, rail = width / dice.whole(12, 30), height * dice.real(0.6, 1.2)
    glow = dice.real(-0.35, 0.35)

    def shade(view: Box) -> tuple[Planes, None]:
        x, y = view.xs() / size, view.ys() / size
        paper = octave(seed, view, 1) * 0.08 + octave(seed + 1, view, 3) * 0.05
        dx, dy = part(x) - 0.5, part(y) - 0.5
        motif = step(0.1 - dx * dx - dy * dy + 0.05 * wave(x * 4) * wave(y * 4), 0, 0.03)
        stripe = (part(x / 2) < 0.5) * 0.35
        colour = between(first, second, clamp(motif + stripe))
        wood = lit((96, 66, 44), 1 + 0.3 * octave(seed + 2, view, 4, 90) + 0.25 * (part(x) < 0.06))
        colour = between(colour, wood, (view.ys() > rail) * 1.0)
        return shade_by(colour, 0.9 + paper + glow * (view.xs() / width * 2 - 1)), None

    paint(canvas, everywhere(canvas), shade)


def bricks(canvas: np.ndarray, dice: Dice) -> None:
    """A brick wall in slanting light."""
    _, height, width = canvas.shape
    seed, colour, size = dice.seed(), dice.pick(WALLS), height / dice.whole(22, 50)
    slant, start = dice.real(-0.6, 0.6), dice.real(0.1, 0.9) * width

    def shade(view: Box) -> tuple[Planes, None]:
        stone = wall(view.xs() + 0 * view.ys(), view.ys(), seed, colour, (size * 2.5, size))
        grit = octave(seed + 1, view, 1) * 0.12 + octave(seed + 2, view, 5) * 0.12
        bright = step((view.xs() - start - slant * view.ys()) / width, -0.02, 0.02)
        return shade_by(stone, 0.6 + 0.5 * bright + grit), None

    paint(canvas, everywhere(canvas), shade)


def lights(canvas: np.ndarray, dice: Dice) -> None:
    """A night of round lights out of focus."""
    studio(canvas, dice)
    _, height, width = canvas.shape
    paint(canvas, everywhere(canvas), lambda _: ((14.0, 16.0, 34.0), 0.7))
    for _ in range(dice.whole(25, 60)):
        x, y, size = dice.real(0, width), dice.real(0, height), width * dice.real(0.01, 0.045)
        colour = dice.pick(((255, 210, 120), (255, 140, 90), (120, 180, 255), (250, 240, 220), (240, 110, 150)))
        strong = dice.real(0.3, 0.8)

        def shade(
            view: Box, at: tuple[float, float, float] = (x, y, size), colour: Colour = colour, strong: float = strong
        ) -> tuple[Planes, np.ndarray]:
            _, _, squared = spot(view, at[0], at[1], at[2], at[2])
            return colour, strong * clamp((1 - squared) * at[2] * 0.2) * (0.6 + 0.4 * clamp(squared))

        paint(canvas, around(x, y, size), shade)


def land(canvas: np.ndarray, dice: Dice) -> None:
    """Hills under a sky."""
    _, height, width = canvas.shape
    horizon = height * dice.real(0.35, 0.8)
    sky(canvas, dice, int(horizon))
    slope(canvas, dice, horizon - height * 0.15 * (0.6 + skyline(dice, width, 0.8, width // 3)),
          int(horizon + 0.1 * height), dice.pick(LANDS))  # fmt: skip
    meadow(canvas, dice, horizon + 0.03 * height * skyline(dice, width, 0.4, width // 4), LANDS[0])


def portrait(canvas: np.ndarray, dice: Dice) -> None:
    """One person, near or less near, not always in the middle."""
    _, height, width = canvas.shape
    backdrop(canvas, dice)
    size = min(width, height) * dice.real(0.17, 0.3)
    person(canvas, dice, (width * dice.real(0.25, 0.75), max(size * 1.5, height * dice.real(0.34, 0.5))), size)


def group(canvas: np.ndarray, dice: Dice) -> None:
    """Two to five people side by side."""
    _, height, width = canvas.shape
    backdrop(canvas, dice)
    count = dice.whole(2, 5) if width >= height else dice.whole(2, 3)
    room = width / (count + 0.3)
    for number in dice.shuffled(range(count)):
        size = min(room * dice.real(0.25, 0.36), height * 0.2)
        person(canvas, dice, (room * (number + 0.65 + dice.real(-0.1, 0.1)), height * dice.real(0.3, 0.62)), size)


def crowd(canvas: np.ndarray, dice: Dice) -> None:
    """A crowd in rows, the heads smaller toward the back; often an empty place somewhere."""
    _, height, width = canvas.shape
    backdrop(canvas, dice)
    rows = dice.whole(3, 5)
    gap, start = dice.real(0, width), height * dice.real(0.12, 0.4)
    for row in range(rows):
        size = height * (0.045 + 0.035 * row) * dice.real(0.9, 1.1)
        y = start + (height - start) * row / rows * 0.95
        x = -size * dice.real(0, 2)
        while x < width + size:
            if abs(x - gap) > size * 2 or row == 0:
                person(canvas, dice, (x, y + dice.real(-0.4, 0.4) * size), size * dice.real(0.85, 1.1))
            x += size * dice.real(2.4, 3.2)


KINDS = (portrait, group, portrait, crowd)
