"""Nothing is measured twice, and nothing is taken for measured that other code or params would measure."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k import provenance, tables
from native4k.measure import cache
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
    monkeypatch.setattr(source, "parsed", lambda text: before(text.replace("MAX_PIXELS", "MOST_PIXELS")))
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
