"""Balls on a floor, each pixel traced: textures, shadows and one reflection."""

from typing import NamedTuple

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
    step,
)
from native4k.demo.noise import (
    Box,
    Dice,
    angle,
    at,
    hashed,
    octave,
    part,
    table,
    unit,
    wave,
)
from native4k.demo.outdoors import SKIES

TONES: tuple[Colour, ...] = (
    (210, 50, 46), (46, 96, 176), (240, 190, 60), (60, 150, 96), (236, 236, 232), (40, 40, 46), (230, 120, 50),
    (150, 80, 170), (80, 180, 190),
)  # fmt: skip

Vector = tuple["np.ndarray | float", "np.ndarray | float", "np.ndarray | float"]


class Sphere(NamedTuple):
    """A ball: its middle (x right, y up, z away), size, colours, texture and how much it mirrors."""

    x: float
    y: float
    z: float
    size: float
    first: Colour
    second: Colour
    texture: int
    mirror: float


class World(NamedTuple):
    """What rays meet: a floor at y = 0, a sky, and balls; the eye is at height `eye`."""

    eye: float
    tilt: float
    sun: tuple[float, float, float]
    stops: tuple[Colour, ...]
    floor: tuple[Colour, Colour]
    paving: int
    scale: float
    noise: np.ndarray
    balls: tuple[Sphere, ...]


def spheres(canvas: np.ndarray, dice: Dice) -> None:
    """Balls of stone, glass and painted wood on a tiled floor under a sky."""
    _, height, width = canvas.shape
    world, lens = build(dice), 1.25 / min(width, height)
    seed = dice.seed()

    def ray(view: Box) -> Vector:
        x = (view.xs() - width / 2) * np.float32(lens)
        y = (height / 2 - view.ys()) * np.float32(lens) - world.tilt
        long = np.sqrt(x * x + y * y + 1)
        return x / long, y / long, 1 / long

    def ground(view: Box) -> tuple[Planes, None]:
        seen = outside(world, (0.0, world.eye, 0.0), ray(view), True)
        grain = 0.08 * octave(seed, view, 1) + 0.06 * octave(seed + 1, view, 5, 3)
        return shade_by(seen, 1 + grain), None

    paint(canvas, Box(0, height, 0, width), ground)
    for ball in sorted(world.balls, key=lambda ball: -ball.z):

        def shade(view: Box, ball: Sphere = ball) -> tuple[Planes, np.ndarray]:
            return traced(world, ball, ray(view), lens)

        paint(canvas, extent(world, ball, (width, height), lens), shade)


def build(dice: Dice) -> World:
    """A world by chance."""
    balls: list[Sphere] = []
    for number in range(80):
        size = dice.real(0.9, 1.7) if number < 4 else dice.real(0.25, 0.8)
        z, lift = dice.real(4, 14), dice.pick((0.0, 0.0, 0.0, 1.2))
        x = dice.real(-0.75, 0.75) * z
        near = [(x - b.x) * (x - b.x) + (z - b.z) * (z - b.z) < (size + b.size) * (size + b.size) for b in balls]
        if not any(near) and len(balls) < 12:
            first, second = dice.shuffled(TONES)[:2]
            balls.append(
                Sphere(x, size + lift, z, size, first, second, dice.below(6), dice.pick((0.12, 0.2, 0.3, 0.8)))
            )
    way = dice.turn()
    sun = (0.6 * way[0], 0.66, -0.45 if way[1] < 0 else 0.2)
    long = float(np.sqrt(sun[0] * sun[0] + sun[1] * sun[1] + sun[2] * sun[2]))
    floors = (((236, 232, 224), (40, 42, 48)), ((200, 170, 120), (110, 70, 44)), ((90, 120, 150), (210, 220, 226)),
              ((180, 60, 50), (240, 226, 200)), ((70, 100, 80), (196, 206, 170)))  # fmt: skip
    return World(
        eye=dice.real(1.4, 4), tilt=dice.real(0.1, 0.5), sun=(sun[0] / long, sun[1] / long, sun[2] / long),
        stops=dice.pick(SKIES), floor=dice.pick(floors), paving=dice.below(3), scale=dice.real(0.7, 1.6),
        noise=table(dice.seed(), 128), balls=tuple(balls),
    )  # fmt: skip


def extent(world: World, ball: Sphere, sides: tuple[int, int], lens: float) -> Box:
    """A box of pixels that holds a ball's picture."""
    flat = np.sqrt(ball.x * ball.x + ball.z * ball.z)
    reach = ball.size / max(0.5, ball.z - ball.size) * float(flat) / ball.z * 1.12 / lens
    x = sides[0] / 2 + ball.x / ball.z / lens
    y = sides[1] / 2 - ((ball.y - world.eye) / ball.z + world.tilt) / lens
    return Box(int(y - reach), int(y + reach) + 1, int(x - reach), int(x + reach) + 1)


def meet(start: Vector, way: Vector, ball: Sphere) -> tuple[np.ndarray, np.ndarray]:
    """Half the way to a ball's nearest point and the square of half the chord: |start + t way - middle| = size."""
    dx, dy, dz = start[0] - ball.x, start[1] - ball.y, start[2] - ball.z
    along = -(dx * way[0] + dy * way[1] + dz * way[2])
    chord = along * along - (dx * dx + dy * dy + dz * dz - ball.size * ball.size)
    return np.asarray(along), np.asarray(chord)


def outside(world: World, start: Vector, way: Vector, shadows: bool) -> Planes:
    """What a ray sees that meets no ball: the tiled floor or the sky."""
    level = np.asarray(way[1])
    if level.max() < 0:
        return floor(world, start, way, shadows)
    if level.min() > 0:
        return air(world, way)
    return between(air(world, way), floor(world, start, way, shadows), clamp(-way[1] * 600))


