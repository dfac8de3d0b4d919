"""Things to eat, seen from above: each is painted at a place in a size."""

import numpy as np

from native4k.demo.canvas import (
    Colour,
    Planes,
    around,
    ball,
    between,
    clamp,
    edge,
    glint,
    lit,
    paint,
    shade_by,
    shadow,
    spot,
    step,
)
from native4k.demo.noise import (
    Box,
    Dice,
    Point,
    angle,
    hashed,
    octave,
    part,
    relief,
    wave,
)


def dots(x: np.ndarray, y: np.ndarray, seed: int, size: float) -> np.ndarray:
    """Squared distance, in dots' spacings, to a dot that is strewn in each square."""
    column, row = np.floor(x), np.floor(y)
    bits = hashed(seed, row, column)
    slip_x = (bits & np.uint32(255)).astype(np.float32) * np.float32((1 - 2 * size) / 255) + np.float32(size)
    slip_y = (bits >> np.uint32(8) & np.uint32(255)).astype(np.float32) * np.float32((1 - 2 * size) / 255) + np.float32(
        size
    )
    dx, dy = x - column - slip_x, y - row - slip_y
    return dx * dx + dy * dy


def cast(canvas: np.ndarray, place: Point, size: float) -> None:
    """The shadow of a thing that lies on the table."""
    shadow(canvas, place[0] + size * 0.14, place[1] + size * 0.2, size * 1.2, size * 1.2, 0.75)


def citrus(canvas: np.ndarray, dice: Dice, place: Point, size: float) -> None:
    """An orange, lemon, lime or grapefruit with its pores."""
    seed, slim = dice.seed(), dice.real(0.85, 1)
    colour = dice.pick(((240, 140, 30), (244, 208, 60), (130, 176, 50), (236, 120, 70)))
    turn = dice.turn()
    cast(canvas, place, size)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, *place, size, size * slim, turn)
        bumps = relief(seed, view, (max(2, int(size / 26)), max(1, int(size / 60))), 0.7, max(1, int(size / 90)))
        x, y = (view.xs() - place[0]) / size, (view.ys() - place[1]) / size
        light = ball(x, y, squared) + 0.16 * bumps + octave(seed + 3, view, 1) * 0.05
        skin = between(lit(colour, light), (255, 250, 236), 0.6 * glint(x, y, -0.4, -0.5, 0.4))
        return between(skin, (70, 90, 40), step(0.006 - np.square(u - 0.3) - v * v, 0, 0.003)), edge(squared, size)

    paint(canvas, around(*place, size), shade)


def slice_of(canvas: np.ndarray, dice: Dice, place: Point, size: float) -> None:
    """A round slice of citrus: rind, pith, segments with their juice sacs."""
    seed, count, turn = dice.seed(), dice.whole(8, 11), dice.turn()
    flesh = dice.pick(((246, 160, 50), (250, 222, 100), (176, 206, 84), (232, 96, 84)))
    cast(canvas, place, size * 0.97)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, *place, size, size, turn)
        far = np.sqrt(squared)
        way = angle(v, u) * count
        side = np.minimum(part(way), 1 - part(way)) * far * (6.2832 / count)
        sacs = (
            octave(seed, view, max(1, int(size / 60)), max(1, int(size / 30))) * 0.14
            + octave(seed + 1, view, max(2, int(size / 14))) * 0.12
        )
        inside = step(0.84 - far, 0, 0.03) * step(side, 0.015, 0.035) * step(far, 0.08, 0.12)
        rind = step(far, 0.92, 0.95)
        pulp = lit(flesh, 0.95 + sacs + 0.1 * part(way) + octave(seed + 2, view, 1) * 0.06)
        colour = between(between((250, 242, 214), pulp, inside), lit(flesh, 0.85 + sacs), rind)
        return colour, edge(squared, size)

    paint(canvas, around(*place, size), shade)


