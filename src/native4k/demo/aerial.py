"""A town from straight above: blocks, roofs, trees, cars and a river."""

import numpy as np

from native4k.demo.buildings import (
    WALLS,
)
from native4k.demo.canvas import (
    Planes,
    around,
    between,
    blend,
    clamp,
    edge,
    everywhere,
    lit,
    paint,
    shade_by,
    spot,
    step,
)
from native4k.demo.noise import Box, Dice, hashed, octave, part, relief, unit


def town(canvas: np.ndarray, dice: Dice) -> None:
    """A town from straight above: streets with cars, roofs with their shadows, trees."""
    _, height, width = canvas.shape
    seed, block = dice.seed(), int(min(width, height) * dice.real(0.2, 0.34))
    lane = block * dice.real(0.16, 0.24)
    slip = dice.whole(0, block), dice.whole(0, block)

    def shade(view: Box) -> tuple[Planes, None]:
        x, y = (view.xs() + slip[0]) % block, (view.ys() + slip[1]) % block  # a row and a column only
        grit = octave(seed, view, 1) * 0.12 + octave(seed + 1, view, 7) * 0.1
        street = np.minimum(x, y) < lane
        walk = np.minimum(x, y) < lane * 1.18
        middle = (np.abs(x - lane / 2) < lane / 40) * (y % (lane / 2) < lane / 4) * (y > lane)
        middle = middle + (np.abs(y - lane / 2) < lane / 40) * (x % (lane / 2) < lane / 4) * (x > lane)
        lawn = between((84, 116, 60), (120, 140, 84), 0.5 + octave(seed + 2, view, 60) * 0.5)
        ground = between(lawn, (176, 170, 160), walk * 1.0)
        ground = between(ground, (78, 78, 82), street * 1.0)
        return shade_by(between(ground, (236, 232, 220), middle * 0.9), 1 + grit), None

    paint(canvas, everywhere(canvas), shade)
    parks, far = dice.seed(), max(2, min(width, height) // 3)
    for top in range(-slip[1], height, block):
        for left in range(-slip[0], width, block):
            here = Box(top + slip[1], top + slip[1] + 1, left + slip[0], left + slip[0] + 1)
            green = 0.25 + 0.9 * float(octave(parks, here, far)[0, 0])
            inner = Box(top + int(lane * 1.3), top + block, left + int(lane * 1.3), left + block)
            lot(canvas, dice, inner, green)
            for _ in range(dice.whole(1, 4)):
                car(canvas, dice, (left + lane * dice.pick((0.27, 0.73)), top + dice.real(0.2, 1) * block), lane * 0.16)
    if dice.chance(0.6):
        river(canvas, dice)


def river(canvas: np.ndarray, dice: Dice) -> None:
    """A river that winds through a town between its quays."""
    _, height, width = canvas.shape
    seed, way, broad = dice.seed(), dice.turn(), min(width, height) * dice.real(0.06, 0.16)
    start, bend = dice.real(-0.25, 0.25) * min(width, height), max(2, max(width, height) // dice.whole(2, 4))
    tint = dice.pick(((52, 84, 96), (86, 96, 70), (40, 62, 88)))

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        off = (view.xs() - width / 2) * way[0] + (view.ys() - height / 2) * way[1] - start
        off = np.abs(off + octave(seed, view, bend) * (2.2 * broad)) - broad
        ripple = (
            octave(seed + 1, view, 9, 4) * 0.12
            + octave(seed + 2, view, 30, 12) * 0.12
            + octave(seed + 3, view, 2) * 0.06
        )
        quay = lit((184, 176, 160), 1 + octave(seed + 4, view, 1) * 0.1)
        return between(lit(tint, 1 + ripple), quay, step(off, -1, 0)), clamp(broad * 0.12 - off)

    paint(canvas, everywhere(canvas), shade)


def lot(canvas: np.ndarray, dice: Dice, box: Box, green: float) -> None:
    """One block: a park, or two to four roofs."""
    tall, wide = box.bottom - box.top, box.right - box.left
    if dice.chance(green):
        for _ in range(26):
            tree(canvas, dice, (box.left + dice.real(0, 1) * wide, box.top + dice.real(0, 1) * tall), wide * 0.09)
        return
    cut_x, cut_y = int(wide * dice.real(0.35, 0.65)), int(tall * dice.real(0.35, 0.65))
    gap = max(2, wide // 40)
    for top, bottom in ((box.top, box.top + cut_y), (box.top + cut_y, box.bottom)):
        for left, right in ((box.left, box.left + cut_x), (box.left + cut_x, box.right)):
            if dice.chance(0.85):
                roof(canvas, dice, Box(top + gap, bottom - gap, left + gap, right - gap))
            else:
                for _ in range(5):
                    tree(canvas, dice, (dice.real(left, right), dice.real(top, bottom)), wide * 0.07)


def roof(canvas: np.ndarray, dice: Dice, box: Box) -> None:
    """A flat roof with boxes, or a tiled one with a ridge; its shadow falls to the lower right."""
    seed, colour, flat = dice.seed(), dice.pick(WALLS), dice.chance(0.5)
    tall, wide = box.bottom - box.top, box.right - box.left
    drop = int(wide * dice.real(0.05, 0.3))
    along, tile = dice.chance(0.5), max(3.0, wide / 40)
    paint(canvas, Box(box.top + drop, box.bottom + drop, box.left + drop, box.right + drop),
          lambda _: ((14.0, 16.0, 24.0), 0.55))  # fmt: skip

    def shade(view: Box) -> tuple[Planes, None]:
        u, v = (view.xs() - box.left) / wide, (view.ys() - box.top) / tall
        grit = octave(seed, view, 1) * 0.13 + octave(seed + 1, view, max(2, wide // 6)) * 0.13
        rim = np.minimum(np.minimum(u, 1 - u) * wide, np.minimum(v, 1 - v) * tall)
        if flat:
            unit_x, unit_y = np.floor(u * 6), np.floor(v * 6)
            box_here = unit(hashed(seed + 2, unit_y, unit_x)) > 0.82
            inner = np.maximum(np.abs(u * 6 - unit_x - 0.5), np.abs(v * 6 - unit_y - 0.5)) < 0.33
            light = 0.85 + 0.3 * (rim < wide / 45) + 0.35 * (box_here & inner)
            return lit(blend(colour, (160, 160, 160), 0.5), light + grit), None
        across, length = (u, v * tall) if along else (v, u * wide)
        rows = np.abs(part(across * np.float32(wide / tile)) - 0.5)
        light = (
            np.where(across < 0.5, 1.12, 0.72)
            * (0.8 + 0.35 * rows)
            * (1 - 0.25 * (part(length / np.float32(tile * 1.4)) < 1.4 / tile))
        )
        return lit(colour, light + grit), None

    paint(canvas, box, shade)


def tree(canvas: np.ndarray, dice: Dice, place: tuple[float, float], size: float) -> None:
    """A tree's crown from above."""
    size, seed, tone = size * dice.real(0.6, 1.2), dice.seed(), dice.real(0.8, 1.2)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, *place, size, size)
        bumps = relief(seed, view, (max(2, int(size / 3)), 5, 2), 0.8)
        light = tone * (0.75 - 0.3 * (u + v) + 0.7 * bumps)
        return lit((62, 98, 44), light), edge(squared * (1 + 0.5 * octave(seed + 9, view, max(2, int(size / 3)))), size)

    paint(canvas, around(place[0] + size * 0.3, place[1] + size * 0.3, size),
          lambda view: ((10.0, 14.0, 16.0), 0.5 * edge(spot(view, place[0] + size * 0.3, place[1] + size * 0.3,
                                                            size, size)[2], size / 8)))  # fmt: skip
    paint(canvas, around(*place, size * 1.3), shade)


def car(canvas: np.ndarray, dice: Dice, place: tuple[float, float], size: float) -> None:
    """A car from above, driving up or down the street."""
    colour = dice.pick(((200, 40, 40), (236, 236, 236), (40, 60, 110), (30, 32, 36), (226, 190, 60), (150, 156, 160)))

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v = (view.xs() - place[0]) / size, (view.ys() - place[1]) / (2.1 * size)
        body = clamp((1 - np.maximum(np.abs(u) + 0.12 * v * v, np.abs(v) + 0.08 * u * u)) * size + 0.5)
        pane = (np.abs(np.abs(v) - 0.42) < 0.12) * (np.abs(u) < 0.75)
        return between(lit(colour, 1.05 - 0.25 * u * u - 0.1 * v), (30, 40, 52), pane * 0.9), body

    paint(canvas, around(*place, size, size * 2.1), shade)
