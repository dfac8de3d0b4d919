"""The cache refilled from a features table holds the rows that were measured."""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from native4k import tables
from native4k.measure import cache, features, label, probe, recall, score


@pytest.fixture(name="pulled")
def features_without_a_cache(store: Any, mixed: dict[str, str]) -> Path:
    """The features of a store whose cache is kept aside as `measured`."""
    assert mixed
    store.change("score", textures={"entropy": {"measure": "shannon_entropy", "view": "full"}})
    for step, module in (("probe", probe), ("score", score), ("label", label)):
        module.run(store.args(f"{step}.parquet"))
    shards = {name: [store.root / f"{step}.parquet"] for name, step in SHARDS.items()}
    made = store.root / "features"
    features.run(
        argparse.Namespace(
            mark=None, store=store.folder, out=made, params=store.params, words=store.words, embedded=[], **shards
        )
    )
    store.cache.rename(store.root / "measured")
    return Path(made)


SHARDS = {"probed": "probe", "scored": "score", "labelled": "label"}


def rows(root: Path, step: str) -> pd.DataFrame:
    parts = sorted((root / step).glob("**/*.parquet"))
    return pd.concat(map(tables.read, parts)).sort_values("sha256", ignore_index=True)


def run(store: Any, pulled: Path) -> None:
    recall.run(argparse.Namespace(features=pulled, cache=store.cache, params=store.params, words=store.words))


def test_the_rows_put_back_are_those_that_were_measured(store: Any, pulled: Path, capsys: Any) -> None:
    capsys.readouterr()
    run(store, pulled)
    assert capsys.readouterr().out == "probe: recalled 5 of 5 rows\nentropy: recalled 2 of 2 rows\n"
    for step in ("probe", "score"):
        measured, recalled = (rows(store.root / place, step) for place in ("measured", "cache"))
        pd.testing.assert_frame_equal(recalled, measured)


def test_after_a_recall_nothing_is_measured_and_the_result_has_the_same_bytes(
    store: Any, pulled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (store.root / "probe.parquet").read_bytes()
    run(store, pulled)
    monkeypatch.setattr(probe, "probe", None)
    probe.run(store.args("probe.parquet"))
    assert (store.root / "probe.parquet").read_bytes() == before


def test_a_second_recall_adds_nothing(store: Any, pulled: Path, capsys: Any) -> None:
    run(store, pulled)
    capsys.readouterr()
    run(store, pulled)
    assert capsys.readouterr().out == "probe: recalled 0 of 5 rows\nentropy: recalled 0 of 2 rows\n"


def test_what_other_params_measured_is_left_alone(store: Any, pulled: Path, capsys: Any) -> None:
    store.params.write_text(store.params.read_text().replace("tile: 16", "tile: 32"))
    capsys.readouterr()
    run(store, pulled)
    assert capsys.readouterr().out == (
        "probe: measured by other code or params, nothing to recall\nentropy: recalled 2 of 2 rows\n"
    )
    assert not cache.folder(store.cache, "probe", store.params).exists()


def test_without_features_there_is_nothing_to_recall(store: Any, capsys: Any) -> None:
    run(store, store.root / "features")
    assert capsys.readouterr().out.endswith("images.parquet: not there, nothing to recall\n")


def test_a_failure_that_hung_on_the_machine_is_not_recalled() -> None:
    reasons = ["truncated", "timeout", "crashed", "out_of_memory", ""]
    features = pd.DataFrame(
        {"sha256": list("abcde"), "reason": reasons, "rejected_by": ["probe"] * 4 + [""], "format": [""] * 4 + ["PNG"]}
    )
    rows = recall.probe_rows(features, ["format"])
    assert rows.to_numpy().tolist() == [["a", "", "truncated"], ["e", "PNG", ""]]
