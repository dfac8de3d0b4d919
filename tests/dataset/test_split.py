"""Splits: exact sizes, categories in turn, and no image ever moves between train and a held-out zone."""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from native4k import tables
from native4k.dataset import split
from native4k.dataset.released_images import EMPTY
from native4k.errors import UserError
from native4k.params import validate
from native4k.publish import release

ROWS = st.lists(
    st.tuples(st.integers(0, 2**64 - 1), st.sampled_from(["Food", "CGI", "Nature"]), st.sampled_from(["", "", "flat"])),
    max_size=60,
    unique_by=lambda row: row[0],
)
FEW = st.lists(
    st.tuples(st.integers(0, 25), st.sampled_from(["Food", "CGI"]), st.integers(0, 9), st.integers(0, 4)),
    max_size=26,
    unique_by=lambda row: row[0],
)
"""Number, category, detail, picture: images of one picture are near copies, the most detailed one is kept."""


def images(rows: list[tuple[int, str, str]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["number", "category", "reason"])
    ids = [f"{number:016x}" for number, *_ in rows]
    group = [id_ if reason == "" else "" for id_, (*_, reason) in zip(ids, rows, strict=True)]
    rejected_by = table["reason"].map(lambda reason: "select" if reason else "")
    table = table.assign(id=pd.Series(ids, dtype="str"), group=pd.Series(group, dtype="str"), rejected_by=rejected_by)
    return table.assign(representative=table["group"], sha256="sha" + table["id"], host="")


def grouped(rows: list[tuple[int, str, int, int]], shift: int = 0) -> pd.DataFrame:
    """Images of a few pictures, as dedup leaves them; shift moves every fifth image to another picture."""
    table = images([(number, category, "") for number, category, *_ in rows])
    table["host"] = [f"host{number % 4}" for number, *_ in rows]
    table["picture"] = [(picture + shift * (number % 5 == 0)) % 5 for number, _, _, picture in rows]
    table["detail"] = [detail for _, _, detail, _ in rows]
    best = table.sort_values(["detail", "id"], ascending=[False, True]).drop_duplicates("picture").set_index("picture")
    table["group"] = table["representative"] = table["picture"].map(best["id"]).astype("str")
    return tables.reject(table, table["group"] != table["id"], "near_copy", "dedup")


def numbers(size: int = 3, zone: float = 0.2, **more: Any) -> split.Params:
    held = split.HeldOut(size=size, zone=zone)
    return split.Params(**{"val": held, "test": held, "strata": "equal", "together": []} | more)


def many(count: int, start: int = 0) -> list[tuple[int, str, str]]:
    return [(number, ("Food", "CGI", "Nature")[number % 3], "") for number in range(start, start + count)]


def chosen(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["id"], table["split"], strict=True))


def zones(table: pd.DataFrame) -> dict[str, str]:
    kept = table[tables.is_kept(table)]
    return dict(zip(kept["id"], kept["zone"], strict=True))


def listed(*rows: tuple[int, str]) -> pd.DataFrame:
    ids = [f"{number:016x}" for number, _ in rows]
    parts = {"id": ids, "zone": [zone for _, zone in rows], "representative": ids, "sha256": [f"sha{i}" for i in ids]}
    return pd.DataFrame(parts, dtype="str")


def test_sizes_are_exact_and_the_categories_take_turns() -> None:
    table = split.split(images(many(300)), numbers(size=7), EMPTY)
    assert table["split"].value_counts().to_dict() == {"train": 165, "reserve": 121, "val": 7, "test": 7}
    per_category = pd.crosstab(table["split"], table["category"]).loc[["val", "test"]]
    assert sorted(per_category.loc["val"]) == sorted(per_category.loc["test"]) == [2, 2, 3]


def test_proportional_strata_mirror_the_kept_images() -> None:
    rows = [(number, "Food" if number % 10 else "CGI", "") for number in range(2000)]
    for strata, expected in (("proportional", {"Food": 90, "CGI": 10}), ("equal", {"Food": 50, "CGI": 50})):
        table = split.split(images(rows), numbers(size=100, zone=0.3, strata=strata), EMPTY)
        for name in ("val", "test"):
            assert table.loc[table["split"] == name, "category"].value_counts().to_dict() == expected


def test_a_category_that_is_empty_in_a_zone_leaves_its_turns_to_the_others() -> None:
    rows = [(number, "Food", "") for number in range(100)] + [(1000, "CGI", "flat")]
    table = split.split(images(rows), numbers(size=9), EMPTY)
    assert table.loc[table["split"] == "test", "category"].tolist() == ["Food"] * 9


