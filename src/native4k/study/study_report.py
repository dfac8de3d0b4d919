"""Write the report of the full study: what native 4K pixels are worth by scale, arm, category and training images."""

import argparse
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from native4k import tables
from native4k.errors import UserError
from native4k.page import layout as page
from native4k.page.metrics_files import signed
from native4k.page.plots import FRAME_LEFT, FRAME_RIGHT, nice, svg, text, ticks
from native4k.study import origin

PAGE = "study_report.html"
LINE = 46  # pixels a difference
BEGIN, END = 2.0, 97.0  # percent; where the scale begins and ends

Row = tuple[str, int, str, dict[str, Any]]
"""Scale, number of training images, arm, and its estimate by measure."""

PROTOCOL = (
    "The same network, from the same first weights, is trained on as many patches, in the same order, with the same "
    "degradation: of native pixels, or of another view of the same images, each patch around the same centre. All "
    "are tested on the same native images. Differences are native minus the other arm, image by image and seed by "
    "seed; above zero native is better. Intervals are from images and seeds resampled together (bootstrap), d is "
    "Cohen's."
)
ARMS = {
    "half": "half: images at half the size, the same pixels a side",
    "half_field": "half_field: images at half the size, the same field of view",
    "upscaled": "upscaled: fakes, halved and enlarged again",
}


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


def section(tree: dict[str, Any]) -> str:
    """All results: in words, as plots and as tables."""
    name, rows = tree["measure"], largest(tree)
    note = f"{tree['runs']} runs of {tree['patches_seen']:,} patches each, {tree['test_images']} test images"
    parts: list[str] = [
        page.heading(f"On {tree['collection']}", note),
        page.paragraph(PROTOCOL),
        *(page.paragraph(finding) for finding in tree["findings"]),
    ]
    points = [_difference(f"{scale}, {ARMS.get(arm, arm)}", estimates[name]) for scale, _, arm, estimates in rows]
    parts += [page.heading(f"Native minus the other arm, {measure_label(name)}", "a small dot is a seed")]
    parts += [forest(points, unit(name)), _differences(differences(tree))]
    parts += [
        page.heading("By category", f"{measure_label(name)}, native minus the other arm"),
        _categories(rows, name),
    ]
    plots = [
        f"<div>{page.heading(f'{scale}: native minus {arm}', f'{measure_label(name)}, by training images')}"
        f"{trend(points, unit(name))}</div>"
        for (scale, arm), points in trends(tree, name).items()
    ]
    parts += [f'<div class="plots">{"".join(plots)}</div>'] if plots else []
    return "\n".join([*parts, page.heading("What each arm reaches", "means of images and seeds"), _means(tree)])


def differences(tree: dict[str, Any]) -> list[Row]:
    """Every difference, in order of scales and of numbers of images."""
    return _rows(tree["differences"])


def largest(tree: dict[str, Any]) -> list[Row]:
    """The differences with the most training images of each scale."""
    most = {scale: images for scale, images, _, _ in differences(tree)}
    return [row for row in differences(tree) if row[1] == most[row[0]]]


def trends(tree: dict[str, Any], name: str) -> dict[tuple[str, str], list[Difference]]:
    """Scale and arm -> its differences by number of training images, if there is more than one."""
    points: dict[tuple[str, str], list[Difference]] = {}
    for scale, images, arm, estimates in differences(tree):
        points.setdefault((scale, arm), []).append(_difference(f"{images:,} images", estimates[name]))
    return {place: found for place, found in points.items() if len(found) > 1}


def measure_label(name: str) -> str:
    """A measure and its convention, as people write them."""
    words = name.split("_")
    return f"{' '.join(words[2:]).upper()} ({'-'.join(words[:2])})"


def unit(name: str) -> str:
    """What differences of a measure are counted in."""
    return "dB" if "psnr" in name else "of 1"


def _rows(by_scale: dict[str, Any]) -> list[Row]:
    return [
        (scale, int(images), arm, estimates)
        for scale, by_images in _by_number(by_scale)
        for images, arms in _by_number(by_images)
        for arm, estimates in arms.items()
    ]


def _by_number(named: dict[str, Any]) -> list[tuple[str, Any]]:
    """Items by the number in their names, such as x4 and x16."""
    return sorted(named.items(), key=lambda item: int(item[0].lstrip("x")))


