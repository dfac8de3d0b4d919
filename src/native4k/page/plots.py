"""Plots as SVG. Lengths along x are percentages and text is in pixels: a plot fits any width and stays readable."""

from bisect import bisect_right
from collections.abc import Sequence
from html import escape
from math import ceil, floor, isfinite, log10

from markupsafe import Markup

Point = tuple[float, float]

ROW = 26  # pixels a line of a bar chart
LEFT, RIGHT = 27.0, 80.0  # percent; bars lie between, labels left of them, counts right
HEAT_TEXT = 0.005  # a smaller share is not written into its cell of a heat map
FRAME_LEFT, FRAME_RIGHT = 10.0, 98.0  # percent; where a plot with axes begins and ends


def svg(height: float, name: str, *parts: str, role: str = "img") -> Markup:
    """A plot of a height in pixels, as wide as its place, with a name for those who do not see it."""
    start = f'<svg role="{role}" aria-label="{escape(name)}" height="{height:g}">'
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
                bar(LEFT, y + 12, left * scale, 1, "rest"),
                bar(LEFT + left * scale, y + 5, rows * scale, 15, "lost", f"{reason}: {rows:,}"),
                text(2, y + 17, reason, "label"),
                text(100, y + 17, f"\N{MINUS SIGN}{rows:,}", "count", "end"),
            ]
    if left != end[1]:
        raise AssertionError(f"the funnel does not add up: {left} rows are left, not {end[1]}")
    y += ROW + 6
    parts.append(_total(*end, scale, y))
    return svg(y + ROW, f"from {start[1]:,} {start[0]} to {end[1]:,} {end[0]}", *parts)


