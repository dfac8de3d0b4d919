"""Plots as SVG. Lengths along x are percentages and text is in pixels: a plot fits any width and stays readable."""

from bisect import bisect_right
from collections.abc import Sequence
from html import escape
from math import ceil, floor, isfinite, log10

from markupsafe import Markup

Point = tuple[float, float]

ROW = 26  # pixels a line of a bar chart
LEFT, RIGHT = 27.0, 80.0  # percent; bars lie between, labels left of them, counts right
FRAME_LEFT, FRAME_RIGHT = 10.0, 98.0  # percent; where a plot with axes begins and ends


def svg(height: float, name: str, *parts: str) -> Markup:
    """A plot of a height in pixels, as wide as its place, with a name for those who do not see it."""
    start = f'<svg role="img" aria-label="{escape(name)}" height="{height:g}">'
    return Markup(f"{start}{''.join(parts)}</svg>")  # noqa: S704  # text() and the titles escape their words


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    """Words at x percent, y pixels."""
    return f'<text x="{x:.2f}%" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def bar(x: float, y: float, width: float, height: float, kind: str, title: str = "") -> str:
    """A bar; x and width in percent."""
    inside = f"<title>{escape(title)}</title>" if title else ""
    place = f'x="{x:.3f}%" y="{y:.1f}" width="{max(width, 0.25):.3f}%" height="{height:.1f}"'
    return f'<rect {place} rx="1.5" class="{kind}">{inside}</rect>'


def waterfall(
    start: tuple[str, int], steps: Sequence[tuple[str, Sequence[tuple[str, int]]]], end: tuple[str, int]
) -> Markup:
    """What each reason takes away, from the first count to the last; the lengths add up."""
    scale = (RIGHT - LEFT) / max(start[1], 1)
    left, y = start[1], 0.0
    parts = [_total(*start, scale, y)]
    for step, reasons in steps:
        y += ROW
        parts.append(text(0, y + 20, step, "step"))
        for reason, rows in reasons:
            y += ROW
            left -= rows
            parts += [
                text(2, y + 17, reason, "label"),
                bar(LEFT, y + 12, left * scale, 1, "rest"),
                bar(LEFT + left * scale, y + 5, rows * scale, 15, "lost", f"{reason}: {rows:,} rows"),
                text(100, y + 17, f"\N{MINUS SIGN}{rows:,}", "count", "end"),
            ]
    if left != end[1]:
        raise AssertionError(f"the funnel does not add up: {left} rows are left, not {end[1]}")
    y += ROW + 6
    parts.append(_total(*end, scale, y))
    return svg(y + ROW, f"from {start[1]:,} {start[0]} to {end[1]:,} {end[0]}", *parts)


def _total(label: str, rows: int, scale: float, y: float) -> str:
    return (
        text(0, y + 17, label, "total")
        + bar(LEFT, y + 3, rows * scale, 19, "kept", f"{label}: {rows:,}")
        + text(100, y + 17, f"{rows:,}", "total", "end")
    )


def histogram(
    values: Sequence[float], low: float | None, high: float | None, name: str, bins: int = 40, height: int = 120
) -> Markup:
    """How many values lie where; those outside of low to high are drawn as lost. The last bar holds all above it."""
    ordered = sorted(value for value in values if isfinite(value))
    bounds = [bound for bound in (low, high) if bound is not None]
    first, bulk = min([ordered[0], *bounds]), ordered[ceil(0.98 * (len(ordered) - 1))]
    last = max([bulk, first + 1e-9, *(bound + 0.1 * max(bulk - first, bound - first) for bound in bounds)])
    edges = sorted({*(first + (last - first) * place / bins for place in range(bins)), *bounds} - {last})
    counts = [0] * len(edges)
    for value in ordered:
        counts[bisect_right(edges, value) - 1] += 1
    ends = [*edges[1:], last]
    across, up = 100 / (last - first), (height - 20) / max(counts)
    parts = []
    for start, end, count in zip(edges, ends, counts, strict=True):
        if count:
            lost = (low is not None and start < low) or (high is not None and start >= high)
            place = (start - first) * across, height - count * up, (end - start) * across - 0.25, count * up
            parts.append(bar(*place, "lost" if lost else "kept", f"{tick(start)} to {tick(end)}: {count:,}"))
    for bound in bounds:
        x = (bound - first) * across
        side = "end" if x > 50 else "start"  # noqa: PLR2004
        parts.append(f'<line x1="{x:.2f}%" x2="{x:.2f}%" y1="4" y2="{height}" class="bound"/>')
        parts.append(f'<svg x="{x:.2f}%" overflow="visible">{_beside(side, tick(bound))}</svg>')
    above = "+" if ordered[-1] > last else ""
    parts += [
        f'<line x1="0%" x2="100%" y1="{height}" y2="{height}" class="axis"/>',
        text(0, height + 17, tick(first), "tick"),
        text(100, height + 17, tick(last) + above, "tick", "end"),
    ]
    return svg(height + 24, name, *parts)


