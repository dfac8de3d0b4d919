"""Write the report of the full study: what native 4K pixels are worth by scale, arm, category and training images."""

import argparse
from pathlib import Path
from typing import Any

from native4k import tables
from native4k.errors import UserError
from native4k.page import layout as page
from native4k.study import interval_plots, origin

PAGE = "study_report.html"

Row = tuple[str, int, str, dict[str, Any]]
"""Scale, number of training images, arm, and its estimate by measure."""

PROTOCOL = (
    "The same network, from the same first weights, is trained on as many patches, in the same order, with the same "
    "degradation: of native 4K pixels, or of another view of the same images, each patch around the same centre. All "
    "are tested on the same 4K images. Differences are native less the other arm, image by image and seed by seed; "
    "above zero native is better. Intervals are from images and seeds resampled together (bootstrap), d is Cohen's."
)

ARMS = {
    "half": "half: images at 2K, the same pixels a side",
    "half_field": "half_field: images at 2K, the same field of view",
    "upscaled": "upscaled: fakes, brought to 2K and up again",
}


def section(tree: dict[str, Any]) -> str:
    """All results: in words, as plots and as tables."""
    name, rows = tree["measure"], largest(tree)
    parts: list[str] = [page.paragraph(PROTOCOL), *(page.paragraph(finding) for finding in tree["findings"])]
    points = [_difference(f"{scale}, {ARMS.get(arm, arm)}", estimates[name]) for scale, _, arm, estimates in rows]
    parts += [page.heading(f"Native less the other arm, {measure_label(name)}", "a small dot is a seed")]
    parts += [interval_plots.forest(points, unit(name)), _differences(differences(tree))]
    parts += [page.heading("By category", f"{measure_label(name)}, native less the other arm"), _categories(rows, name)]
    plots = [
        f"<div>{page.heading(f'{scale}: native less {arm}', f'{measure_label(name)}, by training images')}"
        f"{interval_plots.trend(points, unit(name))}</div>"
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


def trends(tree: dict[str, Any], name: str) -> dict[tuple[str, str], list[interval_plots.Difference]]:
    """Scale and arm -> its differences by number of training images, if there is more than one."""
    points: dict[tuple[str, str], list[interval_plots.Difference]] = {}
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


def _difference(label: str, estimate: dict[str, Any]) -> interval_plots.Difference:
    seeds = tuple(estimate["seeds"].values())
    return interval_plots.Difference(label, estimate["mean"], estimate["low"], estimate["high"], seeds)


def _differences(rows: list[Row]) -> str:
    head = ["native less", "scale", "training images", "measure", "mean", "interval", "d", "single seeds"]
    body = [
        [
            *(arm, scale, images, measure_label(name), _signed(one["mean"]), _bounds(one["low"], one["high"])),
            None if one["effect"] is None else _signed(one["effect"], 2),
            _bounds(min(one["seeds"].values()), max(one["seeds"].values())),
        ]
        for scale, images, arm, estimates in rows
        for name, one in estimates.items()
    ]
    return page.table(head, body)


def _categories(rows: list[Row], name: str) -> str:
    names = sorted({category for *_, estimates in rows for category in estimates[name]["by_category"]})
    counts = {category: rows[0][3][name]["by_category"].get(category, {}).get("images", 0) for category in names}
    head = ["native less", "scale", *(f"{category} ({count})" for category, count in counts.items())]
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
    return f"{_signed(estimate['mean'])}{f', {bounds}' if bounds else ''}"


def _bounds(low: float | None, high: float | None) -> str | None:
    return None if low is None or high is None else f"{_signed(low)} to {_signed(high)}"


def _signed(value: float, digits: int = 4) -> str:
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


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
