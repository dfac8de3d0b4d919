"""Rate each image: pyiqa's metrics, textures, and large multimodal models, each on a named view, each a column.

Views: full, resize:N (longer side), tiles:N (native pixels). pyiqa is under PolyForm-Noncommercial: scores made with it
are for non-commercial use. Every column is cached by itself: a changed or added one is measured without the others.
"""

import argparse
from typing import Annotated

from pydantic import Field

from native4k import params, tables
from native4k.errors import UserError
from native4k.measure import cache, hardware, lmm, metrics, textures, vlm
from native4k.measure.columns import Column, View
from native4k.measure.hardware import Hardware
from native4k.measure.metrics import Metric
from native4k.measure.textures import Numbers, Texture


@params.params
class Params:
    """Column -> what is measured on which view, and how many tiles a tiled view takes."""

    metrics: dict[str, View | Metric]
    textures: dict[str, Texture]
    vlms: dict[str, vlm.Rating]
    endpoints: dict[str, lmm.Rating]
    texture: Numbers
    tiles: Annotated[int, Field(ge=1)]
    models: Hardware


def metric_columns(numbers: Params) -> list[Column]:
    """The columns that the numbers ask for, nothing loaded yet."""
    tiles, machine, loaded = numbers.tiles, numbers.models, vlm.ModelCache()
    named = {
        name: Metric(metric=name, view=metric, options={}) if isinstance(metric, str) else metric
        for name, metric in numbers.metrics.items()
    }
    found = [
        *(metrics.column(name, metric, tiles, machine) for name, metric in named.items()),
        *(textures.column(name, texture, tiles, numbers.texture) for name, texture in numbers.textures.items()),
        *(vlm.column(name, rating, tiles, machine, loaded) for name, rating in numbers.vlms.items()),
        *(lmm.rating_column(name, rating, tiles) for name, rating in numbers.endpoints.items()),
    ]
    made = [name for column in found for name in column.made]
    if twice := sorted({name for name in made if made.count(name) > 1}):
        raise UserError(f"params score: several entries fill the column {twice[0]!r}; give one another name")
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    cache.add_column_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Score a shard of the store's images."""
    numbers = params.load(Params, args.params, "score")
    hardware.prepare(numbers.models)
    measured, weights = cache.measured_shard(args, "score", metric_columns(numbers), numbers.models.readers)
    tables.write(measured.drop(columns="caption"), args.out, weights)
