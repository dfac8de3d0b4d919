"""Each column is measured once, by itself, and never under other weights, numbers or code."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from native4k import tables
from native4k.errors import UserError
from native4k.measure import cache, column_cache, features, label, probe, recall, score


class Meter:
    """A column that remembers how often it was loaded and what it was shown."""

    def __init__(self, name: str, key: str = "k", weights: str = "none", stop_at: int | None = None) -> None:
        self.name, self.key, self.weights, self.stop_at = name, key, weights, stop_at
        self.loaded, self.shown = 0, 0

    def column(self) -> column_cache.Column:
        return column_cache.Column(self.name, (self.name,), self.key, self.load)

    def load(self) -> column_cache.Model:
        self.loaded += 1
        return column_cache.Model(self.rate, self.weights)

    def rate(self, image: Image.Image) -> dict[str, Any]:
        if self.shown == self.stop_at:
            raise KeyboardInterrupt
        self.shown += 1
        return {self.name: float(image.width)}


@pytest.fixture(name="fill")
def filler(tmp_path: Path, picture: Any) -> Callable[..., column_cache.FilledColumns]:
    """Fills columns of pictures that are so many pixels wide."""
    for width in range(1, 41):
        (tmp_path / f"{width}.png").write_bytes(picture(width, 4))

    def fill(meters: list[Meter], *widths: int) -> column_cache.FilledColumns:
        files = pd.Series([f"{width}.png" for width in widths], index=[f"{width:03}" for width in widths], dtype="str")
        found = [meter.column() for meter in meters]
        return column_cache.fill(
            files, found, column_cache.Places(tmp_path, tmp_path / "cache", tmp_path / "answers.jsonl"), 2
        )

    return fill


def test_an_added_column_is_measured_without_the_others(fill: Any) -> None:
    fill([Meter("a")], 1, 2, 3)
    a, b = Meter("a"), Meter("b")
    filled = fill([a, b], 1, 2, 3, 4)
    assert filled.rows.to_numpy().tolist() == [[f"{n:03}", float(n), float(n)] for n in (1, 2, 3, 4)]
    assert (a.loaded, a.shown, b.loaded, b.shown) == (1, 1, 1, 4)


def test_what_the_cache_has_needs_no_model_and_no_image(fill: Any, tmp_path: Path) -> None:
    one = fill([Meter("a"), Meter("b", weights="w")], 1, 2)
    for path in tmp_path.glob("*.png"):
        path.unlink()
    a, b = Meter("a"), Meter("b")
    two = fill([a, b], 2, 1)
    pd.testing.assert_frame_equal(two.rows, one.rows)
    assert two.weights == one.weights == {"a": "none", "b": "w"}
    assert (a.loaded, b.loaded) == (0, 0)


def test_other_numbers_or_code_measure_a_column_anew(fill: Any) -> None:
    fill([Meter("a"), Meter("b")], 1, 2)
    a, b = Meter("a", key="other"), Meter("b")
    fill([a, b], 1, 2)
    assert (a.shown, b.shown, b.loaded) == (2, 0, 0)


def test_rows_of_other_weights_are_not_mixed_with_new_ones(fill: Any) -> None:
    fill([Meter("a", weights="old")], 1, 2)
    a = Meter("a", weights="new")
    filled = fill([a], 1, 2, 3)
    assert (a.shown, filled.weights) == (3, {"a": "new"})


def test_when_the_cache_has_two_sets_of_weights_the_model_at_hand_decides(fill: Any) -> None:
    fill([Meter("a", weights="old")], 1, 2)
    fill([Meter("a", weights="new")], 1, 2, 3)
    a = Meter("a", weights="old")
    assert fill([a], 1, 2).weights == {"a": "old"}
    assert (a.loaded, a.shown) == (1, 0)


def test_a_killed_run_loses_no_more_than_the_images_since_the_last_part(fill: Any) -> None:
    widths = range(1, cache.ROWS_PER_WRITE * 2 + 5)
    with pytest.raises(KeyboardInterrupt):
        fill([Meter("a", stop_at=cache.ROWS_PER_WRITE * 2 + 2)], *widths)
    a = Meter("a")
    filled = fill([a], *widths)
    assert a.shown == 4
    assert filled.rows["a"].tolist() == [float(width) for width in widths]


def test_the_same_bytes_behind_two_rows_are_shown_once(fill: Any) -> None:
    a = Meter("a")
    assert fill([a], 5, 5, 6).rows["sha256"].tolist() == ["005", "006"]
    assert a.shown == 2


def test_nothing_to_measure_is_no_rows_and_loads_nothing(fill: Any) -> None:
    a = Meter("a")
    filled = fill([a])
    assert (filled.rows.columns.tolist(), len(filled.rows), filled.weights, a.loaded) == (["sha256"], 0, {}, 0)


def test_a_file_that_was_damaged_since_it_was_probed_is_one_line(fill: Any, tmp_path: Path) -> None:
    (tmp_path / "2.png").write_bytes((tmp_path / "2.png").read_bytes()[:50])
    with pytest.raises(UserError, match=r"2\.png: (truncated|broken), though probe could read it"):
        fill([Meter("a")], 1, 2)


def test_shards_of_other_weights_are_not_joined() -> None:
    shards = [(Path("0"), {"a": "x", "b": "none"}), (Path("1"), {}), (Path("2"), {"b": "none"})]
    assert column_cache.merge_weights(shards) == {"a": "x", "b": "none"}
    with pytest.raises(UserError, match="3: a was measured with other weights than in other shards"):
        column_cache.merge_weights([*shards, (Path("3"), {"a": "y"})])


def run_all(store: Any) -> Path:
    for step, module in (("probe", probe), ("score", score), ("label", label)):
        module.run(store.args(f"{step}.parquet"))
    shards = {f"{step}ed": [store.root / f"{name}.parquet"] for step, name in STEPS}
    made = store.root / "features"
    features.run(
        argparse.Namespace(
            mark=None, store=store.folder, out=made, params=store.params, words=store.words, embedded=[], **shards
        )
    )
    return Path(made)


STEPS = [("prob", "probe"), ("scor", "score"), ("labell", "label")]
ENTROPY = {"entropy": {"measure": "shannon_entropy", "view": "tiles:16"}}
RATIO = {"ratio": {"measure": "compression_ratio", "view": "full"}}


def test_a_fresh_clone_adds_a_metric_without_measuring_the_others_again(
    store: Any, mixed: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mixed
    store.change("score", textures=ENTROPY)
    before = tables.read(run_all(store) / "images.parquet")
    store.cache.rename(store.root / "lost")
    store.change("score", textures=ENTROPY | RATIO)
    capsys.readouterr()
    recall.run(
        argparse.Namespace(features=store.root / "features", cache=store.cache, params=store.params, words=store.words)
    )
    assert capsys.readouterr().out == (
        "probe: recalled 5 of 5 rows\n"
        "entropy: recalled 2 of 2 rows\n"
        "ratio: measured by other code or params, nothing to recall\n"
    )
    monkeypatch.setattr("native4k.measure.textures.entropy", None)  # not needed again
    after = tables.read(run_all(store) / "images.parquet")
    pd.testing.assert_frame_equal(after.drop(columns="ratio"), before)
    assert (after["ratio"].notna() == (after["reason"] == "")).all()


def test_features_say_with_which_key_and_weights_each_column_was_measured(store: Any, mixed: dict[str, str]) -> None:
    assert mixed
    store.change("score", textures=ENTROPY)
    notes = tables.metadata(run_all(store) / "images.parquet")
    [column] = recall.columns_by_step(store.params, store.words)["score"]
    made = {"key": column.key, "columns": ["entropy_mean", "entropy_min", "entropy_spread"], "weights": "none"}
    assert json.loads(notes["score"]) == {"entropy": made}
    assert json.loads(notes["label"]) == {}
