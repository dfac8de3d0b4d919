"""Measure a baseline on the test images: each made small, made large again, and compared with itself."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from annotated_types import Ge, Gt
from PIL import Image
from torch import nn
from tqdm import tqdm

from native4k import params, tables
from native4k.errors import UserError
from native4k.sr import baselines, degrade, metrics, patches, upscale

DIGITS = 4


@params.params
class Params:
    """What is measured and shown; units and sources are in params.yaml."""

    conventions: tuple[Literal["sr-classical", "sr-real"], ...]
    strips: Annotated[int, Ge(0)]
    strip_side: Annotated[int, Gt(0)]


class Result(NamedTuple):
    """One image: its numbers, and the three pictures that they come from."""

    row: dict[str, Any]
    small: np.ndarray
    ours: np.ndarray
    truth: np.ndarray


def measure(
    folder: Path, table: pd.DataFrame, network: nn.Module, scale: int, tiles: upscale.Params, numbers: Params
) -> Iterator[Result]:
    """Each image of the table; sides are cut to multiples of the scale."""
    for row in tqdm(table.itertuples(), "evaluating", len(table), unit="image", **patches.STEPS):
        path = folder / str(row.file_name)
        truth = patches.pixels(path)
        height, width = (side - side % scale for side in truth.shape[:2])
        if min(height, width) < metrics.SMALLEST + 2 * scale:
            raise UserError(f"{path}: too small to be measured at scale {scale}; leave it out of the split")
        truth = truth[:height, :width]
        small = degrade.downscale(degrade.to_tensor(truth), scale)
        ours = degrade.to_pixels(upscale.enlarge(network, small, scale, tiles))
        found = metrics.compare(ours, truth, scale, numbers.conventions)
        yield Result({"id": row.id, "category": row.category} | found, degrade.to_pixels(small), ours, truth)


def summary(rows: pd.DataFrame) -> dict[str, Any]:
    """Means, medians and the categories' means, by convention and metric."""
    tree: dict[str, Any] = {"images": len(rows)}
    for column in rows.columns.drop(["id", "category"]):
        convention, metric = column.split()
        by_category = rows.groupby("category", sort=True)[column].mean()
        tree.setdefault(convention, {})[metric] = {
            "mean": round(float(rows[column].mean()), DIGITS),
            "median": round(float(rows[column].median()), DIGITS),
            "by_category": {str(name): round(float(value), DIGITS) for name, value in by_category.items()},
        }
    return tree


def strip(result: Result, scale: int, side: int) -> np.ndarray:
    """Bicubic, ours and the original beside each other, where the original has the most texture."""
    side = min(side, *result.truth.shape[:2]) // scale * scale
    rows, columns = (length // side for length in result.truth.shape[:2])
    cells = patches.energy(result.truth)[: rows * side, : columns * side].reshape(rows, side, columns, side)
    row, column = divmod(int(cells.sum(axis=(1, 3), dtype=np.int64).argmax()), columns)
    place = np.s_[row * side : (row + 1) * side, column * side : (column + 1) * side]
    plain = degrade.imresize(degrade.to_tensor(result.small), scale)[:, *place]
    return np.concatenate([degrade.to_pixels(degrade.quantise(plain)), result.ours[place], result.truth[place]], axis=1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("baseline", help="the baseline's name in params.yaml (sr.baselines)")
    parser.add_argument("model", type=Path, help="the folder of the trained baseline (models/NAME)")
    parser.add_argument("test", type=Path, help="the test split (data/native4k/test)")
    parser.add_argument("out", type=Path, help="the metrics file to write (metrics/NAME.json)")
    parser.add_argument("--images", type=Path, required=True, help="the table of every image's numbers to write")
    parser.add_argument("--pictures", type=Path, required=True, help="the folder of comparison pictures to write")


def run(args: argparse.Namespace) -> None:
    """Write the metrics, the table of images and the comparison pictures."""
    numbers = params.load(Params, args.params, "sr", "evaluate")
    tiles = upscale.load(args.params)
    table = patches.pictures(args.test, "category")
    baselines.threads(tiles.threads)
    saved, network = baselines.restore(args.model)
    if saved.name != args.baseline:
        raise UserError(f"{args.model}: holds the baseline {saved.name}, not {args.baseline}; name its own folder")
    scale = saved.baseline.scale
    rows: list[dict[str, Any]] = []
    with tables.whole_folder(args.pictures) as folder:
        for result in measure(args.test, table, network, scale, tiles, numbers):
            if len(rows) < numbers.strips:
                picture = Image.fromarray(strip(result, scale, numbers.strip_side))
                picture.save(folder / f"{result.row['id']}.webp", lossless=True)
            rows.append(result.row)
    found = pd.DataFrame(rows)
    tables.write(found.rename(columns=lambda name: name.replace(" ", "_").replace("-", "_")), args.images)
    tree = {"baseline": saved.name, "scale": scale, "parameters": baselines.count(network)} | summary(found)
    tables.write_json(tree, args.out)
    print(f"{saved.name}: {_line(tree)}")


def _line(tree: dict[str, Any]) -> str:
    found = [f"{name} {key} {tree[name][key]['mean']}" for name in metrics.CONVENTIONS for key in tree.get(name, {})]
    return ", ".join([f"{tree['images']} images", *found])
