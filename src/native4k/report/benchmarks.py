"""The sections on baselines: their metrics, training curves and pictures."""

import csv
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from native4k import images, tables
from native4k.errors import UserError
from native4k.page import layout, metrics_files, plots
from native4k.page.metrics_files import count, metric_label
from native4k.page.pictures import encoded, picture
from native4k.report.comparisons import existing

MAX_DOTS = 300
"""Images shown of a baseline, at most."""

MAX_PAIRS = 8
"""Generated pictures shown of a baseline."""

HIGHER_IS_BETTER = ("psnr", "ssim")
"""Beginnings of the names of metrics of which higher is better."""

MEANINGS = {
    "autoencoder_psnr": " in dB, the best that the latents allow",
    "flow_loss": " of the test images with their captions",
    "flow_loss_without_caption": ", the same images",
    "patch_kernel_distance": ", lower is better",
    "spectrum_slope_distance": ", lower is better",
}


def super_resolution(sr: dict[str, Any], evaluations: Path, curve_folder: Path) -> Markup:
    """The means of every baseline; intervals, categories, images and curves are folded."""
    if not metrics_files.metric_columns(sr):
        return layout.paragraph("No convention was measured: see sr.evaluate.conventions in the params.")
    parts = [means(sr)]
    for name, trees in metrics_files.foreign_test_sets(sr).items():
        parts += [layout.heading(f"On {name}", "a foreign test set"), means(trees), intervals(trees)]
    parts += [
        intervals(sr),
        layout.details("every test image", per_image(sr, evaluations)),
        layout.details("every metric by category", by_category(sr)),
    ]
    plotted = [plot for name in sr for plot in curves(name, curve_folder)]
    return layout.join([*parts, *([layout.details("training curves", layout.plots(plotted))] if plotted else [])])


def means(sr: dict[str, Any]) -> Markup:
    """The means of every baseline, a table for each convention; the best of several is bold."""
    notes = {
        "sr-classical": "RGB and Y, a border of as many pixels as the scale left out; as SwinIR and HAT do",
        "sr-real": "Y, no border left out; as StableSR and OSEDiff do",
        "perceptual": "metrics of pyiqa on RGB, no border left out, on the views that params.yaml names",
    }
    about = [
        [f"\N{MULTIPLICATION SIGN}{tree['scale']}", tree.get("parameters", 0), tree["images"]] for tree in sr.values()
    ]
    comparable = len(sr) > 1 and len({tree["scale"] for tree in sr.values()}) == 1
    parts = []
    for convention, measured in metrics_files.means_by_convention(sr).items():
        head = ["baseline", *map(metric_label, measured), "scale", "parameters", "images"]
        body = [[*row, *rest] for *row, rest in zip(sr, *measured.values(), about, strict=True)]
        best = [None, *map(best_value, measured, measured.values())] if comparable else []
        parts.append(layout.heading(convention, notes.get(convention, "")) + layout.table(head, body, best=best))
    return layout.join(parts)


def best_value(metric: str, values: list[float | None]) -> float | None:
    """The highest value of a metric where higher is better."""
    higher = metric.removeprefix("ms_").startswith(HIGHER_IS_BETTER)
    return max((value for value in values if value is not None), default=None) if higher else None


def intervals(sr: dict[str, Any]) -> Markup:
    """The mean of every metric with its confidence interval and the median, shown on demand."""
    rows = [
        [metric_label(metric), convention, name, *(measured[key] for key in ("mean", "low", "high", "median"))]
        for convention, metric in metrics_files.metric_columns(sr)
        for name, tree in sr.items()
        if "low" in (measured := tree.get(convention, {}).get(metric, {}))
    ]
    head = ["measure", "convention", "baseline", "mean", "from", "to", "median"]
    if not rows:
        return Markup()
    return layout.details("confidence intervals of the means (bootstrap), and medians", layout.table(head, rows))


