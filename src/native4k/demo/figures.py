"""A person: clothes, neck, head, face and hair, painted from back to front."""

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
    spot,
    step,
)
from native4k.demo.faces import Look, blob, face
from native4k.demo.noise import Box, Dice, Point, octave, part, wave

SKINS: tuple[Colour, ...] = (
    (238, 196, 170), (226, 176, 140), (198, 144, 104), (164, 110, 76), (122, 78, 54), (86, 56, 42), (244, 210, 190),
)  # fmt: skip
HAIRS: tuple[Colour, ...] = (
    (36, 28, 26), (84, 54, 34), (150, 98, 48), (206, 164, 90), (160, 70, 34), (170, 168, 168), (20, 20, 28),
)  # fmt: skip
DYES: tuple[Colour, ...] = (
    (178, 44, 48), (34, 62, 116), (230, 222, 206), (44, 96, 78), (226, 172, 60), (60, 56, 64), (130, 82, 130),
    (206, 122, 92), (106, 150, 176), (230, 160, 170),
)  # fmt: skip


def person(canvas: np.ndarray, dice: Dice, place: Point, size: float) -> None:
    """Somebody, from the chest up; size is half the head's height."""
    look = Look(*place, size, dice.pick(SKINS), dice.pick(HAIRS),
                dice.pick(((70, 50, 34), (60, 96, 130), (70, 104, 60), (40, 34, 30))))  # fmt: skip
    long = dice.pick((0.0, 0.0, 1.15, 1.6, 2.2))
    if long:
        mane(canvas, dice, look, long)
    clothes(canvas, dice, look)
    neck(canvas, dice, look)
    head(canvas, dice, look)
    face(canvas, dice, look)
    if not long and dice.chance(0.4):
        beard(canvas, dice, look)
    if dice.chance(0.3):
        glasses(canvas, dice, look)
    dice.pick((fringe, fringe, fringe, hat))(canvas, dice, look)


def strands(view: Box, seed: int, size: float) -> np.ndarray:
    """Hair, strand by strand, about -1 to 1."""
    fine, coarse = max(1, int(size / 160)), max(2, int(size / 25))
    return 0.6 * octave(seed, view, fine, fine * 30) + 0.6 * octave(seed + 1, view, coarse, coarse * 9)


def mane(canvas: np.ndarray, dice: Dice, look: Look, long: float) -> None:
    """Long hair behind the shoulders."""
    seed, middle = dice.seed(), look.y + look.size * (long - 1.05) / 2

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, _, squared = spot(view, look.x, middle, look.size * 1.08, look.size * (1.1 + long) / 2)
        hair = strands(view, seed, look.size)
        return lit(look.hair, 0.8 + 0.45 * hair - 0.25 * u), edge(squared * squared + 0.08 * hair, look.size)

    paint(canvas, around(look.x, middle, look.size * 1.2, look.size * (1.2 + long) / 2), shade)


def clothes(canvas: np.ndarray, dice: Dice, look: Look) -> None:
    """Shoulders in a patterned garment: stripes, checks, dots, knitting or zigzags."""
    seed, pattern = dice.seed(), dice.below(6)
    colours, unit = dice.shuffled(DYES)[:3], look.size / dice.real(3, 9)
    broad, collar = look.size * dice.real(1.9, 2.4), dice.real(0.35, 0.8)
    top = look.y + look.size * 3.35

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, look.x, top, broad, look.size * 2.2)
        below = np.where(view.ys() > top, u * u, squared)
        fold = octave(seed, view, max(2, int(look.size / 2)), max(2, int(look.size))) * 0.25
        thread = octave(seed + 1, view, 1, 2) * 0.13 + octave(seed + 2, view, 2, 1) * 0.13
        x, y = (view.xs() - look.x) / unit + fold, (view.ys() - top) / unit + fold + 0.5 * u * u
        first, second = weave(x, y, pattern)
        cloth = between(between(colours[0], colours[1], first), colours[2], second)
        light = (1.05 - 0.4 * u * u + fold + thread) * (0.75 + 0.3 * step(v, -1, -0.3))
        dip = np.abs(u) * broad / look.size < collar - (v + 1) * 1.6
        cloth = between(cloth, shade_by(lit(look.skin, 0.9), 1 + 0.4 * thread), dip * 1.0)
        return shade_by(cloth, light), edge(below, look.size * 1.5)

    foot = int(look.y + look.size * 10)
    paint(canvas, Box(int(look.y + look.size), foot, int(look.x - broad) - 2, int(look.x + broad) + 3), shade)


