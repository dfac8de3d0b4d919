"""A face: eyes, brows, nose and mouth, painted on a head."""

from typing import NamedTuple

import numpy as np

from native4k.demo.canvas import (
    Colour,
    Planes,
    around,
    between,
    blend,
    clamp,
    edge,
    lit,
    paint,
    shadow,
    spot,
    step,
)
from native4k.demo.noise import Box, Dice, Point, octave


class Look(NamedTuple):
    """Where a head is, how large, and its colours."""

    x: float
    y: float
    size: float
    skin: Colour
    hair: Colour
    eyes: Colour


def blob(
    canvas: np.ndarray, dice: Dice, place: Point, sides: Point, colour: Colour, light: float, alpha: float = 1
) -> None:
    """A small rounded part in one colour."""
    seed = dice.seed()

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, _, squared = spot(view, *place, *sides)
        return lit(colour, light * (1.05 - 0.2 * squared - 0.1 * u) + 0.09 * octave(seed, view, 2)), alpha * edge(
            squared, min(sides)
        )

    paint(canvas, around(*place, *sides), shade)


def face(canvas: np.ndarray, dice: Dice, look: Look) -> None:
    """Eyes, brows, nose and mouth."""
    size, gaze = look.size, dice.real(-0.3, 0.3)
    apart, level = size * dice.real(0.3, 0.36), look.y - size * dice.real(-0.02, 0.08)
    tall, smile = dice.real(0.075, 0.11), dice.real(-0.05, 0.4)
    for side in (-1, 1):
        eye(canvas, dice, look, (look.x + side * apart, level), (tall, gaze))
        brow(canvas, dice, look, (look.x + side * apart, level - size * 0.21), side)
    foot, wide = look.y + size * 0.34, size * dice.real(0.11, 0.17)
    shadow(canvas, look.x + wide * 0.2, foot + wide * 0.35, wide * 1.5, wide * 0.7, 0.3)
    shadow(canvas, look.x + wide * 0.9, foot - size * 0.18, wide * 0.6, size * 0.3, 0.14)
    blob(canvas, dice, (look.x, foot), (wide, wide * 0.75), look.skin, 1.04, 0.8)
    for side in (-1, 1):
        blob(
            canvas, dice, (look.x + side * wide * 0.45, foot + wide * 0.35), (wide * 0.22, wide * 0.14), (60, 30, 26), 1
        )
    mouth(canvas, dice, look, smile)


def eye(canvas: np.ndarray, dice: Dice, look: Look, place: Point, form: tuple[float, float]) -> None:
    """One eye: white, iris with its rays, pupil, glint, lid and lashes."""
    size, seed, (tall, gaze) = look.size, dice.seed(), form
    wide, high = size * 0.17, size * tall

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, squared = spot(view, *place, wide, high)
        x, y = (u - gaze) * wide / (high * 0.95), v
        ring = x * x + y * y
        rays = octave(seed, view, 1, max(1, int(size / 40))) * 0.25
        iris = lit(look.eyes, 0.8 + rays + 0.9 * clamp(ring) * (y > 0) * 0.5)
        ball_ = between(lit((240, 236, 230), 1.02 - 0.25 * squared), iris, step(1 - ring, 0, 0.12))
        ball_ = between(ball_, (10, 8, 10), step(0.22 - ring, 0, 0.06))
        ball_ = between(ball_, (255, 255, 255), step(0.05 - np.square(x - 0.3) - np.square(y + 0.4), 0, 0.03))
        lid = step(-v - 0.35 + 0.4 * u * u, 0, 0.35)
        return between(ball_, lit(look.skin, 0.42), lid * 0.85), edge(squared, high)

    shadow(canvas, *place, wide * 1.4, high * 2.2, 0.25)
    paint(canvas, around(*place, wide, high), shade)


def brow(canvas: np.ndarray, dice: Dice, look: Look, place: Point, side: int) -> None:
    """One eyebrow, hair by hair."""
    seed, size, arch = dice.seed(), look.size, dice.real(0.3, 0.8)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, _ = spot(view, *place, size * 0.22, size * 0.05)
        curve = v - arch * (u * u * 1.5 - 0.4) + 0.15 * side * u
        hair = octave(seed, view, max(1, int(size / 120)), max(1, int(size / 30)))
        return lit(look.hair, 0.8 + 0.3 * hair), step(1 - curve * curve - u * u * 0.9 + 0.5 * hair, 0, 0.5) * 0.85

    paint(canvas, around(*place, size * 0.26, size * 0.12), shade)


def mouth(canvas: np.ndarray, dice: Dice, look: Look, smile: float) -> None:
    """Lips, sometimes with teeth between them."""
    size, seed, teeth = look.size, dice.seed(), dice.chance(0.3) and smile > 0
    wide, y = size * dice.real(0.22, 0.32), look.y + size * 0.6
    tone = blend(look.skin, (176, 50, 58), 0.55)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        u, v, _ = spot(view, look.x, y, wide, size * 0.09)
        v = v + smile * 3 * (u * u - 0.4)
        lips = 1 - u * u - np.abs(v) * (0.9 + 0.25 * (np.abs(u) < 0.12) * (v < 0))
        line = step(0.12 + 0.12 * teeth - np.abs(v), 0, 0.08) * (np.abs(u) < 0.92)
        crease = octave(seed, view, 2, max(2, int(size / 14))) * 0.14
        gap = (236, 232, 226) if teeth else (70, 24, 28)
        return between(lit(tone, 0.95 + 0.14 * v + crease), gap, line * 0.9), step(lips, 0, 0.12)

    paint(canvas, around(look.x, y, wide, size * 0.18), shade)
