"""Parts of a landscape: sky, slopes, firs, grass, water and sand."""

import numpy as np

from native4k.demo.canvas import (
    Colour,
    Planes,
    between,
    clamp,
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
    fractal,
    halving,
    octave,
    relief,
    wave,
)

SKIES: tuple[tuple[Colour, ...], ...] = (
    ((38, 92, 168), (108, 162, 214), (206, 226, 236)),
    ((52, 44, 92), (196, 96, 92), (252, 190, 112)),
    ((88, 108, 128), (140, 152, 164), (206, 206, 200)),
    ((18, 26, 58), (48, 66, 112), (140, 130, 150)),
    ((70, 150, 190), (168, 210, 206), (250, 236, 190)),
    ((120, 70, 110), (226, 140, 120), (255, 224, 160)),
)
LANDS: tuple[tuple[Colour, Colour], ...] = (
    ((52, 84, 40), (120, 140, 66)),
    ((110, 66, 38), (190, 120, 60)),
    ((64, 66, 70), (132, 128, 120)),
    ((74, 92, 50), (176, 150, 74)),
    ((40, 74, 66), (96, 128, 96)),
)


def sky(canvas: np.ndarray, dice: Dice, bottom: int) -> tuple[Colour, ...]:
    """A sky with clouds and often a sun, down to the given row; its colours from the top to the horizon."""
    _, _, width = canvas.shape
    stops = dice.pick(SKIES)
    seed, cover, flat = dice.seed(), dice.real(-0.25, 0.3), dice.whole(1, 3)
    size = width // dice.whole(3, 7)
    sun = dice.real(0.08, 0.92) * width, dice.real(0.15, 0.95) * bottom
    glow = width * dice.real(0.15, 0.5)
    dark = dice.real(0.75, 1.0)

    def shade(view: Box) -> tuple[Planes, None]:
        air = ramp(stops, view.ys() / max(1, bottom) + 0 * view.xs())
        _, _, near = spot(view, *sun, glow, glow)
        shine = 1 / (1 + 30 * near)
        air = between(air, (255, 240, 205), shine)
        deep = view.ys() / max(1, bottom)
        cloud = octave(seed, view, size, size // (2 * flat)) + 0.5 * fractal(seed + 1, view, halving(size // 3, 3)[::2])
        thick = step(cloud + cover, 0.0, 1.2)
        puff = between(lit((255, 250, 244), dark), stops[2], 0.25 + 0.5 * thick)
        puff = shade_by(puff, 1.05 - 0.25 * step(cloud + cover, 0.5, 1.6))
        return between(air, puff, thick * (0.95 - 0.4 * deep)), None

    paint(canvas, Box(0, bottom, 0, width), shade)
    return stops


def skyline(dice: Dice, width: int, rough: float, size: int) -> np.ndarray:
    """A mountain's outline: a height for each column, about -1 to 1."""
    line = Box(0, 1, 0, width)
    seed = dice.seed()
    outline = octave(seed, line, size)
    for number, cell in enumerate(halving(size // 2, 2)):
        rough *= 0.55
        outline += octave(seed + number + 1, line, cell) * np.float32(rough)
    return outline[0]


def slope(canvas: np.ndarray, dice: Dice, top: np.ndarray, bottom: int, colours: tuple[Colour, Colour]) -> None:
    """Ground of rock and grass below an outline, lit from the left, with snow on what is high."""
    _, height, width = canvas.shape
    seed, snow = dice.seed(), dice.pick((0.0, 0.0, 0.25, 0.5)) * height
    large, fine = [max(1, width // 14), max(1, width // 50)], [max(1, width // 120), max(1, width // 400), 3, 1]
    reach = max(2, width // 160)
    crest = float(top.min())

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        line = top[None, view.left : view.right]
        light = 0.6 * relief(seed, view, large, 0.6, reach) + 0.42 * relief(seed + 3, view, fine, 0.8)
        patch = octave(seed + 5, view, max(2, width // 30), max(2, width // 60))
        ground = between(colours[0], colours[1], clamp(0.5 + 0.5 * patch + 0.25 * light))
        if snow:
            white = step(light * 0.3 - (view.ys() - crest) / snow + 0.6, 0, 0.25)
            ground = between(ground, (236, 240, 248), white)
        return shade_by(ground, clamp(0.8 + light, 0.25, 1.5)), clamp(view.ys() - line + 0.5)

    paint(canvas, Box(int(crest) - 1, bottom, 0, width), shade)


def trees(canvas: np.ndarray, dice: Dice, base: np.ndarray, tall: float, colour: Colour) -> None:
    """A row of firs standing on an outline."""
    _, _, width = canvas.shape
    for x in range(0, width, max(2, int(tall * 0.28))):
        here = min(width - 1, max(0, x + int(dice.real(-0.2, 0.2) * tall)))
        fir(canvas, dice, here, float(base[here]) + tall * 0.1, tall * dice.real(0.55, 1.2), colour)


def fir(canvas: np.ndarray, dice: Dice, x: float, foot: float, tall: float, colour: Colour) -> None:
    """One fir: whorls of twigs, wider toward the foot."""
    seed, whorls, tone = dice.seed(), dice.real(15, 26), dice.real(0.7, 1.25)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        down = (view.ys() - (foot - tall)) / tall
        bough = octave(seed + 1, view, max(2, int(tall / 14)), max(2, int(tall / 30)))
        whorl = down * whorls * (1.4 - 0.4 * down) + 0.7 * bough - np.abs(view.xs() - x) * (9 / tall)
        part = whorl - np.floor(whorl)
        reach = tall * (0.015 + 0.2 * down * (0.5 + 0.5 * part))
        twig = octave(seed, view, 3, 2)
        cover = clamp((reach * (1 + 0.3 * twig + 0.25 * bough) - np.abs(view.xs() - x)) * 0.7 + 0.5)
        cover = cover * ((down >= 0) & (down <= 1))
        light = tone * (0.75 + 0.5 * part + 0.45 * twig - 0.3 * (view.xs() - x) / (0.25 * tall))
        return lit(colour, light), cover

    paint(canvas, Box(int(foot - tall), int(foot) + 1, int(x - tall * 0.4), int(x + tall * 0.4) + 1), shade)


def meadow(canvas: np.ndarray, dice: Dice, top: np.ndarray, colours: tuple[Colour, Colour]) -> None:
    """Grass in the foreground, blade by blade, with flowers."""
    _, height, width = canvas.shape
    seed, flower = dice.seed(), dice.pick(((238, 206, 60), (220, 70, 60), (240, 238, 245), (160, 100, 200)))
    many = dice.pick((0.0, 0.03, 0.07))

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        line = top[None, view.left : view.right]
        blades = octave(seed, view, 2, 13) + 0.7 * octave(seed + 1, view, 4, 40) + 0.5 * octave(seed + 2, view, 1, 5)
        patch = octave(seed + 3, view, max(2, width // 12), max(2, width // 30))
        grass = between(colours[0], colours[1], clamp(0.45 + 0.3 * blades + 0.4 * patch))
        bloom = step(octave(seed + 4, view, 9) + 0.2 * patch, 1 - 9 * many, 1 - 8 * many + 0.05) if many else 0.0
        grass = between(shade_by(grass, 0.85 + 0.35 * blades), lit(flower, 1 + 0.25 * blades), bloom)
        return grass, clamp(view.ys() - line + 4 * blades)

    paint(canvas, Box(int(top.min()) - 9, height, 0, width), shade)


def water(canvas: np.ndarray, dice: Dice, top: int, bottom: int, tint: Colour) -> None:
    """A lake or sea that mirrors what stands above it, row by row, with ripples."""
    _, _, width = canvas.shape
    seed, clear = dice.seed(), dice.real(0.3, 0.75)

    def shade(view: Box) -> tuple[Planes, None]:
        near = (view.ys() - top) / max(1, bottom - top)
        ripple = octave(seed, view, max(4, width // 40), max(2, width // 300)) * 0.8
        ripple = ripple + octave(seed + 1, view, max(4, width // 160), 5) * 0.6 + octave(seed + 2, view, 14, 2) * 0.5
        row = clamp(2 * top - view.ys() + ripple * (4 + 60 * near), 0, max(0, top - 1)).astype(np.int32)
        column = np.arange(view.left, view.right)[None, :]
        mirrored = [plane[row, column].astype(np.float32) for plane in canvas]
        sparkle = step(ripple + octave(seed + 3, view, 5, 2) * 0.5, 1.2, 1.5) * 0.7
        calm = between(lit(tint, 0.9 + 0.3 * ripple), mirrored, clear - 0.3 * near)
        return between(calm, (255, 250, 235), sparkle), None

    paint(canvas, Box(top, bottom, 0, width), shade)


SANDS: tuple[tuple[Colour, Colour], ...] = (
    ((160, 110, 66), (232, 190, 130)),
    ((150, 70, 40), (226, 140, 84)),
    ((150, 140, 120), (226, 216, 190)),
    ((110, 90, 96), (206, 170, 150)),
)


def sand(canvas: np.ndarray, dice: Dice, top: np.ndarray, colours: tuple[Colour, Colour]) -> None:
    """A dune below its crest: one side in the sun, ripples of the wind, grain by grain."""
    _, height, width = canvas.shape
    seed, long, tilt = dice.seed(), dice.real(14, 34), dice.real(-0.6, 0.6)
    swell = dice.real(0.1, 0.35)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        line = top[None, view.left : view.right]
        below = view.ys() - line
        drift = octave(seed, view, max(2, width // 10), max(2, width // 20))
        bend = octave(seed + 1, view, max(2, width // 60), max(2, width // 80))
        crests = wave((below + tilt * view.xs()) / long + 2.5 * bend + 3 * drift)
        grain = octave(seed + 2, view, 1) * 0.5 + octave(seed + 3, view, 3) * 0.4
        light = 0.55 + swell * drift + 0.10 * crests + 0.13 * grain + 0.25 / (1 + np.abs(below) * (40 / height))
        return between(colours[0], colours[1], light), clamp(below + 0.5)

    paint(canvas, Box(int(top.min()) - 1, height, 0, width), shade)