def kiwi(canvas: np.ndarray, dice: Dice, place: Point, size: float) -> None:
    """A slice of kiwi with its ring of seeds."""
    seed, turn, slim = dice.seed(), dice.turn(), dice.real(0.85, 1)
    cast(canvas, place, size * 0.97)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, *place, size, size * slim, turn)
        far, way = np.sqrt(squared), angle(v, u)
        ray = 0.5 + 0.5 * wave(way * 34 + 0.3 * octave(seed, view, max(2, int(size / 10))))
        flesh = between(
            (120, 160, 44),
            (196, 214, 100),
            clamp(0.3 + 0.4 * ray * step(far, 0.2, 0.5) + 0.35 * octave(seed + 1, view, max(2, int(size / 30)))),
        )
        flesh = between(flesh, (236, 236, 186), step(0.3 + 0.05 * ray - far, 0, 0.08))
        seeds = part(way * 17 + np.floor(far * 14) * 0.5) - 0.5
        ring = part(far * 14) - 0.5
        pip = step(0.1 - seeds * seeds - ring * ring * 0.45, 0, 0.03) * (far > 0.34) * (far < 0.57)
        flesh = between(flesh, (26, 22, 18), pip)
        skin = step(far, 0.95, 0.97)
        grit = octave(seed + 2, view, 1) * 0.07
        return shade_by(between(flesh, (110, 84, 50), skin), 1 + grit), edge(squared, size)

    paint(canvas, around(*place, size), shade)


def berry(canvas: np.ndarray, dice: Dice, place: Point, size: float) -> None:
    """A blueberry, cherry, grape or olive with bloom on it."""
    seed = dice.seed()
    colour = dice.pick(((52, 62, 110), (60, 70, 120), (150, 24, 44), (120, 150, 60), (90, 40, 84)))
    cast(canvas, place, size)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, *place, size, size)
        dust = octave(seed, view, max(2, int(size / 4))) * 0.16 + octave(seed + 1, view, 2) * 0.09
        skin = lit(colour, ball(u, v, squared) * 1.15 * (1 + dust))
        skin = between(skin, (190, 196, 214), clamp(0.25 + dust) * 0.5 * clamp(1 - squared))
        skin = between(skin, (255, 255, 255), 0.75 * glint(u, v, -0.38, -0.45, 0.3))
        crown = np.square(u - 0.2) + np.square(v - 0.15)
        return shade_by(skin, 1 - 0.6 * step(0.04 - np.abs(crown - 0.05), 0, 0.02)), edge(squared, size)

    paint(canvas, around(*place, size), shade)


def strawberry(canvas: np.ndarray, dice: Dice, place: Point, size: float) -> None:
    """A strawberry with seeds and green sepals."""
    seed, turn, tone = dice.seed(), dice.turn(), dice.real(0.85, 1.1)
    cast(canvas, place, size * 0.95)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, _ = spot(view, *place, size, size * 0.85, turn)
        squared = u * u + np.square(v / (0.93 - 0.35 * u))
        x, y = u * turn[0] - v * turn[1], u * turn[1] + v * turn[0]
        row = np.floor(v * 6.5)
        spacing = part(u * 6.5 + row * 0.5) - 0.5, part(v * 6.5) - 0.5
        pit = spacing[0] * spacing[0] * 0.6 + spacing[1] * spacing[1]
        light = (
            ball(x, y, np.minimum(squared, 1)) * (1 - 0.35 * step(0.14 - pit, 0, 0.08)) + octave(seed, view, 2) * 0.06
        )
        flesh = lit((214, 34, 40), light * 1.15 * tone)
        flesh = between(flesh, (244, 214, 110), step(0.03 - pit, 0, 0.012))
        flesh = between(flesh, (255, 255, 255), 0.5 * glint(x, y, -0.35, -0.4, 0.3))
        star = np.square(u + 0.92) + v * v * (0.55 + 0.5 * wave(angle(v, u + 0.92) * 9))
        grain = octave(seed + 1, view, 2) * 0.15
        flesh = between(flesh, lit((76, 130, 50), 0.9 + grain - 0.4 * v), step(0.28 - star, 0, 0.02))
        return flesh, np.maximum(edge(squared, size * 0.8), step(0.2 - star, 0, 0.02) * (u > -1))

    paint(canvas, around(*place, size * 1.35), shade)


def tomato(canvas: np.ndarray, dice: Dice, place: Point, size: float) -> None:
    """A slice of tomato: wall, chambers, seeds in their jelly."""
    seed, turn, count = dice.seed(), dice.turn(), dice.whole(4, 7)
    cast(canvas, place, size * 0.97)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, *place, size, size * 0.96, turn)
        far, way = np.sqrt(squared), angle(v, u) * count
        lobe = np.square((part(way) - 0.5) / 0.38) + np.square((far - 0.58) / 0.24)
        pulp = (
            octave(seed, view, 3) * 0.08
            + octave(seed + 1, view, max(2, int(size / 12))) * 0.1
            + octave(seed + 4, view, 1) * 0.05
        )
        flesh = lit((222, 66, 48), 1 + pulp)
        jelly = between((206, 92, 40), (226, 150, 60), clamp(0.4 + 3 * pulp))
        pip = dots(u * 13, v * 13, seed + 2, 0.3)
        jelly = between(jelly, (250, 226, 160), step(0.1 - pip, 0, 0.03))
        flesh = between(flesh, jelly, step(1 - lobe, 0, 0.15))
        return between(flesh, (150, 24, 24), step(far, 0.95, 0.98)), edge(squared, size)

    paint(canvas, around(*place, size), shade)