def weave(x: np.ndarray, y: np.ndarray, pattern: int) -> tuple[np.ndarray, np.ndarray]:
    """How much of a second and a third colour a pattern has at garment coordinates."""
    a, b = part(x), part(y)
    if pattern == 0:
        return (b < 0.5) * 1.0 + 0 * x, (np.abs(b - 0.25) < 0.05) * 1.0 + 0 * x
    if pattern == 1:
        return 0.5 * (a < 0.5) + 0.5 * (b < 0.5), ((np.abs(a - 0.75) < 0.04) | (np.abs(b - 0.75) < 0.04)) * 0.8
    if pattern == 2:
        dot = (a - 0.5) * (a - 0.5) + (b - 0.5) * (b - 0.5)
        return step(0.09 - dot, 0, 0.012), step(0.025 - dot, 0, 0.01)
    if pattern == 3:
        stitch = part(2 * y + np.abs(part(2 * x) - 0.5) * 1.4)
        return 0.75 * step(np.abs(stitch - 0.5), 0.1, 0.45), (np.abs(part(y / 5) - 0.5) < 0.08) * 0.8 + 0 * x
    if pattern == 4:
        zig = part(y + 2 * np.abs(a - 0.5))
        return (zig < 0.4) * 1.0, (zig > 0.85) * 1.0
    bloom = wave(x) * wave(y) + 0.5 * wave(2.3 * x + 0.7 * y)
    return step(bloom, 0.2, 0.3), step(bloom, 0.7, 0.8)


def neck(canvas: np.ndarray, dice: Dice, look: Look) -> None:
    """The neck, dark under the chin."""
    seed, wide = dice.seed(), look.size * 0.36

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u = (view.xs() - look.x) / (wide * (1 + 0.35 * step((view.ys() - look.y) / look.size, 1, 1.5)))
        down = (view.ys() - look.y) / look.size
        light = 0.62 + 0.3 * step(down, 0.9, 1.4) - 0.2 * u * u - 0.1 * u
        skin = octave(seed, view, 2) * 0.06 + octave(seed + 1, view, 1) * 0.05
        return lit(look.skin, light + skin), clamp((1 - np.abs(u)) * wide + 0.5) * step(
            1.58 - down - 0.25 * u * u, 0, 0.02
        )

    paint(canvas, Box(int(look.y + look.size * 0.4), int(look.y + look.size * 1.65), int(look.x - wide * 1.5),
                      int(look.x + wide * 1.5)), shade)  # fmt: skip


def head(canvas: np.ndarray, dice: Dice, look: Look) -> None:
    """Ears, and the head: narrower at the chin, lit from one side, with pores."""
    seed, side, jaw = dice.seed(), dice.pick((-1, 1)), dice.real(0.1, 0.3)
    size = look.size
    for ear in (-1, 1):
        blob(
            canvas,
            dice,
            (look.x + ear * size * 0.77, look.y + size * 0.08),
            (size * 0.13, size * 0.24),
            look.skin,
            0.85,
        )

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        down = (view.ys() - look.y) / size
        u = (view.xs() - look.x) / (size * 0.78 * (1 - jaw * down * np.abs(down)))
        squared = u * u + down * down
        light = ball(u * 0.9, down * 0.9, squared * 0.81, (-0.5 * side, -0.42, 0.76))
        pores = (
            octave(seed, view, 1) * 0.06
            + octave(seed + 1, view, 3) * 0.06
            + octave(seed + 2, view, max(2, int(size / 6))) * 0.05
        )
        cheek = clamp(0.3 - np.square(np.abs(u) - 0.52) * 3 - np.square(down - 0.28) * 5)
        skin = between(lit(look.skin, 1), (214, 92, 84), cheek * 0.7)
        return shade_by(skin, light * 1.02 + pores), edge(squared, size * 0.8)

    paint(canvas, around(look.x, look.y, size), shade)


