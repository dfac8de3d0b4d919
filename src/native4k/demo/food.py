"""Food: laid tables, heaps of fruit, pizza, trays of cookies, things on a board."""

import math

import numpy as np

from native4k.demo.canvas import (
    Colour,
    Planes,
    around,
    between,
    clamp,
    edge,
    everywhere,
    lit,
    paint,
    shade_by,
    shadow,
    spot,
    step,
)
from native4k.demo.closeups import GREENS, leaf
from native4k.demo.dishes import (
    berry,
    citrus,
    cookie,
    dots,
    egg,
    kiwi,
    plate,
    slice_of,
    strawberry,
    tomato,
)
from native4k.demo.noise import (
    Box,
    Dice,
    Point,
    fractal,
    hashed,
    octave,
    part,
    relief,
    unit,
)

FRUITS = (citrus, slice_of, kiwi, berry, strawberry, tomato, cookie)
LINENS: tuple[Colour, ...] = (
    (196, 60, 56), (60, 92, 140), (90, 130, 90), (226, 196, 120), (110, 100, 96), (240, 236, 226), (150, 90, 110),
    (46, 50, 60),
)  # fmt: skip
WOODS: tuple[Colour, ...] = ((150, 100, 60), (104, 68, 44), (196, 154, 104), (84, 78, 74), (170, 120, 84))


