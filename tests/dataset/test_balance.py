"""The cap on the largest categories."""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k import tables
from native4k.dataset import balance
from native4k.errors import UserError

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Food", "CGI", "Nature", "unknown"]), st.integers(0, 5), st.sampled_from(["", "", "near_copy"])
    ),
    max_size=25,
)


def images(rows: list[tuple[str, int, str]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["category", "detail", "reason"]).astype({"detail": float})
    return table.assign(
        id=[f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}" for number in range(1, len(rows) + 1)],
        rejected_by=table["reason"].map(lambda reason: "dedup" if reason else ""),
    )


def capped(max_ratio: float | None, keep_unknown: bool = True, **more: Any) -> balance.Params:
    best = balance.Best(column="detail", highest=True)
    return balance.Params(
        **{"max_ratio": max_ratio, "quotas": None, "best": best, "keep_unknown": keep_unknown, **more}
    )


@pytest.mark.parametrize(("keep_unknown", "unknown"), [(True, ["", ""]), (False, ["no_category", "no_category"])])
def test_the_least_detailed_above_the_cap_are_left_out(keep_unknown: bool, unknown: list[str]) -> None:
    rows = [("Food", 1, ""), ("Food", 9, "near_copy"), ("CGI", 5, ""), ("CGI", 1, ""), ("CGI", 3, "")]
    table = images([*rows, ("unknown", 9, ""), ("unknown", 1, "")])
    after = balance.balance(table, capped(2.0, keep_unknown))
    assert after["reason"].tolist() == ["", "near_copy", "", "category_full", "", *unknown]


def test_of_equals_the_first_ids_stay() -> None:
    table = images([("Food", 1, ""), *[("CGI", 1, "")] * 3]).assign(id=["d", "c", "a", "b"])
    after = balance.balance(table, capped(1.0))
    assert dict(zip(after["id"], after["reason"], strict=True)) == {
        "d": "",
        "c": "category_full",
        "a": "",
        "b": "category_full",
    }


@given(rows=ROWS, ratio=st.floats(1, 4), keep_unknown=st.booleans(), data=st.data())
def test_what_must_hold_of_any_collection(
    rows: list[tuple[str, int, str]], ratio: float, keep_unknown: bool, data: st.DataObject
) -> None:
    numbers = capped(ratio, keep_unknown)
    before = images(rows)
    after = balance.balance(before, numbers)
    tables.check_conservation(before, after, "balance")

    known = before[tables.is_kept(before) & (before["category"] != "unknown")]["category"].value_counts()
    kept = after[tables.is_kept(after)]["category"].value_counts()
    cap = int(known.min() * ratio + 1e-9) if len(known) else 0
    assert {name: count for name, count in kept.items() if name != "unknown"} == {
        name: min(count, cap) for name, count in known.items()
    }
    unknown = (before["category"] == "unknown") & tables.is_kept(before)
    assert (after.loc[unknown, "reason"] == ("" if keep_unknown else "no_category")).all()
    pd.testing.assert_frame_equal(balance.balance(after, numbers), after)

    order = data.draw(st.permutations(range(len(rows))))
    shuffled = balance.balance(before.iloc[order].reset_index(drop=True), numbers)
    pd.testing.assert_series_equal(
        shuffled.set_index("id")["reason"].sort_index(), after.set_index("id")["reason"].sort_index()
    )


@given(rows=ROWS, food=st.integers(0, 4), cgi=st.integers(0, 30))
def test_quotas_are_exact_or_take_all_there_is(rows: list[tuple[str, int, str]], food: int, cgi: int) -> None:
    quotas = {"Food": food, "CGI": cgi, "Nature": 1}
    before = images(rows)
    after = balance.balance(before, capped(None, quotas=quotas))
    tables.check_conservation(before, after, "balance")
    there, kept = (table[tables.is_kept(table)]["category"].value_counts() for table in (before, after))
    for name, quota in quotas.items():
        assert kept.get(name, 0) == min(quota, there.get(name, 0))
    assert kept.get("unknown", 0) == there.get("unknown", 0)
    best = before[tables.is_kept(before) & (before["category"] == "Food")].sort_values(
        ["detail", "id"], ascending=[False, True]
    )
    stays = after[tables.is_kept(after) & (after["category"] == "Food")]
    assert set(stays["id"]) == set(best["id"][:food])


def test_the_lowest_stay_if_they_are_best_and_the_unmeasured_go_first() -> None:
    table = images([("Food", 3, ""), ("Food", 1, ""), ("Food", 2, "")])
    table.loc[1, "detail"] = float("nan")
    for highest, reasons in (
        (True, ["", "category_full", "category_full"]),
        (False, ["category_full", "category_full", ""]),
    ):
        best = balance.Best(column="detail", highest=highest)
        assert balance.balance(table, capped(None, quotas={"Food": 1}, best=best))["reason"].tolist() == reasons


@pytest.mark.parametrize(("ratio", "cap"), [(1.15, 115), (1.5, 150), (1.0, 100), (2.999, 299)])
def test_the_cap_is_the_product_as_it_is_written(ratio: float, cap: int) -> None:
    assert balance.caps({"Food": 100, "CGI": 1000, "Empty": 0}, capped(ratio)) == {
        "Food": cap,
        "CGI": cap,
        "Empty": cap,
    }


def test_without_ratio_and_quotas_all_stay() -> None:
    table = images([("Food", 1, ""), *[("CGI", 1, "")] * 9])
    pd.testing.assert_frame_equal(balance.balance(table, capped(None)), table)


@pytest.mark.parametrize("rows", [[], [("Food", 1, "")], [("Food", 1, "flat"), ("CGI", 1, "flat")]])
def test_nobody_one_image_and_zero_kept_are_left_as_they_are(rows: list[tuple[str, int, str]]) -> None:
    pd.testing.assert_frame_equal(balance.balance(images(rows), capped(1.0)), images(rows))


@pytest.mark.parametrize(
    ("numbers", "line"),
    [
        (capped(1.5, quotas={"Food": 1}), r"^params balance: max_ratio and quotas exclude each other; set one of them"),
        (
            capped(None, quotas={"CGI": 1}),
            r"^params balance\.quotas: none for 'Food'; add one \(0 leaves all of it out\)$",
        ),
        (
            capped(1.5, best=balance.Best(column="detial", highest=True)),
            r"^params balance\.best\.column: no number 'detial'; there are: .*; is it 'detail'\?$",
        ),
    ],
)
def test_numbers_that_do_not_fit_are_one_line(numbers: balance.Params, line: str) -> None:
    with pytest.raises(UserError, match=line):
        balance.balance(images([("Food", 1, "")]), numbers)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("max_ratio: 1.5, quotas: null", ["balance: Nature is short: 0 images are left"]),
        (
            "max_ratio: null, quotas: {Food: 2, CGI: 1, Nature: 3}",
            ["balance: Food is short: 1 of 2 images are left", "balance: Nature is short: 0 of 3 images are left"],
        ),
    ],
)
def test_the_step_says_which_category_is_empty_or_short(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], section: str, said: list[str]
) -> None:
    tables.write(images([("Food", 1, ""), ("CGI", 2, ""), ("Nature", 3, "flat")]), tmp_path / "in.parquet")
    best = "best: {column: detail, highest: true}, keep_unknown: true"
    (tmp_path / "params.yaml").write_text(f"balance: {{{section}, {best}}}")
    paths = {"deduped": "in.parquet", "out": "out.parquet", "params": "params.yaml"}
    balance.run(argparse.Namespace(**{name: tmp_path / path for name, path in paths.items()}))
    assert capsys.readouterr().out.splitlines() == said
    assert sorted(tables.read(tmp_path / "out.parquet")["reason"]) == ["", "", "flat"]
