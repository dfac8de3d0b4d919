"""The page's numbers, curves and pictures of the baselines."""

import csv
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from native4k import tables
from native4k.errors import UserError
from native4k.report import found, page, plots

STRIPS = 4
"""Comparison pictures shown of a baseline."""

DOTS = 300
"""Images shown of a baseline, at most."""

BUDGET = 1_800_000
"""Bytes of all comparison pictures and sheets together; what is more is encoded anew."""

MORE = ("psnr", "ssim")
"""How metrics are called of which more is better."""

MEANINGS = {
    "autoencoder_psnr": " in dB, the best that the latents allow",
    "flow_loss": " of held-out images with their captions",
    "flow_loss_without_caption": ", the same images",
    "patch_kernel_distance": ", less is better",
    "spectrum_slope_distance": ", less is better",
}


def super_resolution(sr: dict[str, Any], evaluations: Path, models: Path, limit: int) -> str:
    """Tables, every image's PSNR, curves, and strips of the baselines that learned something."""
    if not found.comparison(sr)[0]:
        return page.paragraph("No convention was measured: see sr.evaluate.conventions in the params.")
    learned = [name for name, tree in sr.items() if tree.get("parameters", 0)] or list(sr)
    parts = [means(sr), spreads(sr), page.heading("Every test image"), per_image(sr, evaluations), by_category(sr)]
    for name, trees in found.foreign(sr).items():
        parts += [page.heading(f"On {name}", "a foreign test set"), means(trees), spreads(trees)]
    plotted = [plot for name in sr for plot in curves(name, models)]
    if plotted:
        parts += [page.heading("Training"), f'<div class="plots">{"".join(plotted)}</div>']
    parts += [strips(name, evaluations, limit) for name in learned]
    return "\n".join(parts)


def means(sr: dict[str, Any]) -> str:
    """Every baseline's means, one table a convention; the best of several is bold."""
    columns, rows = found.comparison(sr)
    said = {
        "sr-classical": "RGB and Y, a border of as many pixels as the scale left out; as SwinIR, HAT and their kind",
        "sr-real": "Y, no border left out; as StableSR, OSEDiff and their kind",
        "perceptual": "pyiqa's metrics of RGB without a border, on the views that the params name",
    }
    parts = []
    for name in dict.fromkeys(convention for convention, _ in columns):
        places = [place + 4 for place, (convention, _) in enumerate(columns) if convention == name]
        head = ["baseline", *(found.plain(columns[at - 4][1]) for at in places), "scale", "parameters", "images"]
        body = [[row[0], *(row[at] for at in places), f"\N{MULTIPLICATION SIGN}{row[1]}", *row[2:4]] for row in rows]
        alone = len(rows) == 1 or len({row[1] for row in rows}) > 1
        best = [] if alone else [None, *(most(columns[at - 4][1], [row[at] for row in rows]) for at in places)]
        parts.append(page.heading(name, said.get(name, "")) + page.table(head, body, best=best))
    return "\n".join(parts)


def most(metric: str, values: list[float | None]) -> float | None:
    """The best value of a metric where more is better."""
    more = metric.removeprefix("ms_").startswith(MORE)
    return max((value for value in values if value is not None), default=None) if more else None


def spreads(sr: dict[str, Any]) -> str:
    """Every measure's mean with its interval and the median, folded away."""
    rows = [
        [found.plain(metric), convention, name, *(measured[key] for key in ("mean", "low", "high", "median"))]
        for convention, metric in found.comparison(sr)[0]
        for name, tree in sr.items()
        if "low" in (measured := tree.get(convention, {}).get(metric, {}))
    ]
    head = ["measure", "convention", "baseline", "mean", "at least", "at most", "median"]
    if not rows:
        return ""
    return (
        f"<details><summary>how sure the means are (bootstrap), and medians</summary>{page.table(head, rows)}</details>"
    )


def by_category(sr: dict[str, Any]) -> str:
    """Every measure by category, folded away but for the first."""
    columns, _ = found.comparison(sr)
    parts = []
    for convention, metric in columns:
        values = {name: tree.get(convention, {}).get(metric, {}).get("by_category", {}) for name, tree in sr.items()}
        categories = sorted({category for one in values.values() for category in one})
        rows = [
            [name, *(found.value(one.get(category, {})) for category in categories)] for name, one in values.items()
        ]
        if not categories:
            continue
        parts.append(page.table([f"{found.plain(metric)}, {convention}", *categories], rows))
    rest = f"<details><summary>every other measure by category</summary>{''.join(parts[1:])}</details>"
    return page.heading("By category") + "".join(parts[:1]) + (rest if parts[1:] else "")