def _beside(anchor: str, words: str) -> str:
    return f'<text x="{-5 if anchor == "end" else 5}" y="13" class="tick strong" text-anchor="{anchor}">{words}</text>'


def columns(edges: Sequence[float], shares: Sequence[float], name: str, height: int = 120) -> Markup:
    """Shares between edges, all columns equally wide; the first holds all below it, too, the last one all above."""
    width, up = 100 / len(edges), (height - 20) / max(*shares, 1e-9)
    every = ceil(len(edges) / 6)
    parts = []
    for place, (edge, share) in enumerate(zip(edges, shares, strict=True)):
        beyond = f"to {tick(edges[place + 1])}" if place + 1 < len(edges) else "and more"
        between = f"{tick(edge)} {beyond}" if place else f"under {tick(edges[1])}"
        if share:
            where = place * width, height - share * up, width - 0.5, share * up
            parts.append(bar(*where, "kept", f"{between}: {100 * share:.2f} %"))
        if place % every == 0:
            parts.append(text(place * width, height + 17, tick(edge), "tick"))
    axis = f'<line x1="0%" x2="100%" y1="{height}" y2="{height}" class="axis"/>'
    return svg(height + 24, name, *parts, axis)


def lengths(rows: Sequence[tuple[str, float]], name: str) -> Markup:
    """A share a line, each with its name and its length."""
    longest = max([share for _, share in rows] + [1e-9])
    parts = []
    for place, (label, share) in enumerate(rows):
        y = ROW * place
        parts += [
            text(0, y + 17, label, "label"),
            bar(2 * LEFT, y + 5, share / longest * (RIGHT - 2 * LEFT), 15, "kept", f"{label}: {100 * share:.2f} %"),
            text(100, y + 17, f"{100 * share:.2f} %", "count", "end"),
        ]
    return svg(ROW * len(rows) + 4, name, *parts)


def line(points: Sequence[Point], across: str, up: str, height: int = 150) -> Markup:
    """A curve with its axes."""
    shown = [point for point in points if all(map(isfinite, point))]
    xs, ys = nice(*_range([x for x, _ in shown])), nice(*_range([y for _, y in shown]))
    placed = [(1000 * (x - xs[0]) / (xs[-1] - xs[0]), height * (1 - (y - ys[0]) / (ys[-1] - ys[0]))) for x, y in shown]
    path = " ".join(f"{x:.2f},{y:.2f}" for x, y in placed)
    width = FRAME_RIGHT - FRAME_LEFT
    grid = [
        _rule(height * (1 - place / (len(ys) - 1)) + 8)
        + text(FRAME_LEFT - 1.5, height * (1 - place / (len(ys) - 1)) + 12, tick(value), "tick", "end")
        for place, value in enumerate(ys)
    ]
    ticks = [
        text(FRAME_LEFT + width * place / (len(xs) - 1), height + 26, tick(value), "tick", "middle")
        for place, value in enumerate(xs)
    ]
    frame = f'x="{FRAME_LEFT}%" y="8" width="{width}%" height="{height}" viewBox="0 0 1000 {height}"'
    curve = (
        f'<svg {frame} preserveAspectRatio="none" overflow="visible"><polyline points="{path}" class="curve"/></svg>'
    )
    return svg(height + 34, f"{up} over {across}", *grid, *ticks, curve)


def _rule(y: float) -> str:
    return f'<line x1="{FRAME_LEFT}%" x2="{FRAME_RIGHT}%" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'


def dots(rows: Sequence[tuple[str, float, Sequence[tuple[str, float]]]], unit: str) -> Markup:
    """One line a (name, mean, values with titles): a dot for each value, a stroke at the mean."""
    scale = nice(*_range([value for *_, marks in rows for _, value in marks]))
    first, width = 2.0, 96 / (scale[-1] - scale[0])
    bottom = 42 * len(rows) + 4
    parts = []
    for value in scale:
        x = first + (value - scale[0]) * width
        parts.append(f'<line x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="{bottom}" class="grid"/>')
        parts.append(text(x, bottom + 16, tick(value), "tick", "middle"))
    for place, (name, mean, marks) in enumerate(rows):
        y = 42 * place + 30
        parts.append(text(0, y - 16, name, "label"))
        stroke = first + (mean - scale[0]) * width
        parts.append(f'<line x1="{stroke:.2f}%" x2="{stroke:.2f}%" y1="{y - 9}" y2="{y + 9}" class="mean"/>')
        for title, value in marks:
            x = first + (value - scale[0]) * width
            title_text = escape(f"{title}: {value:.2f} {unit}")
            parts.append(f'<circle cx="{x:.2f}%" cy="{y}" r="4" class="dot"><title>{title_text}</title></circle>')
    return svg(bottom + 24, f"{unit} of every test image", *parts)


def _range(values: Sequence[float]) -> Point:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def nice(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round numbers in even steps that span low to high."""
    rough = (high - low) / wanted
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [step * place for place in range(first, last + 1)]


def tick(value: float) -> str:
    """A short number."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{round(value, 4):.4g}"  # noqa: PLR2004
