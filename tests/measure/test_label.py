"""Categories by the caption's words."""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k import params, tables
from native4k.errors import UserError
from native4k.measure import label

NUMBERS = label.Params(words={"Food": ["bread", "apple"], "Urban": ["street", "ray-traced"], "CGI": ["3d"]})


def test_each_caption_gets_the_category_that_most_of_its_words_speak_for() -> None:
    captions = {
        "Bread and apples on the street": ("Food", 2 / 3),
        "STREET street street, bread": ("Urban", 0.75),
        "a breadbasket of pineapple": ("unknown", 0.0),  # whole words only
        "ray-traced spheres": ("Urban", 1.0),
        "raytraced": ("unknown", 0.0),
        "a 3D street": ("Urban", 0.5),  # a tie goes to the first category
        "": ("unknown", 0.0),
    }
    table = label.label(pd.Series(list(captions)), NUMBERS)
    assert list(zip(table["category"], table["category_confidence"], strict=True)) == list(captions.values())


@given(captions=st.lists(st.text(st.sampled_from("abdeprt s3-"), max_size=20), max_size=10))
def test_a_label_depends_on_its_caption_alone_and_its_confidence_is_a_share(captions: list[str]) -> None:
    table = label.label(pd.Series(captions, dtype="str"), NUMBERS)
    assert table["category_confidence"].between(0, 1).all()
    assert ((table["category"] == label.UNKNOWN) == (table["category_confidence"] == 0)).all()
    for caption, row in zip(captions, table.to_numpy().tolist(), strict=True):
        assert label.label(pd.Series([caption], dtype="str"), NUMBERS).to_numpy().tolist() == [row]


def test_the_step_labels_a_shard(store: Any, mixed: dict[str, str]) -> None:
    label.run(store.args("label.parquet"))
    table = tables.read(store.root / "label.parquet")
    assert table.columns.tolist() == ["id", "category", "category_confidence"]
    assert sorted(table["id"]) == sorted(mixed)
    assert table["category"].value_counts().to_dict() == {"unknown": len(mixed) - 2, "Food": 1, "Urban": 1}


def test_a_shard_without_rows_is_a_table_without_rows(store: Any, mixed: dict[str, str]) -> None:
    number = next(number for number in range(99) if all(int(id_, 16) % 99 != number for id_ in mixed))
    label.run(argparse.Namespace(**vars(store.args("label.parquet")) | {"shard": f"{number}/99"}))
    assert tables.read(store.root / "label.parquet").columns.tolist() == ["id", "category", "category_confidence"]


@pytest.mark.parametrize("words", ["{}", "{Food: []}"])
def test_categories_without_words_are_one_line(tmp_path: Path, words: str) -> None:
    (tmp_path / "params.yaml").write_text(f"label: {{words: {words}}}")
    with pytest.raises(UserError, match=r"params\.yaml: label\.words.* should have at least 1 item"):
        params.load(label.Params, tmp_path / "params.yaml", "label")