def egg(canvas: np.ndarray, dice: Dice, place: Point, size: float) -> None:
    """A fried egg."""
    seed = dice.seed()

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        _, _, squared = spot(view, *place, size, size)
        ragged = squared * (
            1 + 0.35 * octave(seed, view, max(2, int(size / 2))) + 0.1 * octave(seed + 1, view, max(2, int(size / 8)))
        )
        white = lit(
            (250, 246, 238),
            0.97 + 0.05 * octave(seed + 2, view, 2) + 0.05 * octave(seed + 3, view, max(2, int(size / 9))),
        )
        white = between(white, (190, 130, 60), step(ragged, 0.86, 1.0) * 0.7)
        x, y, yolk = spot(view, *place, size * 0.45, size * 0.45)
        gold = lit((250, 178, 40), ball(x, y, yolk * 0.8) + octave(seed + 4, view, 2) * 0.05)
        gold = between(gold, (255, 255, 250), 0.8 * glint(x, y, -0.4, -0.4, 0.35))
        return between(white, gold, edge(yolk, size * 0.4)), edge(ragged, size)

    shadow(canvas, place[0] + size * 0.05, place[1] + size * 0.08, size * 1.1, size * 1.1, 0.5)
    paint(canvas, around(*place, size * 1.3), shade)


def cookie(canvas: np.ndarray, dice: Dice, place: Point, size: float) -> None:
    """A cookie with cracks and pieces of chocolate."""
    seed, dough = dice.seed(), dice.pick(((206, 150, 90), (176, 116, 64), (110, 70, 46), (224, 180, 120)))
    chip = dice.pick(((60, 36, 26), (60, 36, 26), (240, 226, 200), (170, 30, 40)))
    cast(canvas, place, size)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, *place, size, size)
        bumps = relief(seed, view, (max(2, int(size / 7)), max(2, int(size / 20)), 4, 1), 0.75)
        ragged = squared * (1 + 0.07 * octave(seed + 5, view, max(2, int(size / 3))))
        light = 0.72 + 0.3 * ball(u * 0.8, v * 0.8, squared * 0.5) + 0.3 * bumps
        crumb = between(lit(dough, light), lit(dough, 0.55), step(squared, 0.7, 1.05) * 0.7)
        piece = dots(u * 4.2 + 9, v * 4.2 + 9, seed + 6, 0.28) + 0.02 * octave(seed + 7, view, max(2, int(size / 16)))
        shine = lit(chip, 0.9 + 0.5 * bumps)
        return between(crumb, shine, step(0.055 - piece, 0, 0.012)), edge(ragged, size)

    paint(canvas, around(*place, size * 1.05), shade)


def plate(canvas: np.ndarray, dice: Dice, place: Point, size: float) -> None:
    """A plate: rim, well, and a painted band."""
    seed, band = dice.seed(), dice.real(0.84, 0.94)
    glaze = dice.pick(((244, 242, 236), (236, 228, 210), (60, 76, 100), (196, 214, 208), (48, 48, 52)))
    paintwork: Colour = dice.pick(((40, 70, 140), (170, 60, 50), (90, 120, 80), (210, 170, 90)))
    motif = dice.whole(16, 60)
    shadow(canvas, place[0] + size * 0.08, place[1] + size * 0.12, size * 1.14, size * 1.14, 0.8)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, *place, size, size)
        far = np.sqrt(squared)
        tilt = -(u + v) / (far + 0.2)
        light = 0.95 + 0.1 * tilt * (step(far, 0.64, 0.68) - 1.8 * step(far, 0.6, 0.64) * step(0.72 - far, 0, 0.05))
        light = light + octave(seed, view, 1) * 0.035 + octave(seed + 1, view, 5) * 0.02 - 0.12 * step(far, 0.97, 1)
        ring = step(0.02 - np.abs(far - band) + 0.02 * wave(angle(v, u) * motif), 0, 0.008)
        return shade_by(between(glaze, paintwork, ring * 0.85), light), edge(squared, size)

    paint(canvas, around(*place, size), shade)
