"""Metrics on named views; the metrics themselves are pyiqa's, whose import alone takes seconds: once, here."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from native4k import tables
from native4k.errors import UserError
from native4k.measure import probe, score


def brightness(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.mean()


def halves() -> Image.Image:
    """Black on the left, white on the right."""
    pixels = np.zeros((64, 128, 3), dtype=np.uint8)
    pixels[:, 64:] = 255
    return Image.fromarray(pixels)


def test_a_tiled_view_gives_mean_minimum_and_spread_and_the_others_one_value() -> None:
    numbers = score.Params(metrics={"a": "full", "b": "resize:32", "c": "tiles:32"}, tiles=2)
    row = score.score(halves(), dict.fromkeys("abc", brightness), numbers)
    assert row == {"a": 0.5, "b": 0.5, "c_mean": 0.5, "c_min": 0.0, "c_spread": 1.0}


def test_a_view_shows_what_its_name_says() -> None:
    assert [view.shape for view in score.views(halves(), "full", 1)] == [(64, 128, 3)]
    assert [view.shape for view in score.views(halves(), "resize:32", 1)] == [(16, 32, 3)]
    assert [view.shape for view in score.views(halves(), "tiles:32", 2)] == [(32, 32, 3)] * 2


@pytest.mark.parametrize("view", ["", "fully", "full:2", "resize", "resize:", "resize:x", "tiles:-1", "crop:3"])
def test_an_unknown_view_is_one_line(view: str) -> None:
    with pytest.raises(UserError, match=r"score\.metrics: unknown view .*; there are: full, resize:N, tiles:N"):
        score.views(halves(), view, 1)


@pytest.fixture(name="scored")
def scored_store(store: Any, mixed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    assert mixed
    tree = {"score": {"metrics": {"brightness": "tiles:16"}, "tiles": 2}}
    store.params.write_text(store.params.read_text().partition("score:")[0] + str(tree)[1:-1].replace("'", ""))
    monkeypatch.setattr(score, "load", lambda _: brightness)
    probe.run(store.args("probe.parquet"))
    return store


def test_only_images_that_nothing_has_rejected_are_scored(scored: Any, mixed: dict[str, str]) -> None:
    score.run(scored.args("score.parquet", probed=scored.root / "probe.parquet"))
    table = tables.read(scored.root / "score.parquet")
    assert table.columns.tolist() == ["id", "brightness_mean", "brightness_min", "brightness_spread"]
    measured = dict(zip(table["id"], table["brightness_mean"].notna(), strict=True))
    assert measured == {id_: reason == "" for id_, reason in mixed.items()}


def test_nothing_is_scored_twice_and_then_no_metric_is_loaded(scored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    score.run(scored.args("one.parquet", probed=scored.root / "probe.parquet"))
    monkeypatch.setattr(score, "load", None)
    score.run(scored.args("two.parquet", probed=scored.root / "probe.parquet"))
    assert (scored.root / "one.parquet").read_bytes() == (scored.root / "two.parquet").read_bytes()


def test_a_metric_of_pyiqa_is_loaded_by_name_and_others_are_one_line() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # third parties' imports
        entropy = score.load("entropy")
        noise = torch.from_numpy(np.random.default_rng(0).random((1, 3, 64, 64))).float()
        assert float(entropy(noise)) > float(entropy(torch.zeros(1, 3, 64, 64)))
        with pytest.raises(UserError, match="pyiqa has no metric 'beauty'; `pyiqa --list` shows what it has"):
            score.load("beauty")


def test_missing_weights_are_one_line_that_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pyiqa

    def offline(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(pyiqa, "create_metric", offline)
    with pytest.raises(
        UserError, match=r"weights of 'musiq' are missing \(no network\); with a network run: python -c"
    ):
        score.load("musiq")


def test_the_default_metrics_are_ones_that_need_no_weights() -> None:
    import yaml

    section = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text())["score"]
    assert set(section["metrics"]) <= {"piqe", "entropy"}
