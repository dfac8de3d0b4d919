"""The cap on the largest categories."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k import tables
from native4k.dataset import balance

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


@pytest.mark.parametrize(("keep_unknown", "unknown"), [(True, ["", ""]), (False, ["no_category", "no_category"])])
def test_the_least_detailed_above_the_cap_are_left_out(keep_unknown: bool, unknown: list[str]) -> None:
    rows = [("Food", 1, ""), ("Food", 9, "near_copy"), ("CGI", 5, ""), ("CGI", 1, ""), ("CGI", 3, "")]
    table = images([*rows, ("unknown", 9, ""), ("unknown", 1, "")])
    after = balance.balance(table, balance.Params(max_ratio=2.0, keep_unknown=keep_unknown))
    assert after["reason"].tolist() == ["", "near_copy", "", "category_full", "", *unknown]


def test_of_equals_the_first_ids_stay() -> None:
    table = images([("Food", 1, ""), *[("CGI", 1, "")] * 3]).assign(id=["d", "c", "a", "b"])
    after = balance.balance(table, balance.Params(max_ratio=1.0, keep_unknown=True))
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
    numbers = balance.Params(max_ratio=ratio, keep_unknown=keep_unknown)
    before = images(rows)
    after = balance.balance(before, numbers)
    tables.conserve(before, after, "balance")

    known = before[tables.kept(before) & (before["category"] != "unknown")]["category"].value_counts()
    kept = after[tables.kept(after)]["category"].value_counts()
    cap = int(known.min() * ratio) if len(known) else 0
    assert {name: count for name, count in kept.items() if name != "unknown"} == {
        name: min(count, cap) for name, count in known.items()
    }
    unknown = (before["category"] == "unknown") & tables.kept(before)
    assert (after.loc[unknown, "reason"] == ("" if keep_unknown else "no_category")).all()

    order = data.draw(st.permutations(range(len(rows))))
    shuffled = balance.balance(before.iloc[order].reset_index(drop=True), numbers)
    pd.testing.assert_series_equal(
        shuffled.set_index("id")["reason"].sort_index(), after.set_index("id")["reason"].sort_index()
    )
