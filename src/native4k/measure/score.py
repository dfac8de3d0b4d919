"""Rate each image with pyiqa metrics on a named view: full, resize:N (longer side) or tiles:N (native pixels).

pyiqa is under PolyForm-Noncommercial: scores made with it are for non-commercial use.
"""

import argparse
import contextlib
import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from PIL import Image

from native4k import images, params, tables
from native4k.errors import UserError
from native4k.measure import cache

Model = Callable[[torch.Tensor], torch.Tensor]


@params.params
class Params:
    """Metric name -> view, and how many tiles a tiled view takes."""

    metrics: dict[str, str]
    tiles: int


def views(image: Image.Image, view: str, tiles: int) -> list[np.ndarray]:
    """The pixels a metric is shown."""
    kind, _, size = view.partition(":")
    if kind == "full" and not size:
        return [np.asarray(image)]
    if kind == "resize" and size.isdigit():
        small = image.copy()
        small.thumbnail((int(size), int(size)), Image.Resampling.LANCZOS)
        return [np.asarray(small)]
    if kind == "tiles" and size.isdigit():
        return images.tiles(image, int(size), tiles)
    raise UserError(f"params score.metrics: unknown view {view!r}; there are: full, resize:N, tiles:N")


def score(image: Image.Image, models: dict[str, Model], numbers: Params) -> dict[str, float]:
    """Every metric's value; of a tiled view the mean, the minimum and the spread."""
    row: dict[str, float] = {}
    for name, view in numbers.metrics.items():
        values = [float(models[name](_tensor(pixels))) for pixels in views(image, view, numbers.tiles)]
        if view.startswith("tiles"):
            row |= {f"{name}_mean": float(np.mean(values)), f"{name}_min": min(values)}
            row |= {f"{name}_spread": max(values) - min(values)}
        else:
            row[name] = values[0]
    return {name: round(value, 6) for name, value in row.items()}


def _tensor(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255


def load(name: str) -> Model:
    """A pyiqa metric on the CPU; its weights must be there already."""
    quiet = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        warnings.simplefilter("ignore")  # third parties' import-time chatter (bitsandbytes, timm)
        import pyiqa

        if name not in pyiqa.list_models():
            raise UserError(f"params score.metrics: pyiqa has no metric {name!r}; `pyiqa --list` shows what it has")
        try:
            model = pyiqa.create_metric(name, device="cpu")
        except OSError as error:  # a download that did not come
            fetch = f'python -c "import pyiqa; pyiqa.create_metric({name!r})"'
            raise UserError(f"the weights of {name!r} are missing ({error}); with a network run: {fetch}") from None
    return cast("Model", model)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    cache.add_arguments(parser)
    parser.add_argument(
        "--probed", type=Path, required=True, help="the shard's table from probe; rejected rows are not scored"
    )


def run(args: argparse.Namespace) -> None:
    """Score a shard of the store's images."""
    torch.set_num_threads(1)  # sums in another order give other last digits; cores are used by shards
    numbers = params.load(Params, args.params, "score")
    table, files = cache.shard(args)
    probed = tables.read(args.probed, "id", "reason")
    good = table[table["id"].isin(probed.loc[tables.kept(probed), "id"])]
    files = files[files.index.isin(good["sha256"])]
    place = cache.folder(args.cache, "score", args.params)
    models: dict[str, Model] = {}

    def one(file: str) -> dict[str, Any]:
        if not models:
            models.update({name: load(name) for name in numbers.metrics})
        return score(images.decode((args.store / file).read_bytes()), models, numbers)

    rows = cache.measure(files, one, place, "score")
    tables.write(table[["id", "sha256"]].merge(rows, on="sha256", how="left").drop(columns="sha256"), args.out)