def _difference(label: str, estimate: dict[str, Any]) -> Difference:
    seeds = tuple(estimate["seeds"].values())
    return Difference(label, estimate["mean"], estimate["low"], estimate["high"], seeds)


def _differences(rows: list[Row]) -> str:
    head = ["native minus", "scale", "training images", "measure", "mean", "interval", "d", "range of seeds"]
    body = [
        [
            *(arm, scale, images, measure_label(name), signed(one["mean"]), _bounds(one["low"], one["high"])),
            None if one["effect"] is None else signed(one["effect"], 2),
            _bounds(min(one["seeds"].values()), max(one["seeds"].values())),
        ]
        for scale, images, arm, estimates in rows
        for name, one in estimates.items()
    ]
    return page.table(head, body)


def _categories(rows: list[Row], name: str) -> str:
    names = sorted({category for *_, estimates in rows for category in estimates[name]["by_category"]})
    counts = {category: rows[0][3][name]["by_category"].get(category, {}).get("images", 0) for category in names}
    head = ["native minus", "scale", *(f"{category} ({count})" for category, count in counts.items())]
    body = [
        [arm, scale, *(_estimate(estimates[name]["by_category"].get(category)) for category in names)]
        for scale, _, arm, estimates in rows
    ]
    return page.table(head, body)


def _means(tree: dict[str, Any]) -> str:
    rows = _rows(tree["means"])
    names = list(rows[0][3])
    columns = [word for name in names for word in (measure_label(name), "seeds' spread")]
    body = [
        [arm, scale, "-" if arm == "bicubic" else images]
        + [means[name][key] for name in names for key in ("mean", "seed_spread")]
        for scale, images, arm, means in rows
    ]
    table = page.table(["trained on", "scale", "training images", *columns], body)
    return f"<details><summary>means of every arm, and bicubic</summary>{table}</details>"


def _estimate(estimate: dict[str, Any] | None) -> str | None:
    """A category's difference, with its interval where it has one."""
    if estimate is None:
        return None
    bounds = _bounds(estimate["low"], estimate["high"])
    return f"{signed(estimate['mean'])}{f', {bounds}' if bounds else ''}"


def _bounds(low: float | None, high: float | None) -> str | None:
    return None if low is None or high is None else f"{signed(low)} to {signed(high)}"


def forest(rows: Sequence[Difference], unit: str) -> str:
    """A forest plot, a line for each difference: a dot at the mean, a stroke for the interval, small dots for seeds."""
    scale = _scale(rows)
    width = (END - BEGIN) / (scale[-1] - scale[0])
    bottom = LINE * len(rows) + 6
    parts = []
    for value, words in zip(scale, ticks(scale), strict=True):
        x = BEGIN + (value - scale[0]) * width
        parts.append(_vertical(x, 0, bottom, _grid(value)))
        parts.append(text(x, bottom + 16, words, "tick", "middle"))
    for index, row in enumerate(rows):
        y = LINE * index + 32
        parts.append(text(0, y - 16, row.name, "label"))
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
    for (value, y), words in zip(ys, ticks(scale), strict=True):
        ends = f'x1="{FRAME_LEFT}%" x2="{FRAME_RIGHT}%" y1="{y:.1f}" y2="{y:.1f}"'
        parts.append(f'<line {ends} class="{_grid(value)}"/>')
        parts.append(text(FRAME_LEFT - 1.5, y + 4, words, "tick", "end"))
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("results", type=Path, help="the results of the full study (data/study/results.json)")
    parser.add_argument("out", type=Path, help="the folder to write (data/study/report)")


def run(args: argparse.Namespace) -> None:
    """Write the report, unless the results are of other code, numbers or images than those at hand."""
    tree = origin.read(args.results)
    if not origin.is_current(tree, args.params):
        raise UserError(f"{args.results}: made of other code, numbers or images; run 'make study'")
    made = page.paragraph(
        f"{args.results.name}: SHA-256 {tables.digest(args.results)[:16]}, made of {tree['made_of']['hash']}."
    )
    sections = {"The study": section(tree), "How it was made": made}
    with tables.atomic_folder(args.out) as folder:
        tables.write_text(page.document("What native 4K is worth", "a controlled study", sections), folder / PAGE)
    print(args.out / PAGE)
