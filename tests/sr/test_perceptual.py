"""native4k.sr.perceptual: what each kind of metric is shown; the metrics themselves are pyiqa's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from native4k import images
from native4k.errors import UserError
from native4k.measure.hardware import Hardware
from native4k.sr import perceptual

CPU = Hardware(device="cpu", batch=1, readers=1, weights=None)

Draw = Callable[[int, int, int], np.ndarray]


class Distance(torch.nn.Module):
    metric_mode = "FR"

    def forward(self, ours: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        return (ours - truth).abs().mean()


class Brightness(torch.nn.Module):
    metric_mode = "NR"

    def forward(self, ours: torch.Tensor) -> torch.Tensor:
        return ours.mean()


class Sets(torch.nn.Module):
    """Stands for FID: the difference of two folders' mean brightness, and how many files there are."""

    metric_mode = "NR"

    def forward(self, ours: str, truth: str, *, num_workers: int, verbose: bool) -> float:
        means = []
        for folder in (ours, truth):
            pictures = [images.load(path) for path in sorted(Path(folder).iterdir())]
            means.append(float(np.mean([picture.mean() for picture in pictures])) + 1000 * len(pictures))
        return means[0] - means[1] if len(means) == 2 else -1


@contextmanager
def _loaded(monkeypatch: pytest.MonkeyPatch, views: dict[str, str]) -> Iterator[perceptual.Metrics]:
    models = {"lpips": Distance(), "niqe": Brightness(), "fid": Sets()}
    monkeypatch.setattr(perceptual.metrics, "create", lambda name, *_: models[name])
    with perceptual.load_metrics(views, 2, CPU, "params.yaml: sr.evaluate.perceptual") as made:
        yield made


def test_each_kind_of_metric_is_shown_what_it_needs(monkeypatch: pytest.MonkeyPatch, draw: Draw) -> None:
    truths = [draw(seed, 48, 96) for seed in (0, 1)]
    ours = [np.clip(truth.astype(int) + 10, 0, 255).astype(np.uint8) for truth in truths]
    views = {"lpips": "full", "niqe": "tiles:16", "fid": "full", "patch_fid": "tiles:16"}
    with _loaded(monkeypatch, views) as metrics:
        rows = [metrics.compare(f"i{place}", *pair) for place, pair in enumerate(zip(ours, truths, strict=True))]
        whole = metrics.finish()
        scratch = metrics.scratch
        assert len(list((scratch / "fid/ours").iterdir())) == 2
        assert len(list((scratch / "patch_fid/truth").iterdir())) == 4
    assert not scratch.exists()
    assert list(rows[0]) == ["perceptual lpips", "perceptual niqe"]
    for row, one, truth in zip(rows, ours, truths, strict=True):
        assert row["perceptual lpips"] == pytest.approx(np.abs(one.astype(int) - truth).mean() / 255, abs=1e-5)
        shown = images.tiles(images.Image.fromarray(one), 16, 2)
        assert row["perceptual niqe"] == pytest.approx(np.mean([view.mean() for view in shown]) / 255, abs=1e-5)
    assert whole["fid"] == pytest.approx(np.mean(ours) - np.mean(truths), abs=1e-3)
    assert set(whole) == {"fid", "patch_fid"}


def test_no_metric_costs_nothing(draw: Draw) -> None:
    with perceptual.load_metrics({}, 2, CPU, "") as metrics:
        assert metrics.compare("a", draw(0, 8, 8), draw(1, 8, 8)) == {}
        assert metrics.finish() == {}


def test_missing_weights_are_one_line_that_says_where_and_how(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object) -> None:
        raise UserError("the weights of 'lpips' are missing; with a network run: python -c ...")

    monkeypatch.setattr(perceptual.metrics, "create", offline)
    with (
        pytest.raises(UserError, match=r"^params\.yaml: sr\.evaluate\.perceptual: the weights of 'lpips' are missing"),
        perceptual.load_metrics({"lpips": "full"}, 1, CPU, "params.yaml: sr.evaluate.perceptual"),
    ):
        pass
