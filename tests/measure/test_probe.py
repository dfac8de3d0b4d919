"""One decode of each image, in worker processes: the rows, and the reasons they give."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from native4k import tables
from native4k.measure import cache, probe, workers
from tests.pictures import encoded, noise

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def test_every_image_of_a_shard_gets_its_reason(store: Any, mixed: dict[str, str]) -> None:
    probe.run(store.args("probe.parquet"))
    table = tables.read(store.root / "probe.parquet")
    assert dict(zip(table["id"], table["reason"], strict=True)) == mixed
    by_reason = {"truncated": "probe", "not_an_image": "fetch", "mislabelled": "probe", "too_small": "probe"}
    expected = [by_reason.get(reason, "probe") if reason else "" for reason in table["reason"]]
    assert table["rejected_by"].tolist() == expected


def test_a_second_run_measures_nothing_and_gives_the_same_bytes(
    store: Any, mixed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mixed
    probe.run(store.args("one.parquet"))
    monkeypatch.setattr(probe, "probe", None)
    probe.run(store.args("two.parquet"))
    assert (store.root / "one.parquet").read_bytes() == (store.root / "two.parquet").read_bytes()


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_shards_together_are_the_whole_with_the_same_types(store: Any, mixed: dict[str, str], shards: int) -> None:
    assert mixed
    probe.run(store.args("whole.parquet"))
    whole = tables.read(store.root / "whole.parquet")
    parts = []
    for number in range(shards):
        probe.run(store.args(f"{number}.parquet", f"{number}/{shards}"))
        parts.append(tables.read(store.root / f"{number}.parquet"))
    filled = [part for part in parts if len(part)]
    assert all(part.dtypes.equals(whole.dtypes) for part in filled)
    rows = [row for part in parts for row in part.fillna(-1.0).to_numpy().tolist()]
    assert sorted(rows) == whole.fillna(-1.0).to_numpy().tolist()


def test_a_shard_of_which_nothing_could_be_fetched_is_still_a_table(store: Any) -> None:
    store.add("gone", b"")
    store.freeze()
    probe.run(store.args("probe.parquet"))
    table = tables.read(store.root / "probe.parquet")
    assert table["reason"].tolist() == ["not_an_image"]
    assert table[["width", "height"]].dtypes.astype(str).tolist() == ["int64", "int64"]
    assert not cache.folder(store.cache, "probe", store.params).exists()


def section(store: Any, **changed: Any) -> None:
    tree = yaml.safe_load(store.params.read_text(encoding="utf-8"))
    tree["probe"] |= changed
    store.write(tree)


def test_the_number_of_workers_changes_no_byte(store: Any, mixed: dict[str, str]) -> None:
    assert mixed
    probe.run(store.args("one.parquet"))
    store.cache.rename(store.root / "aside")
    section(store, workers=3)
    probe.run(store.args("three.parquet"))
    assert (store.root / "one.parquet").read_bytes() == (store.root / "three.parquet").read_bytes()
    kept = [sorted(path.name for path in (store.root / name).rglob("*.parquet")) for name in ("aside", "cache")]
    assert kept[0] == kept[1]


def test_other_geometry_or_workers_measure_nothing_again(
    store: Any, mixed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    probe.run(store.args("one.parquet"))
    rule = {"min_pixels": 1, "min_long_side": 1, "min_short_side": 0, "min_aspect": 0.1, "max_aspect": 9.0}
    section(store, workers=2, seconds=5.0, geometry=rule)
    monkeypatch.setattr(probe, "probe", None)
    probe.run(store.args("two.parquet"))
    reasons = dict(tables.read(store.root / "two.parquet")[["id", "reason"]].to_numpy().tolist())
    assert reasons == {id_: why if why in {"truncated", "not_an_image"} else "" for id_, why in mixed.items()}


def test_what_hangs_on_the_machine_costs_a_row_and_is_tried_again_by_the_next_run(store: Any) -> None:
    store.add("light", encoded(noise(80, 60), "PNG"))
    id_ = store.add("heavy", encoded(Image.new("RGB", (7000, 4000)), "JPEG"), (7000, 4000))
    store.freeze()
    section(store, seconds=0.1)
    probe.run(store.args("one.parquet"))
    assert reason(store.root / "one.parquet", id_) == ("timeout", "probe")
    section(store, seconds=30.0)
    probe.run(store.args("two.parquet"))
    assert reason(store.root / "two.parquet", id_) == ("", "")


def reason(path: Path, id_: str) -> tuple[str, str]:
    row = tables.read(path).set_index("id").loc[id_]
    return row["reason"], row["rejected_by"]


def test_a_step_at_which_everything_crashes_is_not_taken_for_done(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(probe.MIN_CRASHES):
        store.add(str(number), encoded(noise(80, 60, number), "PNG"))
    store.freeze()
    monkeypatch.setattr(workers, "each", lambda files, *_: (workers.Lost("crashed") for _ in files))
    with pytest.raises(RuntimeError, match="each of 4 images crashed"):
        probe.run(store.args("probe.parquet"))
    assert not (store.root / "probe.parquet").exists()
