"""Measure a baseline on the test images: each made small, made large again, and compared with itself.

Every set of sr.evaluate.test_sets is measured in the same way. Files in those folders are not known to DVC:
after changing some, force the stage.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from annotated_types import Ge, Gt
from torch import nn

from native4k import degrade, params, tables
from native4k.errors import UserError
from native4k.learning.training import use_threads
from native4k.measure import columns, hardware
from native4k.page import figures, metrics_files
from native4k.progress import Bar
from native4k.sr import baselines, metrics, patches, perceptual, strips, testsets, tiles

KEYS = ["test_set", "id", "category"]
"""Columns of the table of images that are no measures."""


@params.params
class Params:
    """What is measured and shown; units and sources are in params.yaml."""

    degradation: degrade.Name
    conventions: tuple[metrics.Name, ...]
    measures: tuple[metrics.Measure, ...]
    perceptual: dict[str, columns.View]
    views: Annotated[int, Gt(0)]
    models: hardware.Hardware
    bootstrap: metrics.Bootstrap
    strips: Annotated[int, Ge(0)]
    strip_side: Annotated[int, Gt(0)]
    test_sets: dict[str, testsets.Params]


class Method(NamedTuple):
    """How test images are made small, enlarged and compared."""

    making: testsets.Making | None
    tiles: tiles.Params
    conventions: tuple[metrics.Name, ...]
    measures: tuple[metrics.Measure, ...]
    section: str
    """Of the params, where the measures are named."""


class Result(NamedTuple):
    """One image: its numbers, the three pictures that they come from, and the seconds that enlarging took."""

    row: dict[str, Any]
    small: np.ndarray
    ours: np.ndarray
    truth: np.ndarray
    seconds: float


def load(path: Path) -> Params:
    """Load what is measured, checked as far as it can be without pictures."""
    numbers = params.load(Params, path, "sr", "evaluate")
    if not (numbers.conventions and numbers.measures):
        raise UserError(f"{path}: sr.evaluate: name one of conventions and one of measures at least")
    testsets.check(numbers.test_sets, f"{path}: sr.evaluate.test_sets")
    return numbers


def measure(
    network: nn.Module, pairs: list[testsets.Pair], scale: int, method: Method, models: perceptual.Metrics
) -> Iterator[Result]:
    """Measure each image of a set; sides are cut to multiples of the scale."""
    for pair in Bar(pairs, "evaluating", unit="image", **patches.STEPS):
        pictures = open_pictures(pair, scale, method)
        start = time.perf_counter()
        ours = enlarge(network, pictures, scale, method)
        seconds = time.perf_counter() - start
        values = compare(ours, pictures, scale, method) | models.compare(pair.id, ours, pictures.truth)
        row = {"id": pair.id, "category": pair.category} | values
        yield Result(row, pictures.small, ours, pictures.truth, seconds)


def open_pictures(pair: testsets.Pair, scale: int, method: Method) -> testsets.Pictures:
    """Read the pixels of an image, which must be large enough to be measured."""
    smallest = metrics.min_side(scale, method.conventions, method.measures)
    pictures = testsets.open_pair(pair, scale, method.making)
    if min(pictures.truth.shape[:2]) < smallest:
        raise UserError(
            f"{pair.high}: too small to be measured at scale {scale}, which takes {smallest} pixels; leave it out of "
            f"the split, or measures out of {method.section}.measures ({', '.join(method.measures)})"
        )
    return pictures


def enlarge_and_compare(
    network: nn.Module, pictures: testsets.Pictures, scale: int, method: Method
) -> tuple[np.ndarray, dict[str, float]]:
    """Enlarge the small picture, and return it with every measure of it, by names such as "sr-classical psnr_y"."""
    ours = enlarge(network, pictures, scale, method)
    return ours, compare(ours, pictures, scale, method)


def enlarge(network: nn.Module, pictures: testsets.Pictures, scale: int, method: Method) -> np.ndarray:
    """Enlarge the small picture, tile by tile."""
    return tiles.enlarge(network, pictures.small, scale, method.tiles.tile, method.tiles.overlap)


def compare(ours: np.ndarray, pictures: testsets.Pictures, scale: int, method: Method) -> dict[str, float]:
    """Measure an enlarged picture against the original."""
    return metrics.compare(ours, pictures.truth, scale, method.conventions, method.measures)


def column_name(name: str) -> str:
    """Return a measure's name in a table of images."""
    return name.replace(" ", "_").replace("-", "_")


