"""pyiqa's metrics of a baseline's pictures: with a reference, without one, and of whole sets.

pyiqa is under PolyForm-Noncommercial: numbers made with it are for non-commercial use. All see RGB without a border,
on a named view: full, resize:N (longer side) or tiles:N (native pixels; patch_fid is fid once more, on tiles).
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from native4k.errors import UserError
from native4k.measure import columns, hardware, metrics

NAME = "perceptual"
"""What their group is called beside the conventions."""

SIDES = ("ours", "truth")

PATCH = "patch_"
"""Before a metric's name: the same metric once more, on a view of its own."""


class Metrics:
    """Loaded metrics; those of sets look at pictures that are kept in a temporary folder until the end."""

    def __init__(self, models: Mapping[str, Any], seen: Mapping[str, columns.View], tiles: int, scratch: Path) -> None:
        self.models, self.seen, self.tiles, self.scratch = models, seen, tiles, scratch

    def compare(self, name: str, ours: np.ndarray, truth: np.ndarray) -> dict[str, float]:
        """Return one image's values, of a tiled view the mean; views for metrics of sets are kept."""
        found = {}
        for metric, model in self.models.items():
            pairs = list(zip(*(self._views(side, self.seen[metric]) for side in (ours, truth)), strict=True))
            if compares_sets(metric):
                self._keep(metric, name, pairs)
                continue
            reference = getattr(model, "metric_mode", "NR") == "FR"
            values = [float(model(*map(_tensor, pair if reference else pair[:1]))) for pair in pairs]
            found[f"{NAME} {metric}"] = sum(values) / len(values)
        return found

    def finish(self) -> dict[str, float]:
        """Return the values of the metrics that compare sets."""
        return {
            metric: float(model(*(str(self.scratch / metric / side) for side in SIDES), num_workers=0, verbose=False))
            for metric, model in self.models.items()
            if compares_sets(metric)
        }

    def _views(self, picture: np.ndarray, view: str) -> list[np.ndarray]:
        return columns.view_pixels(Image.fromarray(picture), view, self.tiles)

    def _keep(self, metric: str, name: str, pairs: list[tuple[np.ndarray, np.ndarray]]) -> None:
        for number, pair in enumerate(pairs):
            for side, pixels in zip(SIDES, pair, strict=True):
                path = self.scratch / metric / side / f"{name}_{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(path, compress_level=1)


@contextmanager
def load_metrics(
    seen: Mapping[str, columns.View], tiles: int, machine: hardware.Hardware, where: str
) -> Iterator[Metrics]:
    """Load metrics by name, each with its view, or fail with one line that says how to get what is missing."""
    hardware.prepare(machine)
    try:
        models = {name: metrics.create(name.removeprefix(PATCH), machine, "NR", "FR") for name in seen}
    except UserError as error:
        raise UserError(f"{where}: {error}") from None
    with tempfile.TemporaryDirectory() as scratch:
        yield Metrics(models, seen, tiles, Path(scratch))


def compares_sets(metric: str) -> bool:
    """Whether a metric compares sets of pictures."""
    return "fid" in metric


def _tensor(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255
