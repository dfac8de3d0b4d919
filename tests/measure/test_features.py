"""What was measured, joined into one table."""

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from native4k import tables
from native4k.errors import UserError
from native4k.measure import cache, features, label, measurements, probe
from native4k.measure.columns import Column
from tests.pictures import MEASURES


def run(store: Any, shards: int, embedded: list[Path] | None = None) -> Path:
    paths: dict[str, list[Path]] = {"probed": [], "scored": [], "labelled": []}
    for number in range(shards):
        for step, module in (("probed", probe), ("labelled", label)):
            more = {} if step == "probed" else {"probed": paths["probed"][-1]}
            module.run(store.args(f"{step}{number}.parquet", f"{number}/{shards}", **more))
            paths[step].append(store.root / f"{step}{number}.parquet")
        table = tables.read(paths["probed"][-1])
        scored = table[["id"]].assign(piqe=table["width"].where(table["reason"] == "", float("nan")) / 2)
        tables.write(scored, store.root / f"scored{number}.parquet", {"weights": "{}"})
        paths["scored"].append(store.root / f"scored{number}.parquet")
    paths["embedded"] = embedded or []
    features.run(
        argparse.Namespace(
            mark=None, store=store.folder, out=store.root / "features", params=store.params, words=store.words, **paths
        )
    )
    return Path(store.root / "features")


def test_every_candidate_is_a_row_with_every_measured_column(store: Any, mixed: dict[str, str]) -> None:
    folder = run(store, 2)
    table = tables.read(folder / "images.parquet")
    assert dict(zip(table["id"], table["reason"], strict=True)) == mixed
    assert table.columns.tolist() == [
        "id", "caption", "declared_width", "declared_height", "status", "sha256", "bytes",
        *(name for name in measurements.empty_row(MEASURES) if name != "thumbnail"), "reason", "rejected_by",
        "piqe", "category", "category_confidence",
    ]  # fmt: skip


def test_the_thumbnails_and_the_counts_stand_beside_it(store: Any, mixed: dict[str, str]) -> None:
    folder = run(store, 2)
    assert sorted(path.name for path in folder.iterdir()) == [
        "collected.parquet", "fetched.parquet", "images.parquet", "not_collected.parquet", "thumbnails.parquet",
    ]  # fmt: skip
    unseen = [id_ for id_, reason in mixed.items() if reason in {"truncated", "not_an_image"}]
    assert sorted(tables.read(folder / "thumbnails.parquet")["id"]) == sorted(set(mixed) - set(unseen))


def test_embeddings_stand_beside_it_where_there_are_any(store: Any, mixed: dict[str, str]) -> None:
    shards = [store.root / f"embed{number}.parquet" for number in range(2)]
    for path, ids in zip(shards, (sorted(mixed)[3:], sorted(mixed)[:3]), strict=True):
        tables.write(pd.DataFrame({"id": ids, "embedding": [id_.encode() for id_ in ids]}), path)
    table = tables.read(run(store, 1, shards) / "embeddings.parquet")
    assert dict(zip(table["id"], table["embedding"], strict=True)) == {id_: id_.encode() for id_ in sorted(mixed)}


def test_the_notes_say_which_code_and_params_measured_what(store: Any, mixed: dict[str, str]) -> None:
    assert mixed
    notes = tables.metadata(run(store, 1) / "images.parquet")
    assert json.loads(notes["probe"]) == {
        "key": cache.key("probe", store.params),
        "columns": list(measurements.empty_row(MEASURES)),
    }


def test_the_number_of_shards_changes_no_byte(store: Any, mixed: dict[str, str]) -> None:
    assert mixed
    one = {path.name: path.read_bytes() for path in run(store, 1).iterdir()}
    five = {path.name: path.read_bytes() for path in run(store, 5).iterdir()}
    assert one == five


def test_a_table_with_a_row_too_many_is_not_joined() -> None:
    probed = pd.DataFrame({"id": ["a"], "reason": [""]})
    twice = pd.DataFrame({"id": ["a", "a"]})
    with pytest.raises(pd.errors.MergeError):
        features.features(probed, twice, probed[["id"]])


def test_shards_of_other_weights_are_not_joined() -> None:
    shards = [(Path("0"), {"a": "x", "b": "none"}), (Path("1"), {}), (Path("2"), {"b": "none"})]
    assert features.merge_weights(shards) == {"a": "x", "b": "none"}
    with pytest.raises(UserError, match="3: a was measured with other weights than in other shards"):
        features.merge_weights([*shards, (Path("3"), {"a": "y"})])


def test_columns_that_no_image_was_left_to_fill_are_there_and_empty() -> None:
    rating = Column(name="rating", columns=("rating_mean", "rating_min"), key="", load=None)
    said = Column(name="said", columns=("said",), key="", load=None, nothing="")
    table = features.with_columns(pd.DataFrame({"id": ["a"], "rating_min": [1.0]}), [rating, said])
    assert table.columns.tolist() == ["id", "rating_min", "rating_mean", "said"]
    assert table["rating_mean"].isna().all()
    assert table["said"].tolist() == [""]