def summary(rows: pd.DataFrame, whole: dict[str, float], bootstrap: metrics.Bootstrap) -> dict[str, Any]:
    """Summarise means, medians and intervals, of all and by category, by convention and metric."""
    tree: dict[str, Any] = {"images": len(rows)}
    for column in rows.columns.drop(KEYS, errors="ignore"):
        convention, metric = column.split()
        by_category = {
            str(name): metrics.describe(values.to_numpy(), bootstrap)
            for name, values in rows.groupby("category", sort=True)[column]
        }
        found: dict[str, Any] = metrics.describe(rows[column].to_numpy(), bootstrap)
        tree.setdefault(convention, {})[metric] = found | {"by_category": by_category}
    for metric, value in whole.items():
        tree.setdefault(perceptual.NAME, {})[metric] = {"whole": round(value, metrics.DIGITS)}
    return tree


def select_figures(tree: dict[str, Any]) -> figures.Figures:
    """Select the first mean of every test set, then the others, our own test images first."""
    sets = [_means(tree, "own"), *(_means(one, name) for name, one in tree.get("test_sets", {}).items())]
    ordered = [one[:1] for one in sets] + [one[1:] for one in sets]
    return {f"x{tree['scale']} {name}": mean for one in ordered for name, mean in one}


def _means(tree: dict[str, Any], test_set: str) -> list[tuple[str, float | None]]:
    return [
        (f"{test_set} {convention} {metric}", metrics_files.mean_of(value))
        for convention, measured in metrics_files.conventions(tree).items()
        for metric, value in measured.items()
    ]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("baseline", help="the baseline's name in params.yaml (sr.baselines or sr.pretrained)")
    parser.add_argument("model", type=Path, help="the folder of the trained baseline (models/NAME)")
    parser.add_argument("test", type=Path, help="the test split (data/native4k/test)")
    parser.add_argument("out", type=Path, help="the metrics to write (metrics/details/NAME.json)")
    figures.add_argument(parser)
    parser.add_argument("--images", type=Path, required=True, help="the table of every image's numbers to write")
    parser.add_argument("--pictures", type=Path, required=True, help="the folder of comparison pictures to write")


def run(args: argparse.Namespace) -> None:
    """Write the metrics, their figures, the table of images and the comparison pictures."""
    numbers = load(args.params)
    made, sizes = params.load(degrade.Params, args.params, "sr", "degrade"), tiles.load(args.params)
    own = testsets.own_pairs(args.test)
    use_threads(sizes.threads)
    saved, network = baselines.restore(args.model)
    if saved.name != args.baseline:
        raise UserError(f"{args.model}: holds the baseline {saved.name}, not {args.baseline}; name its own folder")
    network, scale = network.to(tiles.device()), saved.baseline.scale
    extremes = strips.Extremes(numbers.strips)
    sets = {"": own} | {
        name: testsets.published_pairs(name, chosen, scale) for name, chosen in numbers.test_sets.items()
    }
    measured, trees = [], {}
    for name, pairs in sets.items():
        how = numbers.test_sets[name].degradation if name else numbers.degradation
        making = None if how is None else testsets.Making(how, made)
        method = Method(making, sizes, numbers.conventions, numbers.measures, "sr.evaluate")
        where = f"{args.params}: sr.evaluate.perceptual"
        with perceptual.load_metrics(numbers.perceptual, numbers.views, numbers.models, where) as models:
            found = []
            for result in measure(network, pairs, scale, method, models):
                found.append({"test_set": name} | result.row)
                if not name:
                    _show(result, extremes, numbers)
            measured.append(metrics.rounded(pd.DataFrame(found)))
            trees[name] = summary(measured[-1], models.finish(), numbers.bootstrap)
        print(f"{saved.name}{name and f' on {name}'}: {_line(trees[name])}")
    with tables.atomic_folder(args.pictures) as folder:
        extremes.save(folder)
    tables.write(pd.concat(measured).rename(columns=column_name), args.images)
    head = {"baseline": saved.name, "scale": scale, "parameters": baselines.count_weights(network)}
    tree = head | {"degradation": numbers.degradation} | trees.pop("")
    tree |= {"test_sets": trees} if trees else {}
    tables.write_json(tree, args.out)
    figures.write(select_figures(tree), args.figures)


def _show(result: Result, extremes: strips.Extremes, numbers: Params) -> None:
    value = next(found for name, found in result.row.items() if name not in KEYS)
    if extremes.wants(value):
        picture = strips.comparison(result.small, result.ours, result.truth, numbers.strip_side)
        extremes.add(strips.Shown(value, result.row["id"], picture))


def _line(tree: dict[str, Any]) -> str:
    groups = [name for name, found in tree.items() if isinstance(found, dict)]
    found = [
        f"{name} {key} {value.get('mean', value.get('whole'))}" for name in groups for key, value in tree[name].items()
    ]
    return ", ".join([f"{tree['images']} images", *found])