def cloth(canvas: np.ndarray, dice: Dice) -> None:
    """A tablecloth: gingham or stripes, thread by thread."""
    _, _, width = canvas.shape
    seed, first, second = dice.seed(), dice.pick(LINENS), dice.pick(((244, 240, 232), (230, 220, 200)))
    size, checked, turn = width / dice.whole(8, 34), dice.chance(0.7), dice.turn()

    def shade(view: Box) -> tuple[Planes, None]:
        fold = octave(seed, view, max(2, width // 7)) * 0.12
        u = (view.xs() * turn[0] + view.ys() * turn[1]) / size + fold
        v = (view.ys() * turn[0] - view.xs() * turn[1]) / size + fold
        warp, weft = (part(u) < 0.5) * 0.5, (part(v) < 0.5) * (0.5 if checked else 0.0)
        thread = np.float32(0.06) - np.float32(0.12) * (part((view.xs() + view.ys()) / 4) < 0.5)
        thread = thread + octave(seed + 1, view, 2, 9) * 0.07 + octave(seed + 2, view, 9, 2) * 0.07
        return shade_by(between(second, first, warp + weft), 0.92 + thread + 1.6 * fold), None

    paint(canvas, everywhere(canvas), shade)


def planks(canvas: np.ndarray, dice: Dice) -> None:
    """A wooden table: boards with grain and knots."""
    _, height, width = canvas.shape
    seed, tone, down = dice.seed(), dice.pick(WOODS), dice.chance(0.5)
    wide = (width if down else height) / dice.whole(4, 9)

    def shade(view: Box) -> tuple[Planes, None]:
        across = (view.xs() if down else view.ys()) / wide
        board = np.floor(across)
        own = unit(hashed(seed, board, board * 0))
        fine, long = max(1, width // 1000), max(4, width // 30)
        grain = octave(seed + 1, view, *((fine, long) if down else (long, fine))) * 0.16
        grain += octave(seed + 2, view, *((fine * 5, long * 3) if down else (long * 3, fine * 5))) * 0.22
        grain += octave(seed + 3, view, *((1, 7) if down else (7, 1))) * 0.12
        gap = step(0.012 - np.minimum(part(across), 1 - part(across)), 0, 0.006)
        return lit(tone, (0.8 + 0.35 * own + grain) * (1 - 0.75 * gap)), None

    paint(canvas, everywhere(canvas), shade)


def marble(canvas: np.ndarray, dice: Dice) -> None:
    """A stone worktop with veins."""
    _, _, width = canvas.shape
    seed, tone, dark = dice.seed(), dice.pick(((232, 230, 226), (70, 72, 78), (176, 190, 186))), dice.real(0.2, 0.6)

    def shade(view: Box) -> tuple[Planes, None]:
        bed = fractal(seed, view, (max(1, width // 4), max(1, width // 12), max(1, width // 40), 20, 5))
        vein = 1 / (1 + 60 * np.abs(bed))
        speck = octave(seed + 9, view, 1) * 0.06 + octave(seed + 8, view, 3) * 0.05
        return lit(tone, 0.95 + 0.12 * bed + speck - dark * vein), None

    paint(canvas, everywhere(canvas), shade)


def ground(canvas: np.ndarray, dice: Dice) -> None:
    """What the food stands on."""
    dice.pick((cloth, planks, planks, marble))(canvas, dice)


def ring(dice: Dice, place: Point, size: float, share: float) -> Point:
    """A point within a share of a disc's radius."""
    way, far = dice.turn(), math.sqrt(dice.real(0, 1)) * share * size
    return place[0] + way[0] * far, place[1] + way[1] * far


def served(canvas: np.ndarray, dice: Dice, place: Point, size: float) -> None:
    """A plate with a helping of one or two kinds on it."""
    plate(canvas, dice, place, size)
    kinds = dice.shuffled((*FRUITS, egg))[:2]
    count = dice.whole(2, 11)
    for number in range(count):
        at = place if count == 1 else ring(dice, place, size, 0.45)
        kinds[number % 2](canvas, dice, at, size * dice.real(0.6, 1.0) / (1.6 + math.sqrt(count) * 0.8))


def table(canvas: np.ndarray, dice: Dice) -> None:
    """A table laid with plates and with fruit between them."""
    _, height, width = canvas.shape
    ground(canvas, dice)
    least = min(width, height)
    taken: list[tuple[float, float, float]] = []
    for number in range(60):
        size = least * (dice.real(0.2, 0.42) if number < 20 else dice.real(0.05, 0.1))
        x, y = dice.real(0, width), dice.real(0, height)
        if all((x - a) * (x - a) + (y - b) * (y - b) > (size + c) * (size + c) for a, b, c in taken):
            taken.append((x, y, size))
            (served if number < 20 else dice.pick(FRUITS))(canvas, dice, (x, y), size)


def heap(canvas: np.ndarray, dice: Dice) -> None:
    """A heap of fruit that fills the picture: one kind in one corner, another elsewhere."""
    _, height, width = canvas.shape
    ground(canvas, dice)
    kinds = dice.shuffled((citrus, slice_of, kiwi, berry, strawberry, tomato))[:3]
    size, patch = min(width, height) * dice.real(0.08, 0.15), dice.seed()
    across, down = int(width / size / 1.5) + 1, int(height / size / 1.4) + 1
    spots = dice.shuffled([(x, y) for x in range(across) for y in range(down)])
    for x, y in spots:
        at = size * (1.5 * x + dice.real(-0.4, 0.4)), size * (1.4 * y + dice.real(-0.4, 0.4))
        here = Box(int(at[1]) + 999, int(at[1]) + 1000, int(at[0]) + 999, int(at[0]) + 1000)
        which = int(float(octave(patch, here, max(1, width // 3))[0, 0]) * 1.8 + 1.5 + dice.real(-0.3, 0.3))
        kinds[max(0, min(2, which))](canvas, dice, at, size * dice.real(0.75, 1.1))
        if dice.chance(0.06):
            leaf(canvas, dice, at, size, 0.4, dice.turn(), GREENS[0], 1.1)


def pizza(canvas: np.ndarray, dice: Dice) -> None:
    """A pizza, not always whole in the picture, with its topping."""
    _, height, width = canvas.shape
    ground(canvas, dice)
    size = min(width, height) * dice.real(0.42, 0.75)
    place = width * dice.real(0.25, 0.75), height * dice.real(0.25, 0.75)
    bread(canvas, dice, place, size)
    kinds = dice.shuffled((tomato, salami, salami, basil, olive, olive, egg))[:3]
    for number in range(dice.whole(22, 44)):
        kind = kinds[number % 3]
        kind(canvas, dice, ring(dice, place, size, 0.78), size * dice.real(0.09, 0.13) * (0.5 if kind is olive else 1))
    for _ in range(dice.whole(3, 9)):
        dice.pick((strawberry, citrus, berry, olive, basil))(
            canvas, dice, (dice.real(0, width), dice.real(0, height)), size * dice.real(0.06, 0.14)
        )


def bread(canvas: np.ndarray, dice: Dice, place: Point, size: float) -> None:
    """Crust, sauce and melted cheese."""
    seed = dice.seed()
    cells = max(2, int(size / 9)), max(2, int(size / 25)), max(2, int(size / 70)), 2
    shadow(canvas, place[0] + size * 0.05, place[1] + size * 0.07, size * 1.12, size * 1.12, 0.8)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, *place, size, size)
        blotch, bumps = fractal(seed, view, cells), relief(seed + 9, view, cells, 0.8)
        far = np.sqrt(squared) * (1 + 0.012 * octave(seed + 5, view, max(2, int(size / 5))))
        cheese = between((244, 206, 110), (214, 120, 50), step(blotch, 0.05, 0.6))
        cheese = between(cheese, (190, 50, 30), step(far + 0.12 * blotch, 0.74, 0.82))
        crust = between((214, 160, 90), (110, 64, 34), step(blotch + np.abs(far - 0.92) * 4, 0.1, 0.8))
        rim = step(far, 0.85, 0.88)
        light = 0.85 + 0.3 * bumps + 0.25 * rim * (1 - np.square((far - 0.93) / 0.07)) - 0.12 * rim * (u + v)
        return shade_by(between(cheese, crust, rim), light), edge(far * far, size)

    paint(canvas, around(*place, size * 1.02), shade)


def salami(canvas: np.ndarray, dice: Dice, place: Point, size: float) -> None:
    """A slice of salami."""
    seed = dice.seed()
    shadow(canvas, *place, size * 1.25, size * 1.25, 0.6)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, *place, size, size)
        fat = dots(u * 6 + 9, v * 6 + 9, seed, 0.2) + 0.04 * octave(seed + 1, view, 4)
        light = 1.05 - 0.25 * squared + octave(seed + 2, view, 1) * 0.08 + octave(seed + 3, view, 5) * 0.08
        meat = between((176, 50, 40), (236, 170, 140), step(0.05 - fat, 0, 0.03))
        return shade_by(meat, light), edge(squared, size)

    paint(canvas, around(*place, size), shade)


def olive(canvas: np.ndarray, dice: Dice, place: Point, size: float) -> None:
    """A ring of olive."""
    seed, colour = dice.seed(), dice.pick(((44, 38, 40), (110, 120, 50)))

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, *place, size, size)
        wall = 1 - np.square((np.sqrt(squared) - 0.7) / 0.3)
        light = 0.5 + wall * (0.7 - 0.4 * (u + v)) + octave(seed, view, 2) * 0.12
        return lit(colour, light), clamp(wall * size * 0.3)

    paint(canvas, around(*place, size), shade)


def basil(canvas: np.ndarray, dice: Dice, place: Point, size: float) -> None:
    """A leaf of basil."""
    shadow(canvas, place[0] + size * 0.1, place[1] + size * 0.15, size, size, 0.5)
    leaf(canvas, dice, place, size, 0.55, dice.turn(), GREENS[0], 1.05)


def tray(canvas: np.ndarray, dice: Dice) -> None:
    """Cookies or slices in rows on a tray, a few already gone."""
    _, height, width = canvas.shape
    ground(canvas, dice)
    across, down = (dice.whole(3, 7), dice.whole(2, 4)) if width > height else (dice.whole(2, 4), dice.whole(3, 6))
    size = min(width / across, height / down) * 0.42
    kinds = dice.shuffled((cookie, cookie, egg, slice_of, tomato, kiwi, served))[:2]
    for row in range(down):
        for column in range(across):
            shift = 0.25 if row % 2 else -0.25
            at = width * (column + 0.5 + shift * 0.5) / across, height * (row + 0.5) / down
            if dice.chance(0.85):
                kinds[dice.chance(0.3)](canvas, dice, at, size * dice.real(0.85, 1.05))
            else:
                berry(canvas, dice, at, size * 0.2)


KINDS = (table, heap, pizza, tray)