def fringe(canvas: np.ndarray, dice: Dice, look: Look) -> None:
    """Hair on the head, parted somewhere."""
    seed, parting, low = dice.seed(), dice.real(-0.7, 0.7), dice.real(-0.5, -0.2)
    size = look.size

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, look.x, look.y - size * 0.12, size * 0.88, size * 1.02)
        hair = strands(view, seed, size)
        line = low + 0.75 * np.abs(u - parting) * np.abs(u)
        cover = edge(squared + 0.05 * hair, size) * step(line - v + 0.1 * hair, 0, 0.06)
        shine = clamp(1 - np.square((v + 0.68) / 0.18)) * 0.35
        return lit(look.hair, 0.85 + 0.45 * hair + shine - 0.2 * u), cover

    paint(canvas, around(look.x, look.y - size * 0.12, size * 0.95, size * 1.1), shade)


def beard(canvas: np.ndarray, dice: Dice, look: Look) -> None:
    """A beard around the mouth."""
    seed, size, full = dice.seed(), look.size, dice.real(0.05, 0.35)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, look.x, look.y + size * 0.1, size * 0.72, size * (0.98 + full * 0.3))
        hair = strands(view, seed, size)
        lips = np.square(u * 2.4) + np.square((v - 0.5) * 7)
        cover = step(v - 0.12 - 0.2 * (1 - u * u) + 0.12 * hair, 0, 0.2) * edge(squared + 0.1 * hair, size)
        return lit(look.hair, 0.85 + 0.5 * hair), cover * step(lips, 0.8, 1.3) * 0.92

    paint(canvas, around(look.x, look.y + size * 0.1, size * 0.8, size * 1.2), shade)


def glasses(canvas: np.ndarray, dice: Dice, look: Look) -> None:
    """Round or wide glasses."""
    size, tint = look.size, dice.pick((0.06, 0.06, 0.75))
    wide, tall, colour = (
        size * dice.real(0.22, 0.29),
        size * dice.real(0.17, 0.25),
        dice.pick(((24, 22, 24), (150, 110, 50), (120, 30, 36))),
    )
    for side in (-1, 1):
        x = look.x + side * size * 0.33

        def shade(view: Box, x: float = x) -> tuple[Planes, np.ndarray]:
            u, v, squared = spot(view, x, look.y, wide, tall)
            rim = step(0.1 - np.abs(squared - 0.9), 0, 0.05)
            return between((30, 34, 44), colour, rim), np.maximum(
                rim, tint * (squared < 0.9) + 0.3 * glint(u, v, -0.4, -0.4, 0.4)
            )

        paint(canvas, around(x, look.y, wide, tall), shade)
    paint(canvas, Box(int(look.y - size * 0.05), int(look.y - size * 0.02) + 1, int(look.x - size * 0.12),
                      int(look.x + size * 0.12)), lambda _: (colour, 1.0))  # fmt: skip


def hat(canvas: np.ndarray, dice: Dice, look: Look) -> None:
    """A felt hat or a knitted cap with a band."""
    seed, size, colours = dice.seed(), look.size, dice.shuffled(DYES)[:2]
    brim, tall = dice.pick((0.95, 1.35, 1.6)), dice.real(0.5, 0.85)
    foot = look.y - size * 0.5
    knit = size / dice.whole(8, 16)

    def crown(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, _ = spot(view, look.x, foot, size * 0.9, size * tall)
        felt = octave(seed, view, 1) * 0.12 + octave(seed + 1, view, 4) * 0.1
        rib = 0.16 * wave((view.xs() - look.x) / knit) if brim < 1 else 0.0
        cloth = between(lit(colours[0], 1), colours[1], (v > -0.32) * 1.0)
        shape = edge(np.square(u * u) + np.square(v * v), size * 0.5)
        return shade_by(cloth, 1.0 - 0.35 * u - 0.25 * u * u + felt + rib), shape * (v < 0.1)

    def rim(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, look.x, foot, size * brim, size * 0.16)
        return lit(colours[0], 0.8 - 0.25 * u - 0.2 * v + octave(seed, view, 1) * 0.12), edge(squared, size * 0.14)

    paint(canvas, around(look.x, foot, size * 0.92, size * tall), crown)
    paint(canvas, around(look.x, foot, size * brim, size * 0.17), rim)
