"""Chance and noise from integer hashes: the same numbers on every processor."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np

Item = TypeVar("Item")
Point = tuple[float, float]

STEP = np.uint32(0x9E3779B1)  # 2^32 over the golden ratio, odd


class Box(NamedTuple):
    """A rectangle of pixels: rows top to bottom, columns left to right, ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    def xs(self) -> np.ndarray:
        """Column numbers, 1 x width."""
        return np.arange(self.left, self.right, dtype=np.float32)[None, :]

    def ys(self) -> np.ndarray:
        """Row numbers, height x 1."""
        return np.arange(self.top, self.bottom, dtype=np.float32)[:, None]


def digest(*words: object) -> int:
    """64 bits that depend on all words."""
    return int.from_bytes(hashlib.sha256(repr(words).encode()).digest()[:8], "big")


class Dice:
    """A stream of numbers that depends on the words given and on nothing else (splitmix64)."""

    def __init__(self, *words: object) -> None:
        self.state = digest(*words)

    def bits(self) -> int:
        """The next 64 bits."""
        self.state = (self.state + 0x9E3779B97F4A7C15) % 2**64
        mixed = (self.state ^ self.state >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB % 2**64
        return mixed ^ mixed >> 31

    def seed(self) -> int:
        """32 bits for a field of noise."""
        return self.bits() >> 32

    def below(self, count: int) -> int:
        """0 to count - 1."""
        return self.bits() % count

    def whole(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return low + self.below(high - low + 1)

    def real(self, low: float, high: float) -> float:
        """A number from low to below high."""
        return low + (high - low) * ((self.bits() >> 11) / 2**53)

    def chance(self, share: float) -> bool:
        """True in that share of calls."""
        return self.real(0, 1) < share

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """All items in another order."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in items]

    def turn(self) -> Point:
        """A unit vector of any direction: rational points of the circle, in one of four quarters."""
        t = self.real(0, 1)
        x, y = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
        return self.pick(((x, y), (-y, x), (-x, -y), (y, -x)))


def mix(x: np.ndarray) -> np.ndarray:
    """The uint32 array scrambled in place (fmix32 of MurmurHash3)."""
    shifted = x >> np.uint32(16)
    x ^= shifted
    x *= np.uint32(0x85EBCA6B)
    np.right_shift(x, np.uint32(13), out=shifted)
    x ^= shifted
    x *= np.uint32(0xC2B2AE35)
    np.right_shift(x, np.uint32(16), out=shifted)
    x ^= shifted
    return x


def hashed(seed: int, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """A uint32 for each pair of row and column numbers, which broadcast against each other."""
    start = np.uint32(seed % 2**32)
    down = mix(rows.astype(np.int32).view(np.uint32) * STEP + start)
    across = mix(columns.astype(np.int32).view(np.uint32) * STEP ^ start)
    return mix(down ^ across)


def unit(bits: np.ndarray) -> np.ndarray:
    """Hashes as float32 from 0 to below 1."""
    return (bits >> np.uint32(8)).astype(np.float32) * np.float32(2**-24)


def chances(seed: int, count: int) -> np.ndarray:
    """A row of numbers from 0 to below 1."""
    return unit(hashed(seed, np.zeros(1), np.arange(count)))


def smooth(t: np.ndarray) -> np.ndarray:
    """0 to 1 with level ends: 3t^2 - 2t^3."""
    return t * t * (3 - 2 * t)


def wave(turns: np.ndarray) -> np.ndarray:
    """About sin(2 pi turns), made of two parabolas."""
    half = turns - np.floor(turns) - 0.5
    return half * (16 * np.abs(half) - 8)


def angle(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """About the direction of (x, y) in turns, -1/2 to 1/2: t (1 + 0.273 (1 - t)) / 8 in each eighth."""
    ax, ay = np.abs(x), np.abs(y)
    t = np.minimum(ax, ay) / (np.maximum(ax, ay) + 1e-9)
    eighth = t * (1.273 - 0.273 * t) * 0.125
    quarter = np.where(ay > ax, 0.25 - eighth, eighth)
    half = np.where(x < 0, 0.5 - quarter, quarter)
    return np.where(y < 0, -half, half)


def octave(seed: int, box: Box, across: int, down: int = 0) -> np.ndarray:
    """Smooth noise from -1 to 1, one lattice point every `across` columns and `down` rows (0: as many)."""
    rows, row, fall = _lattice(box.top, box.bottom, max(1, down or across))
    columns, column, slide = _lattice(box.left, box.right, max(1, across))
    wide = unit(hashed(seed, rows[:, None], columns[None, :]))
    wide *= 2
    wide -= 1
    wide = _widened(wide, column, slide)
    if (down or across) <= 1:
        return wide[:-1]
    grown = np.subtract(wide[1:], wide[:-1])[row]
    grown *= fall[:, None]
    grown += wide[row]
    return grown


def _lattice(start: int, end: int, cell: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lattice numbers that cover start to end, and for each pixel its cell and the smooth way through it."""
    at = np.arange(start, end)
    first = start // cell
    last = (end - 1) // cell + 1
    part = smooth(((at % cell).astype(np.float32)) / np.float32(cell))
    return np.arange(first, last + 1), at // cell - first, part


def _widened(grid: np.ndarray, column: np.ndarray, slide: np.ndarray) -> np.ndarray:
    if len(column) == grid.shape[1] - 1:
        return grid[:, :-1]
    wide = np.subtract(grid[:, 1:], grid[:, :-1]).take(column, axis=1)
    wide *= slide
    wide += grid.take(column, axis=1)
    return wide


def fractal(seed: int, box: Box, cells: Sequence[int], fade: float = 0.5) -> np.ndarray:
    """Octaves of noise, each `fade` times the one before, about -1 to 1."""
    total = octave(seed, box, max(1, cells[0]))
    weight = amount = 1.0
    for number, cell in enumerate(cells[1:], start=1):
        amount *= fade
        weight += amount
        layer = octave(seed + number * 7919, box, max(1, cell))
        layer *= np.float32(amount)
        total += layer
    total *= np.float32(1.4 / weight)
    return total


def halving(largest: int, smallest: int = 1) -> list[int]:
    """Cell sizes from the largest down, each half the one before."""
    cells = [max(1, largest)]
    while cells[-1] // 2 >= smallest:
        cells.append(cells[-1] // 2)
    return cells


def relief(seed: int, box: Box, cells: Sequence[int], fade: float = 0.6, reach: int = 2) -> np.ndarray:
    """Fractal bumps lit from the upper left: the slope across `reach` pixels, about -1 to 1."""
    wider = Box(box.top - reach, box.bottom, box.left - reach, box.right)
    bumps = fractal(seed, wider, cells, fade)
    slope = bumps[reach:, reach:] - bumps[:-reach, :-reach]
    slope *= 3
    return slope


def table(seed: int, side: int = 256) -> np.ndarray:
    """A square of noise, -1 to 1, to be sampled with `at`; side is a power of two, first row and column come again."""
    lines = np.arange(side + 1) % side
    return unit(hashed(seed, lines[:, None], lines[None, :])) * 2 - 1


def at(noise: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The square of noise, repeated for ever, between its points at any place."""
    pitch = noise.shape[0]
    left, top = np.floor(x), np.floor(y)
    u, v = smooth(x - left), smooth(y - top)
    place = (top.astype(np.int32) & (pitch - 2)) * pitch + (left.astype(np.int32) & (pitch - 2))
    place = place.astype(np.intp)
    flat = noise.reshape(-1)
    upper = flat.take(place)
    upper += (flat[1:].take(place) - upper) * u
    lower = flat[pitch:].take(place)
    lower += (flat[pitch + 1 :].take(place) - lower) * u
    lower -= upper
    lower *= v
    upper += lower
    return upper


def part(x: np.ndarray) -> np.ndarray:
    """What is left above the whole number, 0 to below 1."""
    return x - np.floor(x)