def test_a_position_is_a_number_from_the_groups_name_for_ever() -> None:
    places = split.position(pd.Series(["", "a", "0000000000000000"]))
    assert places.round(6).tolist() == [0.23719, 0.110084, 0.731382]


def test_a_zone_that_is_short_gives_all_it_has() -> None:
    table = split.split(images(many(30)), numbers(size=1000), EMPTY)
    assert set(table["split"]) == {"train", "val", "test"}
    assert (table["split"] == table["zone"]).all()


def test_no_held_out_split_makes_everything_train() -> None:
    table = split.split(images([*many(20), (99, "Food", "flat")]), numbers(size=0, zone=0.0), EMPTY)
    assert table["split"].tolist() == ["train"] * 20 + [""]


@pytest.mark.parametrize("together", [[], ["host"]])
@pytest.mark.parametrize("rows", [[], [(1, "Food", "flat")], [(1, "Food", "flat"), (2, "CGI", "flat")]])
def test_nothing_kept_means_nothing_split(rows: list[tuple[int, str, str]], together: list[str]) -> None:
    table = split.split(images(rows), numbers(together=together), EMPTY)
    assert table["split"].tolist() == table["zone"].tolist() == [""] * len(rows)


def test_one_image_is_where_its_hash_puts_it() -> None:
    table = split.split(images([(0, "Food", "")]), numbers(), EMPTY)
    assert table[["zone", "split", "reason"]].to_numpy().tolist() == [["train", "train", ""]]


def test_zones_of_more_than_everything_are_refused() -> None:
    held = {"size": 1, "zone": 0.6}
    with pytest.raises(UserError, match="params: split.*the zones of val and test are more than the whole range"):
        validate(split.Params, {"val": held, "test": held, "strata": "equal", "together": []}, "params: split")


@settings(max_examples=40)
@given(rows=ROWS, size=st.integers(0, 6), data=st.data())
def test_what_must_hold_of_any_collection(rows: list[tuple[int, str, str]], size: int, data: st.DataObject) -> None:
    before = images(rows)
    after = split.split(before, numbers(size), EMPTY)
    tables.check_conservation(before, after, "split")
    assert ((after["split"] != "") == tables.is_kept(after)).all()
    place = pd.Series(split.position(after["group"]), index=after.index)
    ranges = {"test": (0.0, 0.2), "val": (0.2, 0.4), "train": (0.4, 1.0)}
    for name, (low, high) in ranges.items():
        inside = tables.is_kept(after) & (place >= low) & (place < high)
        assert ((after["zone"] == name) == inside).all()
        count = int((after["split"] == name).sum())
        assert count == (inside.sum() if name == "train" else min(size, inside.sum()))
        assert set(after.loc[inside, "split"]) <= {name, *(() if name == "train" else (split.RESERVE,))}
    order = data.draw(st.permutations(range(len(rows))))
    assert chosen(split.split(before.iloc[order].reset_index(drop=True), numbers(size), EMPTY)) == chosen(after)


@settings(max_examples=40)
@given(rows=ROWS, more=ROWS, size=st.integers(0, 6))
def test_nobody_moves_between_zones_when_the_collection_grows_or_shrinks(
    rows: list[tuple[int, str, str]], more: list[tuple[int, str, str]], size: int
) -> None:
    known = {number for number, *_ in rows}
    together = [*rows, *(row for row in more if row[0] not in known)]
    grown = zones(split.split(images(together), numbers(size), EMPTY))
    for id_, name in zones(split.split(images(rows), numbers(size), EMPTY)).items():
        assert grown[id_] == name


@example(
    first=[(1, "Food", 0, 0), (4, "Food", 0, 0)],
    second=[(0, "Food", 0, 0), (1, "Food", 0, 0), (4, "Food", 0, 1)],
    size=1,
    shift=0,
    together=[],
)
@given(first=FEW, second=FEW, size=st.integers(0, 3), shift=st.integers(0, 2), together=st.sampled_from([[], ["host"]]))
def test_what_was_released_never_changes_sides_whatever_comes_goes_or_represents_it(
    first: list[tuple[int, str, int, int]],
    second: list[tuple[int, str, int, int]],
    size: int,
    shift: int,
    together: list[str],
) -> None:
    how = numbers(size, together=together)
    old = split.split(grouped(first), how, EMPTY)
    lists = release.release(old, EMPTY)
    assert chosen(split.split(grouped(first), how, lists)) == chosen(old), "releasing changes nothing"
    before = grouped(second, shift)
    after = split.split(before, how, lists)
    tables.check_conservation(before, after, "split")
    was, now = lists.set_index("id")["zone"], zones(after)
    assert {id_: zone for id_, zone in now.items() if id_ in was.index} == {i: was[i] for i in was.index if i in now}
    kept = after[tables.is_kept(after)]
    released_ = kept["id"].isin(was.index)
    for row in kept[~released_].itertuples():
        members = after.loc[after["group"] == row.group, "id"]
        assert {was[id_] for id_ in members if id_ in was.index} <= {row.zone}, "it inherits"
        if together:
            assert set(kept.loc[kept["host"] == row.host, "zone"]) == {row.zone}
    heirs = set(after.loc[after["id"].isin(was.index), "group"])  # released ones, and those that stand for them now
    for name in ("val", "test"):
        inside = kept[kept["zone"] == name]
        assert (inside["split"] == name).sum() == min(size, len(inside))
        seated = inside.loc[inside["split"] == name, "id"].isin(heirs).sum()
        assert seated >= min(size, inside["id"].isin(heirs).sum()), "released ones and their heirs come first"


