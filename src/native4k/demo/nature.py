"""Nature: mountains, coasts, dunes, pebbles, leaves and woods."""

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
    step,
    toned,
)
from native4k.demo.closeups import GREENS, flower, leaf, stone, unit_of
from native4k.demo.noise import Box, Dice, octave, relief
from native4k.demo.outdoors import (
    LANDS,
    SANDS,
    meadow,
    sand,
    sky,
    skyline,
    slope,
    trees,
    water,
)


def mountains(canvas: np.ndarray, dice: Dice) -> None:
    """Ranges behind each other in haze, then a lake, firs or a meadow."""
    _, height, width = canvas.shape
    horizon = int(height * dice.real(0.4, 0.85))
    haze = sky(canvas, dice, horizon + height // 10)[2]
    count, end = dice.whole(2, 4), dice.pick(("lake", "firs", "meadow"))
    colours = dice.pick(LANDS)
    rises = [dice.real(0.1, 0.5) for _ in range(count)]
    for number in range(count):
        far = 1 - number / count
        tall = rises[number] * horizon * (0.5 + 0.5 * far)
        peak, lean = dice.real(0, width), dice.real(0.2, 0.9)
        top = horizon - tall * (0.8 + skyline(dice, width, 1, width // dice.whole(2, 5)))
        top += np.abs(np.arange(width, dtype=np.float32) - peak) * np.float32(lean * tall / width)
        pair = blend(colours[0], haze, 0.6 * far), blend(colours[1], haze, 0.6 * far)
        slope(canvas, dice, np.minimum(top, horizon - 1), horizon + height // 10, pair)
    front = horizon + height * 0.06 * skyline(dice, width, 0.5, width // 3)
    if end == "lake":
        water(canvas, dice, horizon, height, (40, 70, 80))
    else:
        meadow(canvas, dice, front, dice.pick((LANDS[0], LANDS[3], LANDS[4], LANDS[1])))
    if end != "meadow":
        low = front if end == "firs" else front * 0 + height * dice.real(0.85, 1.02)
        trees(canvas, dice, low, height * dice.real(0.12, 0.4), (34, 62, 40))


def coast(canvas: np.ndarray, dice: Dice) -> None:
    """The sea under a large sky, with islands and a beach."""
    _, height, width = canvas.shape
    horizon = int(height * dice.real(0.3, 0.7))
    stops = sky(canvas, dice, horizon)
    for _ in range(dice.whole(1, 3)):
        at_x, wide = dice.real(0, width), width * dice.real(0.1, 0.35)
        hump = 1 - np.square((np.arange(width, dtype=np.float32) - at_x) / wide)
        tall = height * dice.real(0.08, 0.3)
        slope(canvas, dice, horizon - tall * hump * (0.8 + 0.4 * skyline(dice, width, 1, width // 6)), horizon,
              dice.pick(LANDS))  # fmt: skip
    water(canvas, dice, horizon, height, toned(stops[0], 0.7))
    if dice.chance(0.6):
        lean, start = dice.real(-0.5, 0.5) * height, dice.real(0.75, 0.95) * height
        shore = start + lean * (np.arange(width, dtype=np.float32) / width - 0.5)
        sand(canvas, dice, shore + height * 0.04 * skyline(dice, width, 0.3, width // 4), dice.pick(SANDS))


def dunes(canvas: np.ndarray, dice: Dice) -> None:
    """A desert of dunes, one behind another."""
    _, height, width = canvas.shape
    horizon = height * dice.real(0.2, 0.55)
    sky(canvas, dice, int(horizon + height * 0.2))
    colours, count = dice.pick(SANDS), dice.whole(3, 6)
    ways = np.arange(width, dtype=np.float32) / width - 0.5
    for number in range(count):
        level = horizon + (height - horizon) * (number / count) * 0.9
        lean = dice.real(-0.6, 0.6) * height * 0.5
        crest = level + lean * ways + height * 0.1 * skyline(dice, width, 0.1, width // dice.whole(1, 3))
        dark = dice.real(0.6, 1.1)
        sand(canvas, dice, crest, (toned(colours[0], dark), toned(colours[1], dark)))


STONES: tuple[Colour, ...] = (
    (150, 146, 140), (96, 98, 104), (182, 168, 146), (120, 92, 78), (206, 202, 194), (84, 92, 86), (166, 120, 96),
)  # fmt: skip


def pebbles(canvas: np.ndarray, dice: Dice) -> None:
    """A beach of stones seen from above, smaller or larger to one side."""
    _, height, width = canvas.shape
    seed, ground = dice.seed(), dice.pick(((58, 52, 46), (92, 82, 66), (40, 46, 52)))

    def shade(view: Box) -> tuple[Planes, None]:
        grit = octave(seed, view, 1) * 0.3 + octave(seed + 1, view, 4) * 0.4 + octave(seed + 2, view, width // 9) * 0.4
        return lit(ground, 1 + grit), None

    paint(canvas, everywhere(canvas), shade)
    tones = dice.shuffled(STONES)[: dice.whole(3, 6)]
    side, lean = dice.turn(), dice.real(0.2, 0.75)
    largest = min(width, height) * dice.real(0.1, 0.2)
    patch = dice.seed()
    for number in range(int(4.2 * width * height / (largest * largest))):
        x, y = dice.real(-0.03, 1.03), dice.real(-0.03, 1.03)
        grown = 1 - lean * (0.5 + (x - 0.5) * side[0] + (y - 0.5) * side[1]) if number % 5 else 1.0
        size = largest * max(0.22, grown) * dice.real(0.3, 0.7)
        spread = Box(int(y * height), int(y * height) + 1, int(x * width), int(x * width) + 1)
        area = float(octave(patch, spread, max(1, width // 6))[0, 0])
        tone = tones[int((area * 0.5 + 0.5 + dice.real(-0.25, 0.25)) * len(tones)) % len(tones)]
        stone(canvas, dice, (x * width, y * height), size, tone)


def leaves(canvas: np.ndarray, dice: Dice) -> None:
    """Foliage up close: leaf over leaf, darker in the depth, now and then a blossom."""
    _, height, width = canvas.shape
    seed = dice.seed()

    def shade(view: Box) -> tuple[Planes, None]:
        return lit((20, 32, 18), 1 + 0.4 * octave(seed, view, 9) + 0.5 * octave(seed + 1, view, width // 8)), None

    paint(canvas, everywhere(canvas), shade)
    pairs = dice.shuffled(GREENS)[:2]
    size, slim = min(width, height) * dice.real(0.1, 0.22), dice.real(0.25, 0.5)
    wind, patch = dice.turn(), dice.seed()
    count = int(2.3 * width * height / (size * size))
    blossom = dice.pick((None, (250, 180, 200), (250, 246, 240), (250, 210, 60), (170, 120, 220)))
    for number in range(count):
        x, y = dice.real(0, width), dice.real(0, height)
        area = float(octave(patch, Box(int(y), int(y) + 1, int(x), int(x) + 1), max(1, width // 4))[0, 0])
        depth = 0.3 + 0.6 * number / count + 0.3 * area
        stray = dice.turn()
        turn = unit_of(wind[0] + 0.8 * stray[0], wind[1] + 0.8 * stray[1])
        leaf(canvas, dice, (x, y), size * dice.real(0.6, 1.1), slim, turn, pairs[dice.chance(0.3 + 0.3 * area)], depth)
        if blossom and number > count // 2 and dice.chance(0.06):
            flower(canvas, dice, (x, y), size * 0.35, blossom)


def woods(canvas: np.ndarray, dice: Dice) -> None:
    """Trunks in mist, the near ones with bark, on a floor of fallen leaves."""
    _, height, width = canvas.shape
    floor = height * dice.real(0.6, 0.8)
    mist = dice.pick(((206, 214, 200), (230, 200, 150), (150, 170, 180), (120, 150, 110)))
    seed, sun = dice.seed(), dice.real(0, width)

    def shade(view: Box) -> tuple[Planes, None]:
        glow = 1 / (1 + np.square((view.xs() - sun) / (0.25 * width)))
        crown = octave(seed, view, max(2, width // 30)) * 0.5 + relief(seed + 1, view, (24, 6, 2), 0.9) * 0.5
        leafy = step(crown + 0.7 - 1.8 * view.ys() / floor, 0, 0.5) * 0.75
        return between(lit(mist, 0.6 + 0.5 * glow), lit((60, 100, 40), 0.8 + 0.6 * crown), leafy), None

    paint(canvas, everywhere(canvas), shade)
    rows = dice.whole(3, 5)
    for row in range(rows):
        near = (row + 1) / rows
        if row == rows - 1:
            top = floor + 0.03 * height * skyline(dice, width, 0.8, width // 4)
            meadow(canvas, dice, top, dice.pick(LANDS))
        for _ in range(dice.whole(9, 13) - 2 * row):
            thick = width * 0.008 * (0.6 + 4 * near * near) * dice.real(0.6, 1.4)
            trunk(canvas, dice, dice.real(0, width), floor + height * 0.25 * near * near, thick, mist, near)


def trunk(canvas: np.ndarray, dice: Dice, x: float, foot: float, thick: float, mist: Colour, near: float) -> None:
    """One trunk from top to foot, its bark in long cracks, paler with distance."""
    seed, lean, birch = dice.seed(), dice.real(-0.06, 0.06), dice.chance(0.35)
    tone: Colour = (206, 200, 190) if birch else (86, 66, 50)
    deep = max(2, int(thick / 9))

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        down = foot - view.ys()
        sway = octave(seed, view, max(2, int(thick)), max(2, int(thick * 6))) * 0.12
        across = (view.xs() - x - lean * down) / (thick * (0.9 + 30 / (60 + down))) + sway
        bark = octave(seed + 1, view, deep, deep * 7) * 0.45 + octave(seed + 2, view, 2, 9) * 0.3
        bark += octave(seed + 3, view, 1) * 0.12
        if birch:
            bark = bark * 0.4 - step(octave(seed + 4, view, deep * 5, deep), 0.45, 0.6) * 0.7
        light = (0.85 - 0.45 * across) * (1 + bark)
        colour = between(mist, lit(tone, light), 0.25 + 0.75 * near)
        return colour, clamp((1 - np.abs(across)) * thick + 0.5) * (down > -thick * 0.3 * (1 - across * across))

    reach = thick * 2.2 + abs(lean) * foot
    paint(canvas, Box(0, int(foot + thick), int(x - reach), int(x + reach)), shade)


KINDS = (mountains, pebbles, coast, leaves, dunes, woods)
