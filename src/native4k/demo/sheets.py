"""What art is made on: inks, paper, and the tooth of paper or linen."""

import numpy as np

from native4k.demo.canvas import (
    Colour,
    Planes,
    everywhere,
    lit,
    paint,
)
from native4k.demo.noise import (
    Box,
    Dice,
    octave,
    relief,
    wave,
)

PALETTES: tuple[tuple[Colour, ...], ...] = (
    ((236, 226, 204), (206, 62, 44), (30, 62, 98), (240, 178, 56), (34, 34, 38)),
    ((240, 234, 220), (18, 92, 96), (226, 122, 78), (250, 206, 140), (60, 40, 60)),
    ((24, 28, 52), (86, 52, 120), (216, 72, 120), (250, 160, 90), (252, 232, 180)),
    ((226, 230, 222), (80, 120, 90), (190, 200, 130), (40, 66, 70), (216, 150, 120)),
    ((248, 244, 236), (20, 20, 24), (200, 30, 40), (150, 150, 150), (90, 90, 96)),
    ((30, 50, 40), (196, 164, 90), (236, 220, 180), (140, 50, 40), (70, 100, 120)),
    ((214, 226, 238), (60, 110, 170), (244, 200, 210), (250, 244, 180), (110, 170, 150)),
)


def paper(canvas: np.ndarray, dice: Dice, colour: Colour) -> None:
    """An even sheet with fibres."""
    seed = dice.seed()

    def shade(view: Box) -> tuple[Planes, None]:
        return lit(colour, 0.96 + 0.05 * octave(seed, view, 300) + 0.04 * octave(seed + 1, view, 3)), None

    paint(canvas, everywhere(canvas), shade)


def tooth(canvas: np.ndarray, dice: Dice, coarse: int, deep: float) -> None:
    """The weave of the linen, or the tooth of the paper, over the whole picture."""
    seed = dice.seed()

    def shade(view: Box) -> tuple[Planes, None]:
        warp = wave(view.xs() / coarse + 0.25 * view.ys() * 0) * wave(view.ys() / coarse)
        light = 1 + deep * (0.5 * warp + relief(seed, view, (coarse * 3, coarse, 1), 0.8))
        return [plane * light for plane in canvas[:, view.top : view.bottom, view.left : view.right]], None

    paint(canvas, everywhere(canvas), shade)