def by_category(sr: dict[str, Any]) -> Markup:
    """Every metric by category."""
    parts = []
    for convention, metric in metrics_files.metric_columns(sr):
        values = {name: tree.get(convention, {}).get(metric, {}).get("by_category", {}) for name, tree in sr.items()}
        names = sorted({category for one in values.values() for category in one})
        rows = [[name, *(metrics_files.mean_of(one.get(key, {})) for key in names)] for name, one in values.items()]
        if names:
            parts.append(layout.table([f"{metric_label(metric)}, {convention}", *names], rows))
    return layout.join(parts)


def per_image(sr: dict[str, Any], evaluations: Path) -> Markup:
    """A dot for every test image, baseline by baseline, of the first measure."""
    (convention, metric), *_ = metrics_files.metric_columns(sr)
    column = f"{convention}_{metric}".replace("-", "_")
    rows = []
    for name in sr:
        path = existing(evaluations / f"{name}.parquet", name)
        table = tables.read(path, "test_set", "id", "category", column).query("test_set == ''")
        mean, table = float(table[column].mean()), evenly_spaced(table.sort_values([column, "id"]), MAX_DOTS)
        titles, links = table["category"] + " " + table["id"].str[:8], "#row-" + table["id"]
        rows.append((name, mean, list(zip(links, titles, table[column].astype(float), strict=True))))
    unit = "dB " if metric.startswith("psnr") else ""
    return plots.dots(rows, f"{unit}{metric_label(metric)}") + layout.paragraph(
        f"{metric_label(metric)} of the {convention} convention; the stroke is the mean of all."
    )


def evenly_spaced(table: pd.DataFrame, limit: int) -> pd.DataFrame:
    """At most so many rows, evenly spaced, the first and the last among them."""
    count = min(limit, len(table))
    return table.iloc[[round(place * (len(table) - 1) / max(1, count - 1)) for place in range(count)]]


def curves(name: str, curve_folder: Path) -> list[tuple[str, str, Markup]]:
    """Title, note and plot of each column of a training curve; none if the baseline was not trained."""
    path = existing(curve_folder / f"{name}.csv", name)
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = list(csv.reader(file)) or [[]]
    try:
        points = [[float(cell or "nan") for cell in row] for row in rows]
    except ValueError as error:
        raise UserError(f"{path}: {error}; run 'dvc repro'") from None
    across = metric_label(head[0]) if head else ""
    return [
        (metric_label(column), f"{name}, over {across}", plots.line(pairs, across, column))
        for place, column in enumerate(head[1:], 1)
        if len(pairs := [(row[0], row[place]) for row in points if isfinite(row[place])]) > 1
    ]


def pairs(name: str, evaluations: Path) -> list[Path]:
    """The first pictures that were generated from test captions, each beside the test image."""
    return sorted(existing(evaluations / name, name).glob("*.webp"))[:MAX_PAIRS]


def text_to_image(
    t2i: dict[str, Any], evaluations: Path, curve_folder: Path, captions: dict[str, str], share: int
) -> Markup:
    """Pictures with their captions, metrics and curve of every baseline."""
    parts: list[Markup] = []
    for name, tree in t2i.items():
        shown = pairs(name, evaluations)
        limit = share // max(1, len(t2i) * len(shown))
        figures = [
            (path.stem, captions.get(path.stem, ""), picture(encoded(images.load_or_fail(path), limit), words))
            for path in shown
            for words in [f"the test image, and what {name} makes of its caption"]
        ]
        scalars = metrics_files.scalar_metrics(tree).items()
        values = [[metric_label(key), tree["test"].get(key), value] for key, value in tree["generated"].items()]
        measures = [[f"{metric_label(key)}{MEANINGS.get(key, '')}", value] for key, value in scalars]
        parts += [
            layout.heading(name, count(tree["n_images"], "test image")),
            layout.paragraph("Left the test image as the model sees it, right what is generated from its caption."),
            layout.PARTS.captioned(figures),
            layout.table(["detail of the pictures", "test images", "generated"], values),
            layout.table(["measure", ""], measures),
            layout.plots(curves(name, curve_folder)),
        ]
    return layout.join(parts)
