"""Artwork: brush strokes, tiled geometry, posters of letters, marbled paper, mosaics, blocks of colour."""

import numpy as np

from native4k.demo.canvas import (
    Colour,
    Planes,
    around,
    between,
    clamp,
    everywhere,
    lit,
    paint,
    ramp,
    shade_by,
    spot,
    step,
    toned,
)
from native4k.demo.noise import (
    Box,
    Dice,
    Point,
    at,
    chances,
    hashed,
    octave,
    part,
    table,
    unit,
    wave,
)
from native4k.demo.prints import letters, tiles
from native4k.demo.sheets import PALETTES, paper, tooth


def strokes(canvas: np.ndarray, dice: Dice) -> None:
    """A painting in thick strokes that follow swirls: land or water below, a sky with lights."""
    _, height, width = canvas.shape
    colours, field = dice.pick(PALETTES), table(dice.seed(), 32)
    paper(canvas, dice, toned(colours[0], 0.5))
    least, swirl = min(width, height), dice.real(0.8, 2.5)
    level, lean = dice.real(0.3, 0.8), dice.real(-0.3, 0.3)
    lamps = [
        (dice.real(0, width), dice.real(0, height * level), least * dice.real(0.08, 0.2))
        for _ in range(dice.whole(1, 5))
    ]
    for layer, (size, count) in enumerate(((0.1, 300), (0.06, 700), (0.035, 800))):
        for _ in range(int(count * width * height / (least * least) / 1.7)):
            x, y = dice.real(-0.02, 1.02) * width, dice.real(-0.02, 1.02) * height
            u, v = np.float32(swirl * x / least), np.float32(swirl * y / least)
            low = y / height > level + lean * (x / width - 0.5) + 0.1 * float(
                at(field, np.asarray([u * 2]), np.asarray([v]))[0]
            )
            way = float(at(field, np.asarray([u]), np.asarray([v + 9 * low]))[0]) * 0.5
            turn = turned(way * (0.4 if low else 1.0))
            tone = colours[int(3 * low) + 1 if dice.chance(0.25) else 1 + int(2.2 * low)]
            for a, b, c in lamps:
                far = ((x - a) * (x - a) + (y - b) * (y - b)) / (c * c)
                if far < 4 and not low:
                    turn, tone = across((x - a, y - b)), colours[3] if far < 1 else tone
            stroke(canvas, dice, (x, y), least * size * dice.real(0.7, 1.3), turn, tone, layer)
    tooth(canvas, dice, 4, 0.12)


def turned(way: float) -> Point:
    """A unit vector near the x axis: t = way in -1 to 1 gives -90 to 90 degrees."""
    return (1 - way * way) / (1 + way * way), 2 * way / (1 + way * way)


def across(way: Point) -> Point:
    """The unit vector at right angles to a direction."""
    long = float(np.sqrt(way[0] * way[0] + way[1] * way[1])) or 1.0
    return -way[1] / long, way[0] / long


def stroke(canvas: np.ndarray, dice: Dice, place: Point, size: float, turn: Point, colour: Colour, layer: int) -> None:
    """One stroke of a loaded brush: its bristles leave ridges that catch the light."""
    seed, slim, bend = dice.seed(), dice.real(0.16, 0.3), dice.real(-0.5, 0.5)
    red, green, blue = (min(255.0, c * dice.real(0.75, 1.25)) for c in colour)
    bristles = chances(seed, 64) - np.float32(0.5)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, _ = spot(view, *place, size, size * slim, turn)
        bow = u * u
        v += bend * (bow - 0.5)
        ridge = bristles.take(clamp(v * 16 + 32, 0, 63).astype(np.intp))
        inside = 1 - v * v - bow * (bow + ridge * 0.5)
        light = 1 + 0.5 * ridge - 0.12 * v
        return lit((red, green, blue), light), clamp(inside * size * slim * 0.6) * (0.97 - 0.1 * layer)

    reach = size * (abs(turn[0]) + slim * 1.3)
    tall = size * (abs(turn[1]) + slim * 1.3)
    paint(canvas, around(*place, reach, tall), shade)


def marbling(canvas: np.ndarray, dice: Dice) -> None:
    """Marbled paper: inks combed into folds, with hair lines between."""
    _, height, width = canvas.shape
    colours, first, second = dice.pick(PALETTES), table(dice.seed(), 64), table(dice.seed(), 64)
    seed, scale = dice.seed(), dice.real(2.5, 6) / max(width, height)
    bands, comb, way = dice.real(2, 5), dice.real(0, 0.8), dice.turn()

    def shade(view: Box) -> tuple[Planes, None]:
        x, y = view.xs() * np.float32(scale), view.ys() * np.float32(scale)
        x, y = x * way[0] + y * way[1], y * way[0] - x * way[1]
        u = at(first, x, y)
        v = at(second, x + 1.3 * u, y + 0.7 * u)
        teeth = np.abs(part(x * 2.5) - 0.5) * comb
        height_ = (v + u * 0.5 + teeth + 0.3 * y) * bands
        inks = part(height_ / 5)
        line = step(0.07 - np.abs(part(height_) - 0.5), 0, 0.03)
        fine = wave(height_ * 9) * 0.05
        bleed = octave(seed, view, 2) * 0.07 + octave(seed + 1, view, 1) * 0.05 + octave(seed + 2, view, 12) * 0.04
        ink = ramp((*colours, colours[0]), inks + 0.0)
        return shade_by(between(ink, colours[4], line * 0.6), 1 + fine + bleed), None

    paint(canvas, everywhere(canvas), shade)
    tooth(canvas, dice, 2, 0.08)


