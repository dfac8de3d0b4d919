"""Rate each image: pyiqa's metrics, textures, and large multimodal models, each on a named view, each a column.

Views: full, resize:N (longer side), tiles:N or tiles:NxM (native pixels; M of them). pyiqa is under
PolyForm-Noncommercial: scores made with it are for non-commercial use. Every column is cached by itself: a changed or
added one is measured without the others.
"""

import argparse
import functools
from collections import Counter
from typing import Annotated

from pydantic import Field

from native4k import params, tables
from native4k.errors import UserError
from native4k.measure import cache, hardware, lmm, metrics, textures, transformers_models
from native4k.measure.columns import Column, View
from native4k.measure.hardware import Hardware
from native4k.measure.metrics import Metric
from native4k.measure.textures import Numbers, Texture


@params.params
class Params:
    """Column -> what is measured on which view, and how many tiles a tiled view takes."""

    metrics: dict[str, View | Metric]
    textures: dict[str, Texture]
    vlms: dict[str, transformers_models.Rating]
    endpoints: dict[str, lmm.Rating]
    texture: Numbers
    tiles: Annotated[int, Field(ge=1)]
    models: Hardware


def metric_columns(numbers: Params) -> list[Column]:
    """The columns that the numbers ask for, nothing loaded yet."""
    tiles, machine, load_vlm = numbers.tiles, numbers.models, functools.cache(transformers_models.Vlm)
    named = {
        name: Metric(metric=name, view=metric, options={}) if isinstance(metric, str) else metric
        for name, metric in numbers.metrics.items()
    }
    found = [
        *(metrics.column(name, metric, tiles, machine) for name, metric in named.items()),
        *(textures.column(name, texture, tiles, numbers.texture) for name, texture in numbers.textures.items()),
        *(
            transformers_models.rating_column(name, rating, tiles, machine, load_vlm)
            for name, rating in numbers.vlms.items()
        ),
        *(lmm.rating_column(name, rating, tiles) for name, rating in numbers.endpoints.items()),
    ]
    filled = Counter(name for column in found for name in column.columns)
    if twice := sorted(name for name, count in filled.items() if count > 1):
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
