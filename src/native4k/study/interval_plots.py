"""Plots of differences with their intervals: one below the other, and as training images grow."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from native4k.page.plots import FRAME_LEFT, FRAME_RIGHT, nice, svg, text, tick

LINE = 34  # pixels a difference
NAMES, BEGIN, END = 0.0, 39.0, 97.0  # percent; where names stand, where the scale begins and ends


class Difference(NamedTuple):
    """A mean, its interval if there is one, and the mean of each seed."""

    name: str
    mean: float
    low: float | None
    high: float | None
    seeds: Sequence[float] = ()

    def values(self) -> list[float]:
        """Every value that the plot has to show."""
        return [value for value in (self.mean, self.low, self.high, *self.seeds) if value is not None]


def forest(rows: Sequence[Difference], unit: str) -> str:
    """A forest plot, a line for each difference: a dot at the mean, a stroke for the interval, small dots for seeds."""
    scale = _scale(rows)
    width = (END - BEGIN) / (scale[-1] - scale[0])
    bottom = LINE * len(rows) + 6
    parts = []
    for value in scale:
        x = BEGIN + (value - scale[0]) * width
        parts.append(_vertical(x, 0, bottom, _grid(value)))
        parts.append(text(x, bottom + 16, tick(value), "tick", "middle"))
    for index, row in enumerate(rows):
        y = LINE * index + 20
        parts.append(text(NAMES, y + 4, row.name, "label"))
        parts += [_dot(BEGIN + (value - scale[0]) * width, y, 2.5, f"one seed: {value:+.4f}") for value in row.seeds]
        if row.low is not None and row.high is not None:
            ends = [BEGIN + (value - scale[0]) * width for value in (row.low, row.high)]
            parts.append(f'<line x1="{ends[0]:.2f}%" x2="{ends[1]:.2f}%" y1="{y}" y2="{y}" class="mean"/>')
        parts.append(_dot(BEGIN + (row.mean - scale[0]) * width, y, 5, f"{row.name}: {row.mean:+.4f} {unit}"))
    return svg(bottom + 24, f"differences in {unit}, each with its interval", *parts)


def trend(rows: Sequence[Difference], unit: str, height: int = 150) -> str:
    """Differences from left to right, as their names say: means joined by a curve, each with its interval."""
    scale = _scale(rows)
    ys = [(value, height * (1 - index / (len(scale) - 1)) + 8) for index, value in enumerate(scale)]
    up = height / (scale[-1] - scale[0])
    step = (FRAME_RIGHT - FRAME_LEFT) / len(rows)
    xs = [FRAME_LEFT + step * (index + 0.5) for index in range(len(rows))]
    parts = []
    for value, y in ys:
        ends = f'x1="{FRAME_LEFT}%" x2="{FRAME_RIGHT}%" y1="{y:.1f}" y2="{y:.1f}"'
        parts.append(f'<line {ends} class="{_grid(value)}"/>')
        parts.append(text(FRAME_LEFT - 1.5, y + 4, tick(value), "tick", "end"))
    heights = [8 + height - (row.mean - scale[0]) * up for row in rows]
    for (left, right), (first, second) in zip(pairwise(xs), pairwise(heights), strict=True):
        ends = f'x1="{left:.2f}%" x2="{right:.2f}%" y1="{first:.1f}" y2="{second:.1f}"'
        parts.append(f'<line {ends} class="curve"/>')
    for x, row, y in zip(xs, rows, heights, strict=True):
        if row.low is not None and row.high is not None:
            tops = [8 + height - (value - scale[0]) * up for value in (row.high, row.low)]
            parts.append(_vertical(x, tops[0], tops[1], "mean"))
        parts.append(_dot(x, y, 5, f"{row.name}: {row.mean:+.4f} {unit}"))
        parts.append(text(x, height + 26, row.name, "tick", "middle"))
    return svg(height + 34, f"differences in {unit}, as {rows[0].name} become {rows[-1].name}", *parts)


def _scale(rows: Sequence[Difference]) -> list[float]:
    values = [value for row in rows for value in row.values()] + [0.0]
    low, high = min(values), max(values)
    return nice(low, high) if high > low else nice(-1.0, 1.0)


def _grid(value: float) -> str:
    """The class of a grid line; zero stands out."""
    return "bound" if abs(value) < 1e-12 else "grid"  # noqa: PLR2004


def _vertical(x: float, top: float, bottom: float, kind: str) -> str:
    return f'<line x1="{x:.2f}%" x2="{x:.2f}%" y1="{top:.1f}" y2="{bottom:.1f}" class="{kind}"/>'


def _dot(x: float, y: float, radius: float, title: str) -> str:
    return f'<circle cx="{x:.2f}%" cy="{y:.1f}" r="{radius:g}" class="dot"><title>{escape(title)}</title></circle>'
