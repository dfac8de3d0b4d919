"""Small things up close: a stone, a leaf, a blossom."""

import numpy as np

from native4k.demo.canvas import (
    Colour,
    Planes,
    around,
    ball,
    between,
    clamp,
    edge,
    lit,
    paint,
    shade_by,
    shadow,
    spot,
    step,
)
from native4k.demo.noise import Box, Dice, octave


def stone(canvas: np.ndarray, dice: Dice, place: tuple[float, float], size: float, tone: Colour) -> None:
    """One round stone with its shadow, mottled, sometimes with a vein of quartz."""
    wide, tall, turn, seed = size, size * dice.real(0.6, 0.95), dice.turn(), dice.seed()
    vein, bright = (dice.real(-0.7, 0.7) if dice.chance(0.3) else 9.0), dice.real(0.7, 1.2)
    shadow(canvas, place[0] + size * 0.12, place[1] + size * 0.18, size * 1.15, size * 1.1, 0.75)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, *place, wide, tall, turn)
        mottle = octave(seed, view, max(2, int(size / 5))) * 0.15 + octave(seed + 1, view, 2) * 0.16
        line = step(0.05 - np.abs(v - vein - 0.2 * u + mottle), 0, 0.03)
        colour = between(lit(tone, bright), (226, 222, 214), line * 0.7)
        du, dv = u * turn[0] - v * turn[1], u * turn[1] + v * turn[0]
        return shade_by(colour, ball(du * 0.8, dv * 0.8, squared * 0.64) * (1 + mottle)), edge(squared, tall)

    paint(canvas, around(*place, size), shade)


GREENS: tuple[tuple[Colour, Colour], ...] = (
    ((38, 86, 36), (104, 158, 56)),
    ((24, 66, 52), (70, 130, 84)),
    ((150, 60, 24), (230, 150, 40)),
    ((120, 24, 30), (206, 84, 40)),
    ((70, 100, 40), (190, 200, 90)),
    ((60, 70, 90), (120, 160, 150)),
)


def unit_of(x: float, y: float) -> tuple[float, float]:
    """The direction of (x, y) as a unit vector."""
    long = float(np.sqrt(x * x + y * y)) or 1.0
    return x / long, y / long


def leaf(
    canvas: np.ndarray, dice: Dice, place: tuple[float, float], size: float, slim: float, turn: tuple[float, float],
    colours: tuple[Colour, Colour], depth: float,
) -> None:  # fmt: skip
    """One pointed leaf with its midrib and veins."""
    seed, veins = dice.seed(), dice.real(5, 9)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, _ = spot(view, *place, size, size * slim, turn)
        side = np.abs(v)
        belly = 1 - u * u
        inside = belly * (1 - 0.25 * u) - side
        rib = step(0.07 - side, 0, 0.05)
        slant = (u * 0.5 + 0.5) * veins - side * 1.6
        vein = np.abs(slant - np.floor(slant) - 0.5)
        skin = octave(seed, view, 2) * 0.12 + octave(seed + 2, view, 16) * 0.12
        light = depth * (0.75 + 0.2 * v + 0.25 * step(vein, 0.05, 0.2) + skin)
        colour = between(colours[0], colours[1], clamp(0.35 + 0.4 * belly + 0.3 * rib + skin))
        return shade_by(colour, light), clamp(inside * size * slim * 0.7 + 0.5)

    paint(canvas, around(*place, size), shade)


def flower(canvas: np.ndarray, dice: Dice, place: tuple[float, float], size: float, colour: Colour) -> None:
    """A blossom of five to eight petals."""
    seed, count = dice.seed(), dice.whole(5, 8)
    turn = dice.turn()
    turns = [PETALS[(number * 24) // count] for number in range(count)]
    for cos, sin in turns:
        way = cos * turn[0] - sin * turn[1], cos * turn[1] + sin * turn[0]
        x, y = place[0] + way[0] * size * 0.6, place[1] + way[1] * size * 0.6

        def shade(view: Box, x: float = x, y: float = y, way: tuple[float, float] = way) -> tuple[Planes, np.ndarray]:
            u, v, squared = spot(view, x, y, size * 0.55, size * 0.33, way)
            streak = octave(seed, view, 2) * 0.08 + octave(seed + 1, view, 7) * 0.08
            return lit(colour, 0.85 + 0.18 * u - 0.2 * v * v + streak), edge(squared, size * 0.3)

        paint(canvas, around(x, y, size * 0.6), shade)
    stone(canvas, dice, place, size * 0.25, (226, 170, 40))


PETALS = [
    (1, 0), (0.966, 0.259), (0.866, 0.5), (0.707, 0.707), (0.5, 0.866), (0.259, 0.966),
    (0, 1), (-0.259, 0.966), (-0.5, 0.866), (-0.707, 0.707), (-0.866, 0.5), (-0.966, 0.259),
    (-1, 0), (-0.966, -0.259), (-0.866, -0.5), (-0.707, -0.707), (-0.5, -0.866), (-0.259, -0.966),
    (0, -1), (0.259, -0.966), (0.5, -0.866), (0.707, -0.707), (0.866, -0.5), (0.966, -0.259),
]  # fmt: skip
"""Unit vectors, fifteen degrees apart."""