def floor(world: World, start: Vector, way: Vector, shadows: bool) -> Planes:
    """The tiled floor where a ray falls, hazy far off."""
    far = -start[1] / np.minimum(way[1], np.float32(-1e-3))
    x, z = start[0] + way[0] * far, start[2] + way[2] * far
    light = 1 - 0.62 * shaded(world, x, z) if shadows else 1.0
    return between(shade_by(paving(world, x, z), light), world.stops[2], clamp(far * np.float32(1 / 60)))


def air(world: World, way: Vector) -> Planes:
    """The sky in a ray's direction."""
    up = np.maximum(way[1], np.float32(0))
    flat = 1.5 / (up + 0.12)
    x, z = way[0] * flat, way[2] * flat
    cloud = at(world.noise, x, z) + 0.5 * at(world.noise, x * 2.7 + 7, z * 2.7)
    return between(
        ramp(world.stops[::-1], clamp(up * 1.6)), (250, 248, 244), step(cloud, 0.1, 1.0) * clamp(up * 5) * 0.8
    )


def shaded(world: World, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """How much of the floor's light the balls take."""
    dark = np.zeros_like(x)
    near, far = float(z.min()), float(z.max())
    sun = world.sun
    for ball in world.balls:
        middle, reach = ball.z - ball.y * sun[2] / sun[1], 1.3 * ball.size / sun[1]
        if middle + reach < near or middle - reach > far:
            continue
        dx, dz = x - ball.x, z - ball.z
        along = dx * sun[0] + dz * sun[2] - ball.y * sun[1]
        squared = ball.size * ball.size
        chord = along * along - dx * dx - dz * dz - (ball.y * ball.y - squared)
        dark = np.maximum(dark, step(chord, -0.2 * squared, 0.25 * squared))
    return dark


def paving(world: World, x: np.ndarray, z: np.ndarray) -> Planes:
    """The floor's pattern: a chequerboard, planks, or round inlays."""
    u, v = x * np.float32(world.scale), z * np.float32(world.scale)
    if world.paving == 0:
        second = 2 * part((np.floor(u) + np.floor(v)) * 0.5)
    elif world.paving == 1:
        second = unit(hashed(5, np.floor(u * 2), np.floor(v * 0.4 + part(np.floor(u * 2) * 0.37))))
    else:
        second = step(0.16 - np.square(part(u) - 0.5) - np.square(part(v) - 0.5), -0.005, 0.005)
    vein = at(world.noise, u * 7, v * 7) * 0.2
    joint = np.minimum(np.minimum(part(u), 1 - part(u)), np.minimum(part(v), 1 - part(v))) < 0.008
    return shade_by(between(world.floor[0], world.floor[1], second), (1 + vein) * (1 - 0.35 * joint))


def skin(world: World, ball: Sphere, n: Vector) -> Planes:
    """A ball's own pattern where its normal is n."""
    x, y, z = np.asarray(n[0]), np.asarray(n[1]), np.asarray(n[2])
    around = angle(z, x)
    rough = at(world.noise, around * 60 + y * 9, y * 21) * 0.1
    if ball.texture == 0:
        return lit(ball.first, 1 + rough)
    if ball.texture == 1:
        second = step(wave(y * 4 + 0.3), -0.05, 0.05)
    elif ball.texture == 2:
        second = 2 * part((np.floor(around * 12) + np.floor(y * 5)) * 0.5)
    elif ball.texture == 3:
        second = step(wave(y * 2.5 + 1.1 * at(world.noise, x * 2.2 + 5, z * 2.2 + y * 2)), -0.5, 0.5)
    elif ball.texture == 4:
        spots = np.square(part(around * 14 + 0.5 * np.floor(y * 4)) - 0.5) + np.square(part(y * 4) - 0.5)
        second = step(0.09 - spots, -0.01, 0.01)
    else:
        second = clamp(0.5 + 0.8 * at(world.noise, x * 5 + 9, y * 5 + z * 4))
    return shade_by(between(ball.first, ball.second, second), 1 + rough)


def traced(world: World, ball: Sphere, way: Vector, lens: float) -> tuple[Planes, np.ndarray]:
    """A ball's pixels: its pattern in the light, what it mirrors, its highlight; and their coverage."""
    along, chord = meet((0.0, world.eye, 0.0), way, ball)
    far = along - np.sqrt(np.maximum(chord, np.float32(0)))
    hit = way[0] * far, world.eye + way[1] * far, way[2] * far
    n = (hit[0] - ball.x) / ball.size, (hit[1] - ball.y) / ball.size, (hit[2] - ball.z) / ball.size
    facing = -(n[0] * way[0] + n[1] * way[1] + n[2] * way[2])
    back = way[0] + 2 * facing * n[0], way[1] + 2 * facing * n[1], way[2] + 2 * facing * n[2]
    toward = np.maximum(n[0] * world.sun[0] + n[1] * world.sun[1] + n[2] * world.sun[2], np.float32(0))
    own = shade_by(skin(world, ball, n), 0.32 + 0.15 * n[1] + 0.75 * toward)
    mirrored = outside(world, hit, back, False)
    rim = 1 - clamp(facing)
    seen = between(own, mirrored, clamp(ball.mirror + 0.6 * rim * rim * rim))
    shine = np.maximum(back[0] * world.sun[0] + back[1] * world.sun[1] + back[2] * world.sun[2], np.float32(0))
    shine = shine * shine * shine * shine
    shine = shine * shine * shine * shine
    edge = clamp(chord / (2 * ball.size * ball.z * lens) + 0.5)
    return between(seen, (255, 255, 255), clamp(shine * shine)), edge
