"""Parts of a town: brick walls, windows, houses, pavements, a street's sides and its road."""

import numpy as np

from native4k.demo.canvas import (
    Colour,
    Planes,
    between,
    clamp,
    lit,
    paint,
    shade_by,
    step,
)
from native4k.demo.noise import Box, Dice, at, hashed, octave, part, table, unit

WALLS: tuple[Colour, ...] = (
    (158, 84, 62), (188, 160, 120), (120, 70, 60), (204, 196, 180), (142, 130, 118), (196, 140, 90), (104, 116, 128),
    (214, 176, 150), (150, 168, 160), (86, 78, 84),
)  # fmt: skip


def wall(u: np.ndarray, v: np.ndarray, seed: int, colour: Colour, bricks: tuple[float, float]) -> Planes:
    """Bricks in running bond at wall coordinates u and v; each has its own tone, mortar lies between."""
    long, tall = bricks
    course = np.floor(v / tall)
    along = u / long + course * 0.5
    place = np.floor(along)
    tone = unit(hashed(seed, course, place))
    joint = np.maximum(np.abs(along - place - 0.5) * long, 0) - long * 0.5
    bed = np.abs(v - course * tall - tall * 0.5) - tall * 0.5
    mortar = clamp(np.maximum(joint, bed) + max(1.2, tall * 0.1))
    return between(lit(colour, 0.72 + 0.5 * tone), (176, 170, 160), 0.75 * mortar)


def panes(
    u: np.ndarray, v: np.ndarray, seed: int, bay: tuple[float, float], night: float, wide: float
) -> tuple[Planes, np.ndarray, np.ndarray]:
    """Windows in bays: their colour, where the frames stand, where the windows are."""
    column, storey = np.floor(u / bay[0]), np.floor(v / bay[1])
    x, y = u / bay[0] - column, v / bay[1] - storey
    which = unit(hashed(seed, storey, column))
    dx, dy = (x - 0.5) / wide, (y - 0.47) / 0.31
    inside = clamp((1 - np.maximum(np.abs(dx), np.abs(dy))) * (bay[0] * wide) + 0.5)
    bars = np.minimum(
        np.minimum(np.abs(dx), 1 - np.abs(dx)) * wide, np.minimum(np.abs(dy + 0.2), 1 - np.abs(dy)) * 0.31
    )
    frame = clamp((0.02 - bars) * bay[0] + 0.5) * inside
    shine = clamp(0.35 + 0.5 * (x - y) + 0.5 * which)
    curtain = step(np.abs(dx), 0.9 - 0.7 * which, 0.95 - 0.7 * which) * (which > 0.45)
    glass = between((28, 36, 48), (150, 178, 200), shine * (1 - 0.7 * night))
    glass = between(glass, (190, 180, 168), 0.6 * curtain * (1 - 0.6 * night))
    lamp = (unit(hashed(seed + 1, storey, column)) < 0.5 * night + 0.04) * (0.55 + 0.45 * which)
    return between(glass, (255, 214, 130), lamp * (0.95 - 0.3 * dy * dy)), frame, inside


