"""Splits: exact sizes, categories in turn, and no image ever moves between train and a held-out zone."""

import argparse
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k import tables
from native4k.dataset import split

ROWS = st.lists(
    st.tuples(st.integers(0, 2**64 - 1), st.sampled_from(["Food", "CGI", "Nature"]), st.sampled_from(["", "", "flat"])),
    max_size=60,
    unique_by=lambda row: row[0],
)


def images(rows: list[tuple[int, str, str]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["number", "category", "reason"])
    ids = [f"{number:016x}" for number, *_ in rows]
    group = [id_ if reason == "" else "" for id_, (*_, reason) in zip(ids, rows, strict=True)]
    rejected_by = table["reason"].map(lambda reason: "select" if reason else "")
    return table.assign(id=pd.Series(ids, dtype="str"), group=pd.Series(group, dtype="str"), rejected_by=rejected_by)


def numbers(size: int = 3, zone: float = 0.2) -> split.Params:
    return split.Params(val=split.Held(size=size, zone=zone), test=split.Held(size=size, zone=zone))


def many(count: int, start: int = 0) -> list[tuple[int, str, str]]:
    return [(number, ("Food", "CGI", "Nature")[number % 3], "") for number in range(start, start + count)]


def chosen(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["id"], table["split"], strict=True))


def test_sizes_are_exact_and_the_categories_take_turns() -> None:
    table = split.split(images(many(300)), numbers(size=7))
    assert table["split"].value_counts().to_dict() == {"train": 165, "reserve": 121, "val": 7, "test": 7}
    per_category = pd.crosstab(table["split"], table["category"]).loc[["val", "test"]]
    assert sorted(per_category.loc["val"]) == sorted(per_category.loc["test"]) == [2, 2, 3]


def test_a_position_is_a_number_from_the_groups_name_for_ever() -> None:
    assert [round(split.position(group), 6) for group in ("", "a", "0000000000000000")] == [0.23719, 0.110084, 0.731382]


def test_a_zone_that_is_short_gives_all_it_has() -> None:
    table = split.split(images(many(30)), numbers(size=1000))
    assert set(table["split"]) == {"train", "val", "test"}


def test_no_held_out_split_makes_everything_train() -> None:
    table = split.split(images([*many(20), (99, "Food", "flat")]), numbers(size=0, zone=0.0))
    assert table["split"].tolist() == ["train"] * 20 + [""]


@pytest.mark.parametrize("rows", [[], [(1, "Food", "flat"), (2, "CGI", "flat")]])
def test_nothing_kept_means_nothing_split(rows: list[tuple[int, str, str]]) -> None:
    assert split.split(images(rows), numbers())["split"].tolist() == [""] * len(rows)


@given(rows=ROWS, size=st.integers(0, 6), data=st.data())
def test_what_must_hold_of_any_collection(rows: list[tuple[int, str, str]], size: int, data: st.DataObject) -> None:
    before = images(rows)
    after = split.split(before, numbers(size))
    tables.conserve(before, after, "split")
    assert ((after["split"] != "") == tables.kept(after)).all()
    place = after["group"].map(split.position)
    zones = {"test": (0.0, 0.2), "val": (0.2, 0.4), "train": (0.4, 1.0)}
    for name, (low, high) in zones.items():
        inside = tables.kept(after) & (place >= low) & (place < high)
        count = int((after["split"] == name).sum())
        assert count == (inside.sum() if name == "train" else min(size, inside.sum()))
        assert set(after.loc[inside, "split"]) <= {name, *(() if name == "train" else (split.RESERVE,))}
    order = data.draw(st.permutations(range(len(rows))))
    assert chosen(split.split(before.iloc[order].reset_index(drop=True), numbers(size))) == chosen(after)


@given(rows=ROWS, more=ROWS, size=st.integers(0, 6))
def test_nobody_moves_between_train_and_held_out_when_the_collection_grows_or_shrinks(
    rows: list[tuple[int, str, str]], more: list[tuple[int, str, str]], size: int
) -> None:
    known = {number for number, *_ in rows}
    grown = chosen(split.split(images([*rows, *(row for row in more if row[0] not in known)]), numbers(size)))
    for id_, name in chosen(split.split(images(rows), numbers(size))).items():
        assert (name == "train") == (grown[id_] == "train")
        assert {name, grown[id_]} != {"val", "test"}


def test_a_larger_held_out_split_keeps_what_the_smaller_one_had() -> None:
    small, large = (chosen(split.split(images(many(300)), numbers(size))) for size in (5, 20))
    assert {id_ for id_, name in small.items() if name == "test"} < {
        id_ for id_, name in large.items() if name == "test"
    }


def test_the_step_says_which_split_is_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables.write(images([(number, "Food", "") for number in range(4)]), tmp_path / "in.parquet")
    section = "split:\n  val: {size: 0, zone: 0.1}\n  test: {size: 5, zone: 0.9}\n"
    (tmp_path / "params.yaml").write_text(section)
    paths = {"balanced": tmp_path / "in.parquet", "out": tmp_path / "out.parquet", "params": tmp_path / "params.yaml"}
    split.run(argparse.Namespace(**paths))
    assert capsys.readouterr().out == "split: test is short: 4 of 5 images are in its zone\n"
    assert tables.read(tmp_path / "out.parquet")["split"].tolist() == ["test"] * 4
