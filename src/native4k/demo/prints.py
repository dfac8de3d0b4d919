"""Printed art: tiled geometry, and posters of letters and halftone discs."""

import numpy as np

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
)
from native4k.demo.noise import (
    Box,
    Dice,
    Point,
    octave,
    part,
)
from native4k.demo.sheets import PALETTES, paper, tooth


def tiles(canvas: np.ndarray, dice: Dice) -> None:
    """Squares filled with quarter circles, arches, triangles, rings and stripes."""
    _, height, width = canvas.shape
    colours = dice.pick(PALETTES)
    paper(canvas, dice, colours[0])
    side = min(width, height) / dice.pick((2, 3, 4, 5, 6))
    zones = [dice.below(len(colours)) for _ in range(9)]
    for row in range(int(height / side) + 1):
        for column in range(int(width / side) + 1):
            zone = zones[(3 * row * int(side)) // height % 3 * 3 + (3 * column * int(side)) // width % 3]
            back = zone if dice.chance(0.6) else dice.below(len(colours))
            front = (back + dice.whole(1, 4)) % len(colours)
            box = Box(int(row * side), int((row + 1) * side), int(column * side), int((column + 1) * side))
            tile(canvas, dice, box, (colours[back], colours[front]))
    tooth(canvas, dice, dice.whole(2, 5), 0.11)


def tile(canvas: np.ndarray, dice: Dice, box: Box, colours: tuple[Colour, Colour]) -> None:
    """One tile, printed with a roller that left specks."""
    seed, form, flip, flop = dice.seed(), dice.below(8), dice.chance(0.5), dice.chance(0.5)
    side = box.bottom - box.top

    def shade(view: Box) -> tuple[Planes, None]:
        x, y = (view.xs() - box.left + 0.5) / side, (view.ys() - box.top + 0.5) / side
        x, y = (1 - x if flip else x), (1 - y if flop else y)
        depth = figure(x, y, form)
        print_ = octave(seed, view, 2) * 0.06 + octave(seed + 1, view, 40) * 0.04
        speck = (octave(seed + 2, view, 5) > 0.86) * 0.5
        cover = clamp(depth * side + 0.5) * (1 - speck)
        return shade_by(between(colours[0], colours[1], cover), 1 + print_), None

    paint(canvas, box, shade)


def figure(x: np.ndarray, y: np.ndarray, form: int) -> np.ndarray:
    """How deep a point of the unit square is inside one of eight figures."""
    corner = np.sqrt(x * x + y * y)
    middle = np.sqrt(np.square(x - 0.5) + np.square(y - 0.5))
    if form == 0:
        return 1 - corner
    if form == 1:
        return 0.42 - middle
    if form == 2:
        return np.minimum(0.5 - np.sqrt(np.square(x - 0.5) + y * y), y + 0 * x)
    if form == 3:
        return x - y
    if form == 4:
        return np.minimum(np.abs(part(corner * 3) - 0.5) - 0.25, 1 - corner) / 3
    if form == 5:
        return (np.abs(part(x * 4) - 0.5) - 0.25) / 4 + 0 * y
    if form == 6:
        return np.maximum(0.5 - corner, 0.5 - np.sqrt(np.square(1 - x) + np.square(1 - y)))
    return np.minimum(0.4 - middle, middle - 0.2)


FORMS: dict[str, tuple[str, ...]] = {
    "A": (".###.", "#...#", "#...#", "#####", "#...#", "#...#", "#...#"),
    "E": ("#####", "#....", "#....", "####.", "#....", "#....", "#####"),
    "H": ("#...#", "#...#", "#...#", "#####", "#...#", "#...#", "#...#"),
    "I": ("#####", "..#..", "..#..", "..#..", "..#..", "..#..", "#####"),
    "K": ("#...#", "#..#.", "#.#..", "##...", "#.#..", "#..#.", "#...#"),
    "L": ("#....", "#....", "#....", "#....", "#....", "#....", "#####"),
    "M": ("#...#", "##.##", "#.#.#", "#.#.#", "#...#", "#...#", "#...#"),
    "N": ("#...#", "##..#", "#.#.#", "#..##", "#...#", "#...#", "#...#"),
    "O": (".###.", "#...#", "#...#", "#...#", "#...#", "#...#", ".###."),
    "R": ("####.", "#...#", "#...#", "####.", "#.#..", "#..#.", "#...#"),
    "S": (".####", "#....", "#....", ".###.", "....#", "....#", "####."),
    "T": ("#####", "..#..", "..#..", "..#..", "..#..", "..#..", "..#.."),
}
"""A poster's letters on a grid of five by seven."""

WORDS = ("ART", "LINE", "TONE", "MOON", "STONE", "HOME", "ISLE", "RAIN", "SALT", "NORTH", "LATER", "SILK", "AN ISLE")


def letters(canvas: np.ndarray, dice: Dice) -> None:
    """A poster: words in large letters of round or square dots over fields of colour, and lines of small print."""
    _, height, width = canvas.shape
    colours = dice.shuffled(dice.pick(PALETTES))
    paper(canvas, dice, colours[0])
    for _ in range(dice.whole(1, 3)):
        x, y, size = dice.real(0, width), dice.real(0, height), min(width, height) * dice.real(0.15, 0.45)
        disc(canvas, dice, (x, y), size, colours[dice.whole(1, 2)])
    y = height * dice.real(0.02, 0.3)
    while y < height * 0.8:
        word = dice.pick(WORDS)
        cell = min(width / (6 * len(word) + 1), height * 0.07) * dice.pick((0.55, 0.8, 1.0))
        left = dice.real(0, max(0.0, width - cell * 6 * len(word))) + cell / 2
        write(canvas, dice, word, (left, y), (cell, colours[3 + dice.below(2)]))
        y += cell * dice.real(8, 9.5)
        small = max(1.0, width / dice.whole(500, 900))
        for _ in range(dice.below(5)):
            line = " ".join(dice.pick(WORDS) for _ in range(dice.whole(3, 9)))
            write(canvas, dice, line, (left, y), (small, colours[4]))
            y += small * 11
    tooth(canvas, dice, dice.whole(2, 4), 0.1)


def write(canvas: np.ndarray, dice: Dice, words: str, place: Point, ink: tuple[float, Colour]) -> None:
    """Words from the given place on, in letters of seven cells' height."""
    cell, colour = ink
    dots, seed = dice.chance(0.5) and cell > 20, dice.seed()
    for number, letter in enumerate(words):
        left = place[0] + number * 6 * cell
        if letter in FORMS and left + 5 * cell < canvas.shape[2]:
            glyph(canvas, FORMS[letter], (left, place[1]), (cell, colour), (seed, dots))


def glyph(
    canvas: np.ndarray, rows: tuple[str, ...], place: Point, ink: tuple[float, Colour], style: tuple[int, bool]
) -> None:
    """One letter, its cells filled with squares or discs."""
    (cell, colour), (seed, dots) = ink, style
    grid = np.asarray([[mark == "#" for mark in row] + [False] for row in (*rows, ".....")], np.float32)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        x, y = (view.xs() - place[0]) / cell, (view.ys() - place[1]) / cell
        column, row = clamp(x, 0, 5).astype(np.int32), clamp(y, 0, 7).astype(np.int32)
        on = grid[row, column] * (x > 0) * (y > 0)
        if dots:
            on = on * clamp((0.48 - np.sqrt(np.square(part(x) - 0.5) + np.square(part(y) - 0.5))) * cell + 0.5)
        worn = (octave(seed, view, 3) + 0.6 * octave(seed + 1, view, 24) > 0.75) * 0.7
        return lit(colour, 1 + 0.07 * octave(seed + 2, view, 1)), on * (1 - worn)

    paint(canvas, Box(int(place[1]), int(place[1] + 7 * cell) + 1, int(place[0]), int(place[0] + 5 * cell) + 1), shade)


def disc(canvas: np.ndarray, dice: Dice, place: Point, size: float, colour: Colour) -> None:
    """A printed disc of halftone dots that grow to one side."""
    dot, way, seed = max(3.0, size / dice.whole(14, 60)), dice.turn(), dice.seed()

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, *place, size, size)
        x, y = part((view.xs() + view.ys()) / dot) - 0.5, part((view.xs() - view.ys()) / dot) - 0.5
        grown = 0.45 + 0.35 * (u * way[0] + v * way[1])
        screen = clamp((grown - np.sqrt(x * x + y * y)) * dot * 0.7 + 0.5)
        return lit(colour, 1 + 0.06 * octave(seed, view, 2)), screen * edge(squared, size)

    paint(canvas, around(*place, size), shade)
