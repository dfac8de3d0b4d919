"""Urban: façades, streets in perspective, skylines by day and night, a town from above."""

import numpy as np

from native4k.demo.aerial import town
from native4k.demo.buildings import (
    WALLS,
    house,
    panes,
    pavement,
    road,
    sidewall,
)
from native4k.demo.canvas import (
    Colour,
    Planes,
    around,
    between,
    clamp,
    edge,
    lit,
    paint,
    shade_by,
    spot,
    step,
)
from native4k.demo.noise import Box, Dice, octave
from native4k.demo.outdoors import sky, water


def facade(canvas: np.ndarray, dice: Dice) -> None:
    """A street front seen straight on: houses of several heights' storeys, bricks or plaster."""
    _, height, width = canvas.shape
    night = dice.pick((0.0, 0.0, 0.15, 0.9))
    sky(canvas, dice, height)
    left = -dice.real(0, 0.1) * width
    while left < width:
        right = left + width * dice.real(0.16, 0.42)
        house(canvas, dice, (int(left), int(right)), int(height * dice.real(-0.25, 0.35)), night)
        left = right
    pavement(canvas, dice, int(height * dice.real(0.9, 0.96)), night)


def street(canvas: np.ndarray, dice: Dice) -> None:
    """A street that runs to its vanishing point between two walls of windows."""
    _, height, width = canvas.shape
    vx, vy = width * dice.real(0.25, 0.75), height * dice.real(0.42, 0.68)
    sky(canvas, dice, height)
    night = dice.pick((0.0, 0.1, 0.8))
    for side in (-1, 1):
        sidewall(canvas, dice, (vx, vy), side, night)
    road(canvas, dice, (vx, vy), night)
    for number in range(dice.whole(3, 7)):
        lantern(canvas, dice, (vx, vy), 1.2 + 1.1 * number, dice.pick((-1, 1)), night)


def lantern(canvas: np.ndarray, dice: Dice, vanish: tuple[float, float], depth: float, side: int, night: float) -> None:
    """A street lamp on one pavement, the deeper the smaller."""
    _, height, width = canvas.shape
    vx, vy = vanish
    x, foot = vx + side * width * 0.36 / depth, vy + (height - vy) * 1.1 / depth
    tall, thick = height * 0.75 / depth, height * 0.011 / depth
    head, seed = foot - tall, dice.seed()

    def post(view: Box) -> tuple[Planes, np.ndarray]:
        across = (view.xs() - x) / thick
        wide = 1 + 1.2 * step(view.ys(), foot - tall * 0.12, foot - tall * 0.1)
        tone = lit((44, 48, 50), 1 - 0.5 * across + 0.2 * octave(seed, view, 1))
        return tone, clamp((wide - np.abs(across)) * thick + 0.5) * (view.ys() > head)

    def bulb(view: Box) -> tuple[Planes, np.ndarray]:
        _, _, squared = spot(view, x, head, thick * 14, thick * 14)
        return (255, 226, 160), clamp(1.05 / (1 + 40 * squared) - 0.05) * (0.35 + 0.65 * night) + edge(squared * 20, 9)

    paint(canvas, Box(int(head), int(foot), int(x - thick * 3), int(x + thick * 3) + 1), post)
    paint(canvas, around(x, head, thick * 14), bulb)


def skyline(canvas: np.ndarray, dice: Dice) -> None:
    """Towers in rows behind each other, by day or at night, often above water."""
    _, height, width = canvas.shape
    night = dice.pick((0.0, 0.0, 0.3, 1.0))
    ground = int(height * dice.real(0.68, 0.98))
    haze = sky(canvas, dice, ground)[2]
    if night > 0.5:
        paint(canvas, Box(0, ground, 0, width), lambda _: ((8.0, 12.0, 34.0), 0.72))
    rows = dice.whole(3, 4)
    middle, narrow = dice.real(0.1, 0.9), dice.real(0.2, 0.6)
    for row in range(rows):
        x, far = -dice.real(0, 0.05) * width, 1 - row / rows
        while x < width:
            wide = width * dice.real(0.025, 0.075) * (1.25 - 0.5 * far)
            centre = max(0.25, 1 - abs(x / width - middle) / narrow)
            tall = ground * dice.real(0.3, 0.95) * (0.3 + 0.7 * far) * centre
            tower(canvas, dice, (int(x), int(x + wide)), (int(ground - tall), ground), haze, (far, night))
            x += wide * dice.real(0.85, 1.3)
    if dice.chance(0.6):
        water(canvas, dice, ground, height, (24, 40, 60) if night > 0.5 else (70, 96, 110))
    else:
        pavement(canvas, dice, ground, night)


def tower(
    canvas: np.ndarray, dice: Dice, sides: tuple[int, int], ends: tuple[int, int], haze: Colour,
    mood: tuple[float, float],
) -> None:  # fmt: skip
    """One tower: a curtain wall of panes, its shaded side, sometimes stepped at the top."""
    (left, right), (top, bottom), (far, night) = sides, ends, mood
    seed, colour = dice.seed(), dice.pick((*WALLS, (90, 110, 130), (60, 80, 100), (120, 130, 140)))
    bay = ((right - left) / dice.whole(4, 12), max(4.0, (right - left) / dice.whole(5, 11)))
    wide, setback = dice.real(0.28, 0.46), dice.pick((0.0, 0.15, 0.3))
    turned = left + (right - left) * dice.real(0.55, 1)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v = view.xs() - left, view.ys() - top
        glass, frame, inside = panes(u, v, seed, bay, night, wide)
        grit = octave(seed + 2, view, 1) * 0.12 + octave(seed + 3, view, 16, 90) * 0.12
        stone = between(lit(colour, 1 + grit), shade_by(glass, 1 + grit), clamp(inside - 0.4 * frame))
        light = np.where(view.xs() > turned, 0.6, 0.98) * (1 - 0.62 * night)
        lamp = inside * (glass[0] > 160) * night
        stone = shade_by(stone, np.maximum(light, lamp))
        mist = 0.55 * far * (1 - 0.85 * night)
        step_in = (v < 0.12 * (bottom - top)) * setback * (right - left)
        shape = ((u > step_in) & (view.xs() < right - step_in)) * 1.0
        return between(stone, haze, mist), shape

    paint(canvas, Box(top, bottom, left, right), shade)


KINDS = (facade, skyline, street, town)