def mosaic(canvas: np.ndarray, dice: Dice) -> None:
    """A mosaic of small glazed stones set in mortar: suns, waves and rays."""
    _, height, width = canvas.shape
    colours, seed, field = dice.pick(PALETTES), dice.seed(), table(dice.seed(), 32)
    side = min(width, height) / dice.whole(34, 60)
    place, reach = (
        (dice.real(0.1, 0.9) * width, dice.real(0.1, 0.9) * height),
        min(width, height) * dice.real(0.2, 0.45),
    )
    rough, long = table(dice.seed(), 128), dice.real(0.1, 0.3) * min(width, height)

    def shade(view: Box) -> tuple[Planes, None]:
        x, y = view.xs() / side, view.ys() / side
        wobble = 0.6 * at(field, x * 0.13, y * 0.13)
        x, y = x + wobble, y + 0.8 * wobble
        column, row = np.floor(x), np.floor(y)
        own = unit(hashed(seed, row, column))
        px, py = column * np.float32(side), row * np.float32(side)
        far = np.sqrt(np.square(px - place[0]) + np.square(py - place[1])) / reach
        rays = wave((py + 0.3 * px) / long) * 0.18
        tone = np.where(far < 1, 0.75 + 0.25 * (far < 0.6), part(far * 0.21 + rays) * 0.7)
        glaze = ramp(colours, clamp(tone + 0.16 * (own - 0.5)))
        dx, dy = part(x) - 0.5, part(y) - 0.5
        joint = step(np.maximum(np.abs(dx), np.abs(dy)) + 0.05 * at(rough, x * 5, y * 5), 0.4, 0.45)
        light = 0.8 + 0.4 * own - 0.3 * (dx + dy) * step(np.maximum(np.abs(dx), np.abs(dy)), 0.25, 0.4)
        light = light + octave(seed + 1, view, 1) * 0.07 + octave(seed + 2, view, 5) * 0.08
        mortar = lit((130, 124, 114), 0.85 + 0.2 * octave(seed + 3, view, 2))
        return between(shade_by(glaze, light), mortar, joint), None

    paint(canvas, everywhere(canvas), shade)


def blocks(canvas: np.ndarray, dice: Dice) -> None:
    """Rectangles within rectangles in dry paint, bounded by bold or thin lines."""
    _, height, width = canvas.shape
    colours = dice.pick(PALETTES)
    paper(canvas, dice, colours[4])
    border = max(2, int(min(width, height) * dice.pick((0.004, 0.012, 0.02))))
    divide(canvas, dice, Box(0, height, 0, width), (colours, border))
    tooth(canvas, dice, 5, 0.13)


def divide(canvas: np.ndarray, dice: Dice, box: Box, style: tuple[tuple[Colour, ...], int]) -> None:
    """Cut a rectangle in two, again and again, then paint what is small enough."""
    tall, wide = box.bottom - box.top, box.right - box.left
    if max(tall, wide) < 0.2 * max(canvas.shape) or (max(tall, wide) < 0.45 * max(canvas.shape) and dice.chance(0.4)):
        slab(canvas, dice, box, style)
        return
    cut = dice.real(0.25, 0.75)
    if wide > tall:
        middle = box.left + int(wide * cut)
        halves = box._replace(right=middle), box._replace(left=middle)
    else:
        middle = box.top + int(tall * cut)
        halves = box._replace(bottom=middle), box._replace(top=middle)
    for half in halves:
        divide(canvas, dice, half, style)


def slab(canvas: np.ndarray, dice: Dice, box: Box, style: tuple[tuple[Colour, ...], int]) -> None:
    """One rectangle of dry paint."""
    colours, border = style
    seed, first, second = dice.seed(), dice.pick(colours[:4]), dice.pick(colours[:4])
    fine, long = (3, 60) if dice.chance(0.5) else (60, 3)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        brush = octave(seed, view, fine, long) * 0.5 + octave(seed + 1, view, fine * 4, long * 4) * 0.5
        rim = np.minimum(np.minimum(view.xs() - box.left, box.right - view.xs()),
                         np.minimum(view.ys() - box.top, box.bottom - view.ys()))  # fmt: skip
        tone = between(first, second, clamp(0.12 + 0.3 * brush))
        return shade_by(tone, 0.95 + 0.14 * brush + 0.07 * octave(seed + 2, view, 1)), step(
            rim + 4 * brush, border, border + 3
        )

    paint(canvas, box, shade)


KINDS = (strokes, tiles, letters, marbling, mosaic, blocks)
