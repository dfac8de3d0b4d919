"""Print the funnel, the splits, the baselines' metrics, the demo's grades, and where the report is."""

import argparse
from pathlib import Path
from typing import Any

from native4k import params
from native4k.page import metrics_files
from native4k.page.metrics_files import metric_label, percent
from native4k.page.shortfalls import shortfalls
from native4k.provenance import lock
from native4k.study import origin

LEAKS = ("pairs", "radius", "within", "leaks")


def aligned_lines(rows: list[list[Any]], texts: int = 1) -> list[str]:
    """Rows as lines: the first columns are text, the others numbers, flush right."""
    cells = [[metrics_files.number(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place < texts else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def funnel(counted: dict[str, Any]) -> list[str]:
    """From the metadata to the kept, every reason with its rows."""
    rows: list[list[Any]] = [["metadata", "", counted["metadata"]]]
    for step, reasons in metrics_files.funnel_steps(counted):
        rows += [[step if not place else "", reason, -count] for place, (reason, count) in enumerate(reasons)]
        if step == "collect":
            rows.append(["candidates", "", counted["candidates"]])
    return aligned_lines([*rows, ["kept", "", counted["kept"]]], texts=2)


def splits(metrics: dict[str, Any]) -> list[str]:
    """Images by split and category."""
    head, rows = metrics_files.split_table(metrics)
    return aligned_lines([head, *rows])


def super_resolution(sr: dict[str, Any]) -> list[str]:
    """Every baseline's means, one block a convention."""
    about = [[name, tree["scale"], tree.get("parameters", 0), tree["images"]] for name, tree in sr.items()]
    lines = []
    for convention, measured in metrics_files.means_by_convention(sr).items():
        head = [convention, "scale", "parameters", "images", *map(metric_label, measured)]
        body = [[*first, *values] for first, *values in zip(about, *measured.values(), strict=True)]
        lines += [*aligned_lines([head, *body]), ""]
    return lines[:-1]


def text_to_image(t2i: dict[str, Any]) -> list[str]:
    """Every baseline's measures, one line a measure."""
    metrics = {baseline: metrics_files.scalar_metrics(tree) for baseline, tree in t2i.items()}
    names = dict.fromkeys(name for tree in metrics.values() for name in tree)
    head = ["", *t2i]
    body = [[metric_label(name), *(tree.get(name) for tree in metrics.values())] for name in names]
    return aligned_lines([head, ["images", *(tree["n_images"] for tree in t2i.values())], *body])


def leaks(found: dict[str, Any]) -> list[str]:
    """What was searched across splits, and found."""
    rows = [[search, *(one[key] for key in LEAKS)] for search, one in found["searches"].items()]
    return aligned_lines([["search", *LEAKS], *rows])


def goals(found: dict[str, Any]) -> list[str]:
    """How many of the demo's goals are met, and which are not."""
    missed = [f"{name} {one['shown']:g}, wanted {one['wanted']:g}" for name, one in found.items() if not one["met"]]
    return [f"goals met: {len(found) - len(missed)} of {len(found)}", *(f"not met: {line}" for line in missed)]


def demo(grades: dict[str, Any]) -> list[str]:
    """How many planted defects were found, and how many originals were wrongly rejected."""
    defects = [[kind, one["found"], one["planted"], percent(one["share"])] for kind, one in grades["defects"].items()]
    labels, originals = grades["labels"], grades["originals"]
    reasons = ", ".join(f"{name} {count}" for name, count in originals["reasons"].items())
    wrong = f"{originals['wrongly_rejected']} of {originals['count']} ({percent(originals['share'])})"
    return [
        *aligned_lines([["defect", "found", "planted", "share"], *defects]),
        "",
        f"originals wrongly rejected: {wrong}{': ' if reasons else ''}{reasons}",
        f"categories labelled rightly: {labels['found']} of {labels['planted']} ({percent(labels['share'])})",
    ]


def study(found: dict[str, Any], results: Path, numbers: Path) -> list[str]:
    """The findings of the studies; results of other code, numbers or images than those at hand are not shown."""
    lines = [line for tree in found.values() for line in study_lines(tree, numbers)]
    if not results.exists():
        return [*lines, "more scales and arms, and how it grows with the images: run 'make study'"] if lines else []
    tree = origin.read(results)
    if not origin.is_current(tree, numbers):
        return [*lines, f"{results}: made of other code, numbers or images; run 'make study'"]
    return [*lines, f"the full study ({results}):", *tree["findings"]]


def study_lines(tree: dict[str, Any], numbers: Path) -> list[str]:
    """What a study was made on, and its findings; of another collection than the dataset, whether they are current."""
    lines = [f"on {tree['collection']}:", *tree["findings"]]
    if tree["made_of"]["overlays"] and not origin.has_current_code(tree, numbers):
        lines += [f"made by other code or numbers than those at hand; 'make study-{tree['study']}' makes them anew"]
    return lines


def summary(metrics: Path, report: Path, results: Path, numbers: Path) -> str:
    """All that is printed; what was not made of the tables at hand is left out, with a line that says so."""
    stale = lock.stale_metrics(metrics)
    fresh = metrics / metrics_files.DATASET not in stale
    parts = dataset(metrics_files.dataset_metrics(metrics), params.read(numbers)) if fresh else {}
    sr, t2i = metrics_files.baseline_metrics(metrics, stale)
    if sr:
        parts["super-resolution, means over the test images"] = super_resolution(sr)
    studied = study(metrics_files.studies(metrics, stale), results, numbers)
    if studied:
        parts["what native 4K is worth to training"] = studied
    if t2i:
        parts["text-to-image, on the test captions"] = text_to_image(t2i)
    if stale:
        parts["left out, since it was not made of the tables at hand"] = [
            f"{path}: {why}" for path, why in stale.items()
        ]
    parts["report"] = [str(report) if report.exists() else f"{report} is not there; run 'dvc repro'"]
    return "\n\n".join("\n".join([title, *(f"  {line}".rstrip() for line in lines)]) for title, lines in parts.items())


def dataset(found: dict[str, Any], numbers: dict[str, Any]) -> dict[str, list[str]]:
    """The parts about the dataset itself, first where it falls short."""
    images = {name: split["images"] for name, split in found["splits"].items()}
    short = shortfalls(found["funnel"], images, numbers)
    parts = ({"to look at": short} if short else {}) | {
        "funnel": funnel(found["funnel"]),
        "splits": splits(found),
        "pairs across splits": leaks(found["leaks"]),
    }
    if "demo" in found:
        parts["the demo's planted defects"] = [*demo(found["demo"]), *goals(found["goals"])]
    return parts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    places = {
        "metrics": (Path("metrics/details"), "the folder of metrics"),
        "report": (Path("data/report/report.html"), "the report page"),
        "results": (Path("data/study/results.json"), "the results of 'make study', if they are there"),
    }
    for name, (path, meaning) in places.items():
        parser.add_argument(name, type=Path, nargs="?", default=path, help=f"{meaning} (default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """Print the summary."""
    print(summary(args.metrics, args.report, args.results, args.params))