def house(canvas: np.ndarray, dice: Dice, sides: tuple[int, int], top: int, night: float) -> None:
    """One house: storeys of windows, ledges, a cornice; a shop with an awning below."""
    _, height, width = canvas.shape
    seed, colour, frames = dice.seed(), dice.pick(WALLS), dice.pick(((236, 232, 224), (70, 52, 42), (48, 66, 60)))
    bays = dice.whole(2, 5)
    bay = ((sides[1] - sides[0]) / bays, height * dice.real(0.17, 0.3))
    wide, brick = dice.real(0.24, 0.36), max(3.0, height / dice.whole(70, 130))
    awning, stripes = dice.pick(WALLS), bay[0] / dice.whole(4, 8)
    shop, plaster = height * dice.real(0.66, 0.74), dice.chance(0.3)
    gloom = 1 - 0.55 * night

    def shade(view: Box) -> tuple[Planes, None]:
        u, v = view.xs() - sides[0], view.ys() - top
        grit = octave(seed, view, 1) * 0.09 + octave(seed + 1, view, 3) * 0.07
        grit += octave(seed + 2, view, max(2, height // 14)) * 0.13
        stone: Planes = lit(colour, 0.95 + 0.6 * grit) if plaster else wall(u, v, seed, colour, (brick * 2.6, brick))
        glass, frame, inside = panes(u, v - bay[1] * 0.12, seed + 3, bay, night, wide)
        storey = v / bay[1] - np.floor(v / bay[1])
        ledge = ((storey < 0.045) | (v < bay[1] * 0.12)) * 0.8
        under = step(0.12 - storey, 0, 0.08) * (storey > 0.045) * 0.4
        stone = between(shade_by(stone, (1 + grit) * (1 - under)), lit(frames, 0.9 + grit), ledge)
        stone = between(between(stone, glass, inside), lit(frames, 1 + grit), frame)
        stripe = part(u / (2 * stripes)) < 0.5
        cloth = between(lit(awning, 1.1), (240, 236, 226), stripe * 1.0)
        slope = (view.ys() - shop) / (0.08 * height)
        cover = ((slope > 0) & (slope < 1)) * 1.0
        door = step(slope, 1, 1.05) * (np.abs(u / bay[0] - np.floor(u / bay[0]) - 0.5) < 0.42)
        stone = between(stone, lit((40, 38, 40), 1 + 3 * night + grit), door * 0.85)
        stone = between(stone, shade_by(cloth, 1.05 - 0.35 * slope + grit), cover)
        side = step(view.xs() - sides[0], 0, width * 0.006)
        return shade_by(stone, gloom * (0.55 + 0.45 * side)), None

    paint(canvas, Box(max(0, top), height, *sides), shade)


def pavement(canvas: np.ndarray, dice: Dice, top: int, night: float) -> None:
    """Slabs and asphalt along the foot of a picture."""
    _, height, width = canvas.shape
    seed, slab = dice.seed(), width / dice.whole(14, 26)

    def shade(view: Box) -> tuple[Planes, None]:
        down = (view.ys() - top) / max(1, height - top)
        grit = octave(seed, view, 1) * 0.16 + octave(seed + 1, view, 4, 2) * 0.12
        joint = np.abs(part((view.xs() - width / 2) / (slab * (0.6 + down))) - 0.5) > 0.485
        kerb = (down > 0.6) * 1.0
        tone = between((168, 162, 154), (74, 74, 78), kerb)
        return shade_by(tone, (1 + grit - 0.4 * joint * (1 - kerb)) * (1 - 0.5 * night)), None

    paint(canvas, Box(top, height, 0, width), shade)


def sidewall(canvas: np.ndarray, dice: Dice, vanish: tuple[float, float], side: int, night: float) -> None:
    """The houses on one side of a street; depth is 1 at the picture's edge."""
    _, height, width = canvas.shape
    (vx, vy), seed = vanish, dice.seed()
    span = width - vx if side > 0 else vx
    colours = [dice.pick(WALLS) for _ in range(6)]
    storey, bay, brick = height * dice.real(0.16, 0.24), height * dice.real(0.16, 0.3), height / dice.whole(60, 90)
    roofs = np.asarray([dice.real(0.7, 1.6) for _ in range(8)], np.float32) * np.float32(vy)
    noise = table(seed, 128)

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        off = np.maximum((view.xs() - vx) * side, np.float32(1))
        depth = span / off
        u = (depth - 1) * (height * 1.1)
        v = (view.ys() - vy) * depth
        plot = np.minimum(u / (bay * 3), np.float32(7)).astype(np.int32)
        stone: Planes = [np.asarray([c[k] for c in colours], np.float32)[plot % 6] for k in range(3)]
        bond = wall(u + 0 * v, v, seed, (1.0, 1.0, 1.0), (brick * 2.6, brick))[0]
        stone = shade_by(stone, np.minimum(bond, np.float32(1.4)))
        glass, frame, inside = panes(u + 0 * v, v + storey * 20, seed + 3, (bay, storey), night, 0.28)
        low = step(v, storey * 0.9, storey * 0.95)
        stone = between(between(stone, glass, inside * (1 - low)), (220, 214, 204), frame * (1 - low))
        grit = at(noise, u * 0.6, v * 0.6) * 0.12 + octave(seed + 7, view, 1) * 0.1
        haze = clamp(1 - 1 / (0.75 + 0.25 * depth)) * 0.8
        light = (0.7 + 0.2 * side + grit) * (1 - 0.5 * night)
        stone = between(shade_by(stone, light), (178, 178, 186) if night < 0.5 else (60, 56, 70), haze)
        roof = -roofs[plot]
        return stone, clamp((v - roof) / depth + 0.5) * (view.ys() * 0 + off < span * 2)

    edges = (int(vx) + 2, width) if side > 0 else (0, int(vx) - 2)
    paint(canvas, Box(0, height, *edges), shade)


def road(canvas: np.ndarray, dice: Dice, vanish: tuple[float, float], night: float) -> None:
    """Asphalt or cobbles below the vanishing point, pavements beside it."""
    _, height, width = canvas.shape
    (vx, vy), seed = vanish, dice.seed()
    noise, cobbled = table(seed, 128), dice.chance(0.5)
    eye = (height - vy) * 0.6
    half = width * 0.3

    def shade(view: Box) -> tuple[Planes, np.ndarray]:
        depth = (height - vy) / np.maximum(view.ys() - vy, np.float32(0.5))
        x = (view.xs() - vx) * depth
        z = depth * eye * 3
        grit = at(noise, x * 0.5, z * 0.5) * 0.18 + octave(seed, view, 1) * 0.12
        size = height / 36
        stones = wall(x, z + 0 * x, seed, (1.0, 1.0, 1.0), (size, size))[0] if cobbled else 1.0
        asphalt = lit((92, 90, 92), np.minimum(stones, np.float32(1.3)) * (1 + grit))
        dash = (np.abs(x) < width * 0.006) * (part(z / (height * 0.5)) < 0.5) * (not cobbled)
        asphalt = between(asphalt, lit((230, 226, 210), 1 + grit), dash * 0.9)
        kerb = (np.abs(x) > half) * 1.0
        slabs = wall(x, z + 0 * x, seed + 1, (165, 160, 152), (height / 9, height / 9))
        ground = between(asphalt, shade_by(slabs, 1 + 0.7 * grit), kerb)
        wet = 1 - 0.55 * night
        # the ground ends where the walls stand: |x| at depth d is the picture's half there
        span = np.where(view.xs() > vx, width - vx, vx)
        inside = clamp((span * (view.ys() - vy) / (height - vy) * 1.25 - np.abs(view.xs() - vx)) + 0.5)
        return shade_by(ground, wet * (0.75 + 0.25 / depth)), inside

    paint(canvas, Box(int(vy), height, 0, width), shade)