def per_image(sr: dict[str, Any], evaluations: Path) -> str:
    """A dot for every test image, baseline by baseline, of the first measure."""
    (convention, metric), *_ = found.comparison(sr)[0]
    column = f"{convention}_{metric}".replace("-", "_")
    rows = []
    for name in sr:
        path = there(evaluations / f"{name}.parquet", name)
        table = tables.read(path, "test_set", "id", "category", column).query("test_set == ''")
        mean, table = float(table[column].mean()), few(table.sort_values([column, "id"]), DOTS)
        titles = (table["category"] + " " + table["id"].str[:8]).tolist()
        rows.append((name, mean, list(zip(titles, table[column].astype(float).tolist(), strict=True))))
    unit = "dB " if metric.startswith("psnr") else ""
    return plots.dots(rows, f"{unit}{found.plain(metric)}") + page.paragraph(
        f"{found.plain(metric)} of the {convention} convention; the stroke is the mean of all."
    )


def few(table: pd.DataFrame, limit: int) -> pd.DataFrame:
    """At most so many rows, evenly taken, the first and the last among them."""
    count = min(limit, len(table))
    return table.iloc[[round(place * (len(table) - 1) / max(1, count - 1)) for place in range(count)]]


def curves(name: str, models: Path) -> list[str]:
    """A plot for each column of a baseline's training curve; none if there was nothing to learn."""
    path = there(models / f"{name}.csv", name)
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = list(csv.reader(file)) or [[]]
    try:
        points = [[float(cell or "nan") for cell in row] for row in rows]
    except ValueError as error:
        raise UserError(f"{path}: {error}; run 'dvc repro'") from None
    across = found.plain(head[0]) if head else ""
    return [
        f"<div>{page.heading(found.plain(column), f'{name}, over {across}')}{plots.line(pairs, across, column)}</div>"
        for place, column in enumerate(head[1:], 1)
        if len(pairs := [(row[0], row[place]) for row in points if isfinite(row[place])]) > 1
    ]


def strips(name: str, evaluations: Path, limit: int) -> str:
    """Cuts of the images it does worst and best on: bicubic, the baseline, the original."""
    paths = pictures(name, evaluations)
    made = [
        f'<figure class="strip">{page.picture(page.fitted(path.read_bytes(), limit), f"{name}, image {path.stem}")}'
        f'<figcaption class="thirds"><span>{page.safe(" ".join(path.stem.split("-")[:2]))}: bicubic</span>'
        f"<span>{page.safe(name)}</span><span>original</span></figcaption></figure>"
        for path in paths
    ]
    said = "the images it does worst and best on: a square of each, where the original has the most texture"
    return page.heading(name, said) + "\n".join(made)


def pictures(name: str, evaluations: Path) -> list[Path]:
    """The pictures that a baseline's evaluation made; the first few."""
    return sorted(there(evaluations / name, name).glob("*.webp"))[:STRIPS]


def text_to_image(t2i: dict[str, Any], evaluations: Path, models: Path, limit: int) -> str:
    """Numbers, sheet and curve of every baseline."""
    return "\n".join(_generator(name, tree, evaluations, models, limit) for name, tree in t2i.items())


def _generator(name: str, tree: dict[str, Any], evaluations: Path, models: Path, limit: int) -> str:
    single = [[f"{found.plain(key)}{MEANINGS.get(key, '')}", value] for key, value in found.scalars(tree).items()]
    pairs = [[found.plain(key), tree["test"].get(key), value] for key, value in tree["generated"].items()]
    sheets = [
        f'<figure class="strip">{page.picture(page.fitted(path.read_bytes(), limit), f"sheet of {name}")}'
        "<figcaption>above the test images as the model sees them, below what it made from their captions</figcaption>"
        "</figure>"
        for path in pictures(name, evaluations)
    ]
    return "\n".join(
        [
            page.heading(name, f"{tree['n_images']} images"),
            *sheets,
            page.table(["detail of the pictures", "test images", "generated"], pairs),
            page.table(["measure", ""], single),
            f'<div class="plots">{"".join(curves(name, models))}</div>',
        ]
    )


def there(path: Path, name: str) -> Path:
    """The path, if there is something."""
    if not path.exists():
        raise UserError(f"{path}: missing; run 'dvc repro', or remove metrics/{name}.json if that baseline is gone")
    return path
