"""Nothing is measured twice, and nothing is taken for measured that other code or params would measure."""

import argparse
import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from native4k import provenance, tables
from native4k.errors import UserError
from native4k.measure import cache, features, label, probe, recall, score
from native4k.measure.columns import Column, Model
from native4k.provenance import source


def files(*names: str) -> "pd.Series[str]":
    return pd.Series([f"{name}.png" for name in names], index=list(names), dtype="str")


class Meter:
    """Measures, and remembers what it was asked."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.asked: list[str] = []
        self.stop_at = stop_at

    def __call__(self, file: str) -> dict[str, Any]:
        if len(self.asked) == self.stop_at:
            raise KeyboardInterrupt
        self.asked.append(file)
        return {"value": float(len(file)), "failure": ""}


def test_a_row_is_measured_once_and_found_again(tmp_path: Path) -> None:
    first, second = Meter(), Meter()
    one = cache.measure(files("a", "bb"), first, tmp_path, "probe")
    two = cache.measure(files("bb", "ccc", "a"), second, tmp_path, "probe")
    assert (first.asked, second.asked) == (["a.png", "bb.png"], ["ccc.png"])
    assert one.sort_values("sha256").to_numpy().tolist() == [["a", 5.0, ""], ["bb", 6.0, ""]]
    assert two.sort_values("sha256").to_numpy().tolist() == [["a", 5.0, ""], ["bb", 6.0, ""], ["ccc", 7.0, ""]]


def test_the_same_bytes_behind_two_rows_are_measured_once(tmp_path: Path) -> None:
    meter = Meter()
    rows = cache.measure(files("a", "a", "b"), meter, tmp_path, "probe")
    assert meter.asked == ["a.png", "b.png"]
    assert rows["sha256"].tolist() == ["a", "b"]


def test_nothing_to_measure_is_no_rows_and_writes_nothing(tmp_path: Path) -> None:
    rows = cache.measure(files(), Meter(), tmp_path / "place", "probe")
    assert rows.empty
    assert rows.columns.tolist() == ["sha256"]
    assert not (tmp_path / "place").exists()


def test_a_killed_run_loses_no_more_than_the_images_since_the_last_part(tmp_path: Path) -> None:
    names = [f"{number:03d}" for number in range(cache.ROWS_PER_WRITE * 2 + 5)]
    with pytest.raises(KeyboardInterrupt):
        cache.measure(files(*names), Meter(stop_at=cache.ROWS_PER_WRITE * 2 + 3), tmp_path, "probe")
    assert len(list(tmp_path.glob("*.parquet"))) == 2
    (tmp_path / ".half.parquet.123.part").write_bytes(b"left by a kill")
    meter = Meter()
    rows = cache.measure(files(*names), meter, tmp_path, "probe")
    assert meter.asked == [f"{name}.png" for name in names[cache.ROWS_PER_WRITE * 2 :]]
    assert sorted(rows["sha256"]) == names


@given(batches=st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6), max_size=5))
def test_whatever_was_measured_before_each_image_has_its_one_row(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[str]]
) -> None:
    place, meter = tmp_path_factory.mktemp("place"), Meter()
    for batch in batches:
        rows = cache.measure(files(*batch), meter, place, "probe")
        assert sorted(rows["sha256"]) == sorted(set(batch))
    assert sorted(meter.asked) == sorted({f"{name}.png" for batch in batches for name in batch})


def test_rows_kept_twice_are_one_row_and_one_part(tmp_path: Path) -> None:
    rows = pd.DataFrame({"sha256": ["b", "a"], "value": [2.0, 1.0]})
    cache.add_rows(tmp_path, rows)
    cache.add_rows(tmp_path, rows[::-1])
    assert len(list(tmp_path.iterdir())) == 1
    cache.add_rows(tmp_path, rows[:1])
    assert cache.lookup(tmp_path, {"a", "b", "c"}).sort_values("sha256").to_numpy().tolist() == [["a", 1.0], ["b", 2.0]]


def test_other_params_or_other_code_have_another_place(
    tmp_path: Path, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def place() -> Path:
        return cache.folder(tmp_path, "probe", store.params)

    probe, text = place(), store.params.read_text()
    store.params.write_text(text.replace("tile: 16", "tile: 32"))
    assert place() != probe
    store.params.write_text(text + "dedup: {radius: 3}\n")  # another step's number
    assert place() == probe
    before = source.parse_source
    monkeypatch.setattr(source, "parse_source", lambda text: before(text.replace("MAX_PIXELS", "MOST_PIXELS")))
    assert place() != probe


def test_a_shard_is_its_candidates_and_the_files_that_are_there(store: Any, mixed: dict[str, str]) -> None:
    table, there = cache.shard(store.args("x"))
    assert sorted(table["id"]) == sorted(mixed)
    assert len(there) == len(mixed) - 1  # one could not be fetched
    assert all((store.folder / file).is_file() for file in there)
    parts = [cache.shard(store.args("x", f"{number}/3")) for number in range(3)]
    assert sorted(id_ for part, _ in parts for id_ in part["id"]) == sorted(mixed)
    assert sum(len(part) for _, part in parts) == len(there)
    tables.check_conservation(
        *(frame.assign(reason="") for frame in (table, pd.concat(part for part, _ in parts))), "shard"
    )


def test_what_hung_on_the_machine_is_not_kept(tmp_path: Path) -> None:
    failures = {"a.png": "", "b.png": "timeout", "c.png": "truncated", "d.png": "crashed", "e.png": "out_of_memory"}
    rows = cache.fill(files(*"abcde"), lambda todo: ({"failure": failures[file]} for file in todo), tmp_path, "probe")
    assert rows.to_numpy().tolist() == [["a", ""], ["b", "timeout"], ["c", "truncated"], ["d", "crashed"],
                                        ["e", "out_of_memory"]]  # fmt: skip
    meter = Meter()
    cache.measure(files(*"abcde"), meter, tmp_path, "probe")
    assert meter.asked == ["b.png", "d.png", "e.png"]


def test_rows_of_probe_depend_on_what_looks_at_an_image_and_not_on_what_runs_it() -> None:
    found = set(source.reach("native4k.measure.measurements"))
    assert found > {"native4k.images", "native4k.measure.nativeness", "native4k.errors", "native4k.params", "native4k"}
    assert not found & {"native4k.measure.probe", "native4k.measure.cache", "native4k.tables"}


def test_another_version_of_a_decoder_has_another_place(
    tmp_path: Path, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cache.folder(tmp_path, "probe", store.params)
    monkeypatch.setattr(provenance, "version", lambda library: "99" if library == "pillow" else version(library))
    assert cache.folder(tmp_path, "probe", store.params) != before


class ColumnMeter:
    """A column that remembers how often it was loaded and what it was shown."""

    def __init__(self, name: str, key: str = "k", weights: str = "none", stop_at: int | None = None) -> None:
        self.name, self.key, self.weights, self.stop_at = name, key, weights, stop_at
        self.loaded, self.shown = 0, 0

    def column(self) -> Column:
        return Column(self.name, (self.name,), self.key, self.load)

    def load(self) -> Model:
        self.loaded += 1
        return Model(self.rate, self.weights)

    def rate(self, image: Image.Image) -> dict[str, Any]:
        if self.shown == self.stop_at:
            raise KeyboardInterrupt
        self.shown += 1
        return {self.name: float(image.width)}


@pytest.fixture(name="fill")
def filler(tmp_path: Path, picture: Any) -> Callable[..., cache.FilledColumns]:
    """Fills columns of pictures that are so many pixels wide."""
    for width in range(1, 41):
        (tmp_path / f"{width}.png").write_bytes(picture(width, 4))

    def fill(meters: list[ColumnMeter], *widths: int) -> cache.FilledColumns:
        files = pd.Series([f"{width}.png" for width in widths], index=[f"{width:03}" for width in widths], dtype="str")
        found = [meter.column() for meter in meters]
        return cache.fill_columns(
            files, found, cache.Places(tmp_path, tmp_path / "cache", tmp_path / "answers.jsonl"), 2
        )

    return fill


def test_an_added_column_is_measured_without_the_others(fill: Any) -> None:
    fill([ColumnMeter("a")], 1, 2, 3)
    a, b = ColumnMeter("a"), ColumnMeter("b")
    filled = fill([a, b], 1, 2, 3, 4)
    assert filled.rows.to_numpy().tolist() == [[f"{n:03}", float(n), float(n)] for n in (1, 2, 3, 4)]
    assert (a.loaded, a.shown, b.loaded, b.shown) == (1, 1, 1, 4)


def test_what_the_cache_has_needs_no_model_and_no_image(fill: Any, tmp_path: Path) -> None:
    one = fill([ColumnMeter("a"), ColumnMeter("b", weights="w")], 1, 2)
    for path in tmp_path.glob("*.png"):
        path.unlink()
    a, b = ColumnMeter("a"), ColumnMeter("b")
    two = fill([a, b], 2, 1)
    pd.testing.assert_frame_equal(two.rows, one.rows)
    assert two.weights == one.weights == {"a": "none", "b": "w"}
    assert (a.loaded, b.loaded) == (0, 0)


def test_other_numbers_or_code_measure_a_column_anew(fill: Any) -> None:
    fill([ColumnMeter("a"), ColumnMeter("b")], 1, 2)
    a, b = ColumnMeter("a", key="other"), ColumnMeter("b")
    fill([a, b], 1, 2)
    assert (a.shown, b.shown, b.loaded) == (2, 0, 0)


def test_rows_of_other_weights_are_not_mixed_with_new_ones(fill: Any) -> None:
    fill([ColumnMeter("a", weights="old")], 1, 2)
    a = ColumnMeter("a", weights="new")
    filled = fill([a], 1, 2, 3)
    assert (a.shown, filled.weights) == (3, {"a": "new"})


def test_when_the_cache_has_two_sets_of_weights_the_model_at_hand_decides(fill: Any) -> None:
    fill([ColumnMeter("a", weights="old")], 1, 2)
    fill([ColumnMeter("a", weights="new")], 1, 2, 3)
    a = ColumnMeter("a", weights="old")
    assert fill([a], 1, 2).weights == {"a": "old"}
    assert (a.loaded, a.shown) == (1, 0)


def test_a_killed_run_loses_no_more_of_a_column_than_the_images_since_the_last_part(fill: Any) -> None:
    widths = range(1, cache.ROWS_PER_WRITE * 2 + 5)
    with pytest.raises(KeyboardInterrupt):
        fill([ColumnMeter("a", stop_at=cache.ROWS_PER_WRITE * 2 + 2)], *widths)
    a = ColumnMeter("a")
    filled = fill([a], *widths)
    assert a.shown == 4
    assert filled.rows["a"].tolist() == [float(width) for width in widths]


def test_the_same_bytes_behind_two_rows_are_shown_once(fill: Any) -> None:
    a = ColumnMeter("a")
    assert fill([a], 5, 5, 6).rows["sha256"].tolist() == ["005", "006"]
    assert a.shown == 2


def test_no_images_are_no_rows_and_load_no_model(fill: Any) -> None:
    a = ColumnMeter("a")
    filled = fill([a])
    assert (filled.rows.columns.tolist(), len(filled.rows), filled.weights, a.loaded) == (["sha256"], 0, {}, 0)


def test_a_file_that_was_damaged_since_it_was_probed_is_one_line(fill: Any, tmp_path: Path) -> None:
    (tmp_path / "2.png").write_bytes((tmp_path / "2.png").read_bytes()[:50])
    with pytest.raises(UserError, match=r"2\.png: (truncated|broken), though probe could read it"):
        fill([ColumnMeter("a")], 1, 2)


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
