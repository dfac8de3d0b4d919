"""CGI: ray-traced balls on a floor, worlds of cubes, neon grids, faceted terrain."""

import numpy as np

from native4k.demo.canvas import (
    Colour,
    Planes,
    between,
    blend,
    clamp,
    everywhere,
    lit,
    paint,
    ramp,
    shade_by,
    spot,
    step,
)
from native4k.demo.noise import (
    Box,
    Dice,
    at,
    hashed,
    octave,
    part,
    table,
    unit,
)
from native4k.demo.rays import spheres

Point2 = tuple[int, int]

SCHEMES: tuple[tuple[Colour, ...], ...] = (
    ((96, 160, 70), (134, 96, 62), (130, 130, 134)),
    ((226, 206, 150), (190, 150, 96), (150, 100, 70)),
    ((230, 236, 244), (150, 170, 200), (90, 104, 130)),
    ((186, 70, 60), (90, 40, 50), (60, 50, 60)),
    ((90, 190, 180), (40, 110, 130), (30, 60, 90)),
    ((240, 150, 190), (150, 90, 170), (90, 70, 140)),
)


def cubes(canvas: np.ndarray, dice: Dice) -> None:
    """A world of cubes seen from above and aside: hills, cliffs and water."""
    _, height, width = canvas.shape
    scheme, hills, slip = dice.pick(SCHEMES), dice.seed(), dice.whole(0, 5000)
    side = 4 * max(1, int(min(width, height) / dice.whole(60, 110)))
    moulds = [[cube(dice.seed(), side, scheme, level) for _ in range(6)] for level in range(7)]
    broad, steep = dice.whole(7, 12), dice.real(4, 7)
    across = width // side + 3
    for row in range(-3, height // (side // 4) + 18):
        line = Box(row + slip, row + slip + 1, slip, slip + across)
        rise = octave(hills, line, broad, broad * 2)[0] * steep + octave(hills + 1, line, 4, 8)[0] * 1.6 + 1.4
        for column in range(across):
            level = max(0, min(6, int(float(rise[column]) + 0.5)))
            x = (2 * column - 1 - row % 2) * (side // 2)
            stand(canvas, moulds[level][dice.below(6)], (x, row * (side // 4) - level * (side // 2)))


def stand(canvas: np.ndarray, mould: tuple[np.ndarray, np.ndarray], place: Point2) -> None:
    """Put a mould's pixels on the canvas with its upper left corner at the place."""
    pixels, shape = mould
    _, height, width = canvas.shape
    x, y = place
    left, top = max(0, -x), max(0, -y)
    right, bottom = min(shape.shape[1], width - x), min(shape.shape[0], height - y)
    if left < right and top < bottom:
        np.copyto(
            canvas[:, y + top : y + bottom, x + left : x + right],
            pixels[:, top:bottom, left:right],
            where=shape[top:bottom, left:right],
        )


def cube(seed: int, side: int, scheme: tuple[Colour, ...], level: int) -> tuple[np.ndarray, np.ndarray]:
    """A column of cubes up to a level: its pixels, and which of them it covers."""
    tall = side * (level + 3) // 2
    view = Box(0, tall, 0, side)
    lid: Colour = (50, 110, 170) if level == 0 else (238, 240, 244) if level > 4 else scheme[0]
    off, y = np.abs(view.xs() + 0.5 - side / 2) / side, (view.ys() + 0.5) / side
    top = np.abs(y - 0.25) < 0.25 - 0.5 * off
    shape = (y > 0.5 * off) & (y < tall / side - 0.5 * off)
    pixel = max(1, side // 16)
    grain = unit(hashed(seed, np.floor(view.ys() / pixel), np.floor(view.xs() / pixel))) - 0.5
    grain = grain * 0.3 + octave(seed + 1, view, 1) * 0.2
    depth = y - 0.5 + 0.5 * off
    soil = between(between(lid, scheme[1], step(depth, 0.12, 0.14)), scheme[2], step(depth, 0.8, 0.82))
    joint = 1 - 0.25 * (np.abs(part(2 * depth) - 0.5) > 0.47)
    sides = shade_by(soil, (np.where(view.xs() > side / 2, 0.6, 0.86) + grain * 0.8) * joint)
    rim = 1 - 0.12 * (np.abs(y - 0.25) > 0.235 - 0.5 * off)
    planes = between(sides, shade_by(lit(lid, 1.04 + grain), rim), top * 1.0)
    return np.stack([clamp(np.asarray(plane), 0, 255) for plane in planes]).astype(np.uint8), shape


def neon(canvas: np.ndarray, dice: Dice) -> None:
    """A glowing grid that runs to a striped sun behind mountains of lines."""
    _, height, width = canvas.shape
    horizon, middle = height * dice.real(0.35, 0.7), width * dice.real(0.2, 0.8)
    night, glow, sun = dice.pick((
        ((16, 8, 40), (250, 60, 190), ((255, 230, 90), (255, 60, 120))),
        ((4, 18, 34), (40, 230, 240), ((250, 250, 220), (240, 140, 60))),
        ((24, 6, 20), (255, 130, 50), ((255, 250, 180), (220, 30, 90))),
        ((6, 26, 20), (90, 255, 140), ((220, 255, 220), (40, 160, 130))),
    ))  # fmt: skip
    size, seed = min(width, height) * dice.real(0.2, 0.4), dice.seed()
    hill, cell = dice.seed(), dice.real(0.05, 0.16) * height
    rise = height * dice.real(0.08, 0.25)

    def backdrop(view: Box) -> tuple[Planes, None]:
        up = clamp(1 - view.ys() / horizon)
        stops = night, blend(night, glow, 0.35), blend(night, glow, 0.7)
        haze = ramp(stops, clamp((1 - up) * (1 - up)) + 0 * view.xs())
        bits = octave(seed, view, 3)
        star = step(bits + 0.15 * octave(seed + 1, view, 60), 0.93, 1.0) * up
        haze = between(haze, (255, 255, 255), star)
        _, v, squared = spot(view, middle, horizon - size * 0.45, size, size)
        bars = (part(v * 7) < 0.3 + 0.45 * v) * (v > -0.1)
        disc = clamp((1 - squared) * size * 0.5 + 0.5) * (1 - bars)
        haze = between(haze, between(sun[0], sun[1], clamp(0.5 + 0.5 * v)), disc)
        halo = 0.35 / (1 + 8 * np.maximum(squared - 1, np.float32(0)))
        return between(haze, glow, halo * (1 - disc)), None

    paint(canvas, everywhere(canvas), backdrop)
    for layer in range(3):
        ridge(canvas, (hill + layer, horizon, rise * (1.2 - 0.3 * layer)), (night, glow), 0.3 + 0.3 * layer)
    grid(canvas, dice, (middle, horizon, cell), (night, glow))


def ridge(canvas: np.ndarray, form: tuple[int, float, float], colours: tuple[Colour, Colour], strong: float) -> None:
    """A mountain of straight edges, drawn in lines."""
    seed, foot, rise = form
    _, _, width = canvas.shape
    cell = max(4, width // 34)
    knots = np.arange(width // cell + 2)
    tall = unit(hashed(seed, np.zeros(1), knots)) * np.float32(rise)
    place = np.arange(width) // cell
    slide = (np.arange(width) % cell).astype(np.float32) / np.float32(cell)
    top = np.float32(foot) - (tall[place] + (tall[place + 1] - tall[place]) * slide)
    thin = max(1.0, width / 2600)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        line = top[None, view.left : view.right]
        below = view.ys() - line
        span = np.maximum(foot - line, np.float32(1))
        level = np.abs(part(below / span * 5 + 0.5) - 0.5) * span / 5
        post = np.abs(part(view.xs() / cell + 0.5) - 0.5) * cell
        wire = clamp(thin + 0.5 - np.minimum(level, post))
        face = lit(
            colours[0], 0.6 + 0.8 * unit(hashed(seed + 3, np.floor(below / span * 5), np.floor(view.xs() / cell)))
        )
        return between(face, colours[1], wire * strong), clamp(below + 0.5) * (view.ys() < foot)

    paint(canvas, Box(int(foot - rise) - 1, int(foot) + 1, 0, width), shade)


def grid(canvas: np.ndarray, dice: Dice, form: tuple[float, float, float], colours: tuple[Colour, Colour]) -> None:
    """The floor: glowing lines in perspective over brushed metal."""
    _, height, width = canvas.shape
    middle, horizon, cell = form
    seed, shift = dice.seed(), dice.real(0, 1)
    noise = table(seed, 128)

    def shade(view: Box) -> tuple[Planes, None]:
        depth = (height - horizon) / np.maximum(view.ys() - horizon, np.float32(0.5))
        x, z = (view.xs() - middle) * depth / cell, depth * (height * 0.5) / cell + shift
        near = np.abs(part(x + 0.5) - 0.5) * cell / depth
        row = np.abs(part(z + 0.5) - 0.5) * cell / (depth * depth) * 2
        wire = np.minimum(near, row)
        shine = clamp(2.2 - wire * 0.7) * 0.95 + 1.4 / (3 + wire * wire * 0.05) * 0.7
        brushed = at(noise, x * 13, z * 3) * 0.25 + octave(seed, view, 1) * 0.2 + octave(seed + 1, view, 9, 1) * 0.2
        metal = lit(colours[0], 1.6 + 1.6 * brushed)
        fade = clamp(1.4 / (0.6 + 0.1 * depth))
        return between(metal, colours[1], clamp(shine * fade)), None

    paint(canvas, Box(int(horizon), height, 0, width), shade)


def facets(canvas: np.ndarray, dice: Dice) -> None:
    """A landscape of triangles: each facet has one light, its own grain and thin bright edges."""
    _, height, width = canvas.shape
    seed, stops = dice.seed(), dice.pick((
        ((34, 70, 120), (90, 160, 170), (236, 220, 160), (120, 150, 70), (240, 244, 246)),
        ((30, 20, 60), (120, 40, 120), (240, 90, 110), (255, 190, 120), (255, 246, 220)),
        ((20, 30, 30), (50, 90, 80), (120, 160, 110), (220, 210, 150), (250, 250, 250)),
        ((60, 30, 20), (150, 70, 40), (220, 140, 70), (250, 210, 150), (255, 250, 240)),
    ))  # fmt: skip
    side = min(width, height) / dice.whole(9, 24)
    hills, scale, sun = table(dice.seed(), 64), dice.real(0.08, 0.22), dice.turn()

    def shade(view: Box) -> tuple[Planes, None]:
        y = view.ys() / (side * 0.87)
        row = np.floor(y)
        x = view.xs() / side + 0.5 * row
        column, v = np.floor(x), y - row
        u = x - column
        upper = u + v < 1
        a = at(hills, (column + 1) * scale, row * scale)
        b = at(hills, column * scale, (row + 1) * scale)
        c = np.where(upper, at(hills, column * scale, row * scale), at(hills, (column + 1) * scale, (row + 1) * scale))
        first, second = unit(hashed(seed, row, column + 1)), unit(hashed(seed, row + 1, column))
        third = np.where(upper, unit(hashed(seed, row, column)), unit(hashed(seed, row + 1, column + 1)))
        slope_x = np.where(upper, first - third, third - second)
        slope_y = np.where(upper, second - third, third - first)
        light = 0.85 + 0.32 * (slope_x * sun[0] + slope_y * sun[1])
        level = clamp(0.5 + 0.28 * (a + b + c) + 0.05 * (first + second + third - 1.5))
        rim = np.minimum(np.minimum(np.where(upper, u, 1 - u), np.where(upper, v, 1 - v)), np.abs(1 - u - v)) * side
        own = unit(hashed(seed, row * 2 + upper, column)) * 0.12
        grain = octave(seed, view, 1) * 0.07 + octave(seed + 1, view, 4, 2) * 0.07
        face = shade_by(ramp(stops, level), clamp(light + own + grain, 0.2, 1.6))
        return between(face, (255, 255, 255), clamp(1.6 - rim) * 0.35), None

    paint(canvas, everywhere(canvas), shade)


KINDS = (spheres, cubes, neon, facets, spheres)
