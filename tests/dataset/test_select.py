"""Select: what was asked for is taken down, then the preset's rules in their order, a named reason for each."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k import tables
from native4k.dataset import select, takedown
from native4k.errors import UserError
from native4k.params import validate

RULES: dict[str, Any] = {
    "flat": {"column": "entropy", "min": 3.0, "max": None, "per": None, "missing": "reject"},
    "noisy": {"column": "entropy", "min": None, "max": 7.0, "per": None, "missing": "reject"},
    "blurred": {"column": "detail", "min": 1.0, "max": 2.0, "per": None, "missing": "reject"},
}
CUTS: dict[str, Any] = {
    name: {"column": name, "drop": 0.25, "end": "bottom", "per": None, "missing": "pass"}
    for name in ("entropy", "detail")
}
VALUES = st.tuples(
    st.floats(0, 10) | st.just(float("nan")),
    st.floats(0, 3) | st.just(float("nan")),
    st.sampled_from(["", "", "truncated"]),
)


def numbers(rules: dict[str, Any], preset: str = "own") -> select.Params:
    takes = {"radius": 10, "verify": 76, "middles": True, "min_bits": 20}
    return validate(select.Params, {"preset": preset, "presets": {"own": rules}, "takedown": takes}, "select")


def selected(table: pd.DataFrame, rules: dict[str, Any]) -> pd.DataFrame:
    return select.select(table, takedown.NO_REQUESTS, numbers(rules))


def images(rows: list[tuple[float, float, str]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["entropy", "detail", "reason"]).astype({"entropy": float, "detail": float})
    return table.assign(
        id=[f"{number:016x}" for number in range(len(rows))],
        category="Food",
        rejected_by=table["reason"].map(lambda reason: "probe" if reason else ""),
    )


def test_each_row_gets_the_first_reason_that_hits_it() -> None:
    rows: dict[tuple[float, float, str], str] = {
        (5.0, 1.5, ""): "",
        (3.0, 1.0, ""): "",  # bounds are inside
        (7.0, 2.0, ""): "",
        (2.9, 0.0, ""): "flat",
        (7.1, 0.0, ""): "noisy",
        (5.0, 0.9, ""): "blurred",
        (5.0, 2.1, ""): "blurred",
        (np.nan, 1.5, ""): "flat",  # unmeasured is outside
        (2.0, 1.5, "truncated"): "truncated",
    }
    table = selected(images(list(rows)), RULES)
    assert table["reason"].tolist() == list(rows.values())
    assert table["rejected_by"].tolist() == [{"": "", "truncated": "probe"}.get(r, "select") for r in rows.values()]


def test_cuts_in_a_row_look_at_the_same_images_and_a_range_between_them_narrows_what_they_see() -> None:
    table = images([(1, 4, ""), (2, 1, ""), (3, 2, ""), (4, 3, ""), (0, 0, "truncated")])
    entropy, detail = CUTS.items()
    assert selected(table, CUTS)["reason"].tolist() == ["entropy", "detail", "", "", "truncated"]
    open_: dict[str, Any] = {"none": RULES["noisy"] | {"max": None}}
    between = dict([entropy]) | open_ | dict([detail])
    assert selected(table, between)["reason"].tolist() == ["entropy", "", "", "", "truncated"], "a quarter of three"


@given(rows=st.lists(VALUES, max_size=20), rules=st.sampled_from([RULES, CUTS, RULES | CUTS]), data=st.data())
def test_select_conserves_and_does_not_care_for_order(
    rows: list[tuple[float, float, str]], rules: dict[str, Any], data: st.DataObject
) -> None:
    before = images(rows)
    after = selected(before, rules)
    tables.conserve(before, after, "select")
    order = data.draw(st.permutations(range(len(rows))))
    pd.testing.assert_frame_equal(selected(before.iloc[order], rules), after.iloc[order])


@given(rows=st.lists(VALUES, max_size=20), low=st.floats(0, 10), step=st.floats(0, 5))
def test_a_stricter_threshold_never_keeps_more(rows: list[tuple[float, float, str]], low: float, step: float) -> None:
    loose, strict = (selected(images(rows), {"r": RULES["flat"] | {"min": least}}) for least in (low, low + step))
    assert not (tables.kept(strict) & ~tables.kept(loose)).any()


def test_without_rules_nothing_changes() -> None:
    table = images([(1.0, 1.0, ""), (9.0, 9.0, "truncated")])
    pd.testing.assert_frame_equal(selected(table, {}), table.assign(withheld=False))


def test_a_preset_that_is_not_there_is_one_line_with_the_nearest_name() -> None:
    with pytest.raises(UserError, match=r"^params select\.preset: no 'owm'; did you mean 'own'\?$"):
        select.active(numbers({}, "owm"))


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (
            {"column": "detail", "drop": 1.5, "end": "top", "per": None, "missing": "pass"},
            r"dull\.cut\.drop: .*less than 1",
        ),
        ({"column": "detail", "drop": 0.5, "per": None, "missing": "pass"}, r"dull\.cut\.end: missing key"),
        ({"column": "detail", "one_of": [], "per": None, "missing": "pass"}, r"dull\.set\.per: unknown key"),
        ({"column": "detail", "min": 1, "max": 2, "per": None, "missing": "no"}, r"dull\.range\.missing: .*'pass'"),
    ],
)
def test_a_wrong_rule_is_one_line_that_names_its_key(rule: dict[str, Any], line: str) -> None:
    with pytest.raises(UserError, match=line):
        numbers({"dull": rule})