def _total(label: str, rows: int, scale: float, y: float) -> str:
    return (
        bar(LEFT, y + 3, rows * scale, 19, "kept", f"{label}: {rows:,}")
        + text(0, y + 17, label, "label total")
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
    above, (left, right) = "+" if ordered[-1] > last else "", ticks([first, last])
    parts += [
        f'<line x1="0%" x2="100%" y1="{height}" y2="{height}" class="axis"/>',
        text(0, height + 17, left, "tick"),
        text(100, height + 17, right + above, "tick", "end"),
    ]
    return svg(height + 24, name, *parts)


def _beside(anchor: str, words: str) -> str:
    return f'<text x="{-5 if anchor == "end" else 5}" y="13" class="tick strong" text-anchor="{anchor}">{words}</text>'


def columns(edges: Sequence[float], shares: Sequence[float], name: str, height: int = 120) -> Markup:
    """Shares between edges, all columns equally wide; the first holds all below it, too, the last one all above."""
    width, up = 100 / len(edges), (height - 20) / max(*shares, 1e-9)
    every, names = ceil(len(edges) / 6), ticks(edges)
    parts = []
    for place, share in enumerate(shares):
        between = between_edges(names, place)
        if share:
            where = place * width, height - share * up, width - 0.5, share * up
            parts.append(bar(*where, "kept", f"{between}: {100 * share:.2f} %"))
        if place % every == 0:
            parts.append(text(place * width, height + 17, names[place], "tick"))
    axis = f'<line x1="0%" x2="100%" y1="{height}" y2="{height}" class="axis"/>'
    return svg(height + 24, name, *parts, axis)


def between_edges(names: Sequence[str], place: int) -> str:
    """What lies in a column of named edges: the first holds all below it, too, the last one all above."""
    if not place and len(names) > 1:
        return f"under {names[1]}"
    return f"{names[place]} to {names[place + 1]}" if place + 1 < len(names) else f"{names[place]} and more"


def lengths(rows: Sequence[tuple[str, float, str]], name: str) -> Markup:
    """A line for each name and share: the name, a bar of that length, and what it says."""
    longest = max([share for _, share, _ in rows] + [1e-9])
    parts = []
    for place, (label, share, shown) in enumerate(rows):
        y = 2 * ROW * place
        parts += [
            text(0, y + 17, label, "label"),
            text(100, y + 17, shown, "count", "end"),
            bar(0, y + 24, 100 * share / longest, 12, "kept", f"{label}: {shown}"),
        ]
    return svg(max(0, 2 * ROW * len(rows) - 8), name, *parts)


def heat(across: Sequence[float], up: Sequence[float], shares: Sequence[Sequence[float]], name: str) -> Markup:
    """A map of shares, a row of cells for each edge of `up`, from below; the darker a cell, the larger its share."""
    width, most = (FRAME_RIGHT - FRAME_LEFT) / len(across), max(map(max, shares)) or 1
    columns_, rows_ = ticks(across), ticks(up)
    parts = []
    for row, cells in enumerate(shares):
        y = ROW * (len(up) - 1 - row)
        parts.append(text(FRAME_LEFT - 1.5, y + 17, rows_[row], "tick", "end"))
        for column, share in enumerate(cells):
            title = f"width {between_edges(columns_, column)}, height {between_edges(rows_, row)}: {100 * share:.2f} %"
            place = f'x="{FRAME_LEFT + width * column:.3f}%" y="{y}" width="{width:.3f}%" height="{ROW}"'
            shade = f'class="heat" fill-opacity="{(share / most) ** 0.5:.3f}"' if share else 'class="none"'
            parts.append(f"<rect {place} {shade}><title>{escape(title)}</title></rect>")
            if share >= HEAT_TEXT:
                middle = FRAME_LEFT + width * (column + 0.5)
                parts.append(text(middle, y + 17, f"{100 * share:.0f}", "label tick", "middle"))
    bottom = ROW * len(up)
    parts += [
        text(FRAME_LEFT + width * column, bottom + 17, columns_[column], "tick")
        for column in range(0, len(across), ceil(len(across) / 6))
    ]
    return svg(bottom + 24, name, *parts)


def line(points: Sequence[Point], across: str, up: str, height: int = 150) -> Markup:
    """A curve with its axes."""
    shown = [point for point in points if all(map(isfinite, point))]
    xs, ys = nice(*_range([x for x, _ in shown])), nice(*_range([y for _, y in shown]))
    placed = [(1000 * (x - xs[0]) / (xs[-1] - xs[0]), height * (1 - (y - ys[0]) / (ys[-1] - ys[0]))) for x, y in shown]
    path = " ".join(f"{x:.2f},{y:.2f}" for x, y in placed)
    width = FRAME_RIGHT - FRAME_LEFT
    grid = [
        _rule(height * (1 - place / (len(ys) - 1)) + 8)
        + text(FRAME_LEFT - 1.5, height * (1 - place / (len(ys) - 1)) + 12, words, "tick", "end")
        for place, words in enumerate(ticks(ys))
    ]
    below = [
        text(FRAME_LEFT + width * place / (len(xs) - 1), height + 26, words, "tick", "middle")
        for place, words in enumerate(ticks(xs))
    ]
    frame = f'x="{FRAME_LEFT}%" y="8" width="{width}%" height="{height}" viewBox="0 0 1000 {height}"'
    curve = (
        f'<svg {frame} preserveAspectRatio="none" overflow="visible"><polyline points="{path}" class="curve"/></svg>'
    )
    return svg(height + 34, f"{up} over {across}", *grid, *below, curve)


def _rule(y: float) -> str:
    return f'<line x1="{FRAME_LEFT}%" x2="{FRAME_RIGHT}%" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'


def dots(rows: Sequence[tuple[str, float, Sequence[tuple[str, str, float]]]], unit: str) -> Markup:
    """One line a (name, mean, values with titles and links): a dot for each value, a stroke at the mean."""
    scale = nice(*_range([value for *_, marks in rows for *_, value in marks]))
    first, width = 2.0, 96 / (scale[-1] - scale[0])
    bottom = 42 * len(rows) + 4
    parts = []
    for value, words in zip(scale, ticks(scale), strict=True):
        x = first + (value - scale[0]) * width
        parts.append(f'<line x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="{bottom}" class="grid"/>')
        parts.append(text(x, bottom + 16, words, "tick", "middle"))
    for place, (name, mean, marks) in enumerate(rows):
        y = 42 * place + 30
        parts.append(text(0, y - 16, name, "label"))
        stroke = first + (mean - scale[0]) * width
        parts.append(f'<line x1="{stroke:.2f}%" x2="{stroke:.2f}%" y1="{y - 9}" y2="{y + 9}" class="mean"/>')
        for link, title, value in marks:
            x, words = first + (value - scale[0]) * width, escape(f"{title}: {value:.2f} {unit}")
            dot = f'<circle cx="{x:.2f}%" cy="{y}" r="4" class="dot"><title>{words}</title></circle>'
            parts.append(f'<a href="{escape(link)}" aria-label="{words}">{dot}</a>')
    return svg(bottom + 24, f"{unit} of every test image", *parts, role="group")


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


def ticks(values: Sequence[float]) -> list[str]:
    """Short numbers, with as many digits as it takes to tell different ones apart."""
    for digits in range(4, 17):
        words = [tick(value, digits) for value in values]
        if len(set(words)) == len(set(values)):
            break
    return words


def tick(value: float, digits: int = 4) -> str:
    """A short number."""
    if abs(value) >= 1000:  # noqa: PLR2004
        return f"{value:,.{digits - 4}f}"
    return f"{round(value, digits):.{digits}g}"
