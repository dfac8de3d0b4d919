"""Metrics of pyiqa by name.

pyiqa is under PolyForm-Noncommercial: scores made with it are for non-commercial use. Weights have their own licences.
"""

import contextlib
import importlib.metadata
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np

from native4k import provenance
from native4k.errors import UserError
from native4k.measure import columns, hardware
from native4k.measure.columns import Column, Model
from native4k.measure.hardware import Hardware
from native4k.params import params


@params
class Metric:
    """A metric of pyiqa on a view, where the column has a name of its own, and the options of its call."""

    metric: str
    view: columns.View
    options: dict[str, str]


def column(name: str, metric: Metric, tiles: int, machine: Hardware) -> Column:
    """A metric as a column of its own."""
    spec = [metric.metric, metric.view, *columns.shared_tiles(metric.view, tiles)]
    spec += [machine.batch] if metric.view.startswith("tiles") else []
    spec += [metric.options, machine.device, importlib.metadata.version("pyiqa")]

    def load() -> Model:
        model = create(metric.metric, machine, "NR")

        def rate(pictures: list[np.ndarray]) -> list[float]:
            batches = [pictures[start : start + machine.batch] for start in range(0, len(pictures), machine.batch)]
            return [value for batch in batches for value in values(model, batch, metric.options)]

        weights = hardware.digest(model)
        return Model(lambda image: columns.rate_view(image, name, metric.view, tiles, rate), weights)

    return Column(
        name,
        columns.view_columns(name, metric.view),
        provenance.definition_of(spec, "measure.metrics", libraries=("torch",)),
        load,
    )


def values(model: Any, pictures: list[np.ndarray], options: dict[str, str]) -> list[float]:
    """The metric's values of pictures of one size."""
    import torch

    pixels = torch.from_numpy(np.stack(pictures)).to(model.device)  # as bytes: a quarter of what floats would take
    batch = pixels.permute(0, 3, 1, 2).float() / 255
    return [float(value) for value in model(batch, **options).reshape(len(pictures), -1)[:, 0]]


def create(name: str, machine: Hardware, *kinds: str) -> Any:
    """Load a metric of these kinds (NR, FR), whose weights must be on the machine already."""
    place = hardware.device(machine)
    with hardware.quiet():
        import pyiqa

        if not any(name in pyiqa.list_models(kind) for kind in kinds):
            kind = " or ".join(kinds)
            raise UserError(f"pyiqa has no metric {name!r} of the kind {kind}; `pyiqa --list` shows what it has")
        command = hardware.download_command(machine, f'python -c "import pyiqa; pyiqa.create_metric({name!r})"')
        try:
            with _offline():
                return pyiqa.create_metric(name, device=place)
        except OSError as error:
            why = " ".join(str(error).split())
            raise UserError(f"the weights of {name!r} are missing ({why}); with a network run: {command}") from None
        except pickle.UnpicklingError as error:
            raise UserError(f"the weights of {name!r} would run code when loaded, so they are refused") from error


@contextlib.contextmanager
def _offline() -> Iterator[None]:
    """Refuse the downloads of pyiqa, and of torchvision's networks that its metrics use."""
    from pyiqa.utils import download_util
    from torch import hub

    places: tuple[Any, ...] = (download_util, hub)
    before = [place.download_url_to_file for place in places]
    try:
        for place in places:
            place.download_url_to_file = _refuse
        yield
    finally:
        for place, function in zip(places, before, strict=True):
            place.download_url_to_file = function


def _refuse(url: str, *_: object, **__: object) -> None:
    raise FileNotFoundError(f"{url} is not in the cache")