def test_a_larger_held_out_split_keeps_what_the_smaller_one_had() -> None:
    small, large = (chosen(split.split(images(many(300)), numbers(size), EMPTY)) for size in (5, 20))
    assert {id_ for id_, name in small.items() if name == "test"} < {
        id_ for id_, name in large.items() if name == "test"
    }


def test_released_test_images_keep_their_seats_when_the_collection_grows() -> None:
    old = split.split(images(many(40)), numbers(), EMPTY)
    lists = release.release(old, EMPTY)
    alone, held = (chosen(split.split(images(many(400)), numbers(), known)) for known in (EMPTY, lists))
    before = {id_: name for id_, name in chosen(old).items() if name in {"val", "test"}}
    assert {id_: held[id_] for id_ in before} == before
    assert {id_: alone[id_] for id_ in before} != before


def test_a_test_image_that_is_taken_down_is_refilled_from_its_zone() -> None:
    old = split.split(images(many(300)), numbers(), EMPTY)
    lists = release.release(old, EMPTY)
    gone = int(old.loc[old["split"] == "test", "number"].iloc[0])
    rows = [(number, category, "taken_down" * (number == gone)) for number, category, _ in many(300)]
    new = split.split(images(rows), numbers(), lists)
    moved = {id_: name for id_, name in chosen(new).items() if name != chosen(old)[id_]}
    assert sorted(moved.values()) == ["", "test"]
    assert {chosen(old)[id_] for id_, name in moved.items() if name == "test"} == {"reserve"}
    assert list(split.shortage_lines(new, numbers(), lists)) == [
        "split: 1 of 3 images released as test are not kept any more; its zone refills them"
    ]


def test_a_better_copy_takes_the_side_and_the_seat_of_the_released_image_it_replaces() -> None:
    table = images([(1, "Food", "near_copy"), (2, "Food", ""), *many(20, start=30)])
    table["group"] = table["group"].mask(table["number"] == 1, f"{2:016x}")
    assert zones(split.split(table, numbers(), EMPTY))[f"{2:016x}"] == "train"
    after = split.split(table, numbers(size=1), listed((1, "test")))
    assert (zones(after)[f"{2:016x}"], chosen(after)[f"{2:016x}"]) == ("test", "test")


def test_the_same_bytes_at_another_address_are_on_the_side_of_the_released_ones() -> None:
    table = images([(2, "Food", "")]).assign(sha256=f"sha{1:016x}")
    assert zones(split.split(table, numbers(), listed((1, "val")))) == {f"{2:016x}": "val"}


def test_a_newcomer_that_would_join_two_zones_is_a_leak() -> None:
    table = images([(1, "Food", "near_copy"), (2, "Food", "near_copy"), (3, "Food", "")])
    table["group"] = f"{3:016x}"
    after = split.split(table, numbers(), listed((1, "test"), (2, "train")))
    assert after[["reason", "rejected_by", "zone", "split"]].to_numpy().tolist() == [
        *([["near_copy", "select", "", ""]] * 2),
        ["leak", "split", "", ""],
    ]


def test_the_step_says_which_split_is_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables.write(images([(number, "Food", "") for number in range(4)]), tmp_path / "in.parquet")
    held = "val: {size: 0, zone: 0.1}, test: {size: 5, zone: 0.9}"
    (tmp_path / "params.yaml").write_text(f"split: {{{held}, strata: equal, together: []}}\n")
    (tmp_path / "released").mkdir()
    paths = {name: tmp_path / name for name in ("in.parquet", "released", "out.parquet", "params.yaml")}
    split.run(argparse.Namespace(**dict(zip(("balanced", "released", "out", "params"), paths.values(), strict=True))))
    assert capsys.readouterr().out == "split: test is short: 4 of 5 images are in its zone\n"
    assert tables.read(tmp_path / "out.parquet")["split"].tolist() == ["test"] * 4
