"""Select: the preset's rules in their order, a named reason for each; ranges, cuts and sets, by group if asked."""

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

NAN = float("nan")
COLUMN = {"column": "score", "per": None, "missing": "reject"}
SCORES = st.lists(st.tuples(st.integers(0, 6), st.sampled_from("ab"), st.booleans()), max_size=30)


def numbers(rules: dict[str, Any], preset: str = "own") -> select.Params:
    takes = {"radius": 10, "verify": 76, "views": ["middles"], "min_bits": 20}
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


def scored(scores: list[float], groups: str = "", kept: list[bool] | None = None) -> select.Rows:
    table = pd.DataFrame(
        {
            "score": pd.Series(scores, dtype="float64"),
            "source": pd.Series(list(groups or "a" * len(scores)), dtype="str"),
        }
    )
    return select.Rows(table, np.array(kept or [True] * len(scores), dtype=bool), "select.presets.own.dull")


def rejected(rule: Any, given_: select.Rows) -> list[float]:
    return given_.table.loc[select.rejected_by_rule(rule, given_), "score"].tolist()


def cut(drop: float, **more: Any) -> select.Cut:
    return select.Cut(**{**COLUMN, "drop": drop, "end": "bottom", **more})


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
    tables.check_conservation(before, after, "select")
    order = data.draw(st.permutations(range(len(rows))))
    pd.testing.assert_frame_equal(selected(before.iloc[order], rules), after.iloc[order])


@given(rows=st.lists(VALUES, max_size=20), low=st.floats(0, 10), step=st.floats(0, 5))
def test_a_stricter_threshold_never_keeps_more(rows: list[tuple[float, float, str]], low: float, step: float) -> None:
    loose, strict = (selected(images(rows), {"r": RULES["flat"] | {"min": least}}) for least in (low, low + step))
    assert not (tables.is_kept(strict) & ~tables.is_kept(loose)).any()


def test_without_rules_nothing_changes() -> None:
    table = images([(1.0, 1.0, ""), (9.0, 9.0, "truncated")])
    pd.testing.assert_frame_equal(selected(table, {}), table.assign(withheld=False))


def test_a_preset_that_is_not_there_is_one_line_with_the_nearest_name() -> None:
    with pytest.raises(UserError, match=r"^params select\.preset: no 'owm'; there are: own; is it 'own'\?$"):
        select.active_rules(numbers({}, "owm"))


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


def test_bounds_are_inside_and_null_leaves_a_side_open() -> None:
    values = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert rejected(select.Range(**COLUMN, min=2.0, max=4.0), scored(values)) == [1.0, 5.0]
    assert rejected(select.Range(**COLUMN, min=None, max=4.0), scored(values)) == [5.0]
    assert rejected(select.Range(**COLUMN, min=None, max=None), scored(values)) == []


def test_each_group_has_its_own_bound_and_the_others_share_one() -> None:
    own = select.Range(**COLUMN | {"per": "source"}, min={"a": 3.0, "b": None, "other": 5.0}, max=None)
    assert select.rejected_by_rule(own, scored([2, 3, 0, 4, 5], "aabcc")).tolist() == [True, False, False, True, False]


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ({"per": "source", "min": {"a": 3.0}}, r"own\.dull\.min: no bound for source 'b'; add it, or one for 'other'$"),
        ({"per": None, "min": {"a": 3.0}}, r"own\.dull\.min: bounds by group, but 'per' names no column of groups$"),
        ({"per": "sauce", "min": {"other": 3.0}}, r"own\.dull: no text 'sauce'; there are: .*; is it 'source'\?$"),
        ({"column": "scores"}, r"own\.dull: no number 'scores'; there are: score; is it 'score'\?$"),
        ({"column": "source"}, r"own\.dull: no number 'source'; there are: score$"),
    ],
)
def test_a_rule_that_fits_no_column_or_group_is_one_line(rule: dict[str, Any], line: str) -> None:
    with pytest.raises(UserError, match=line):
        select.rejected_by_rule(select.Range(**{**COLUMN, "min": 1.0, "max": None} | rule), scored([1, 2], "ab"))


@pytest.mark.parametrize(("missing", "also"), [("reject", True), ("pass", False)])
def test_what_is_not_measured_is_rejected_or_passes_and_is_never_counted(missing: Any, also: bool) -> None:
    ranged = select.Range(**COLUMN | {"missing": missing}, min=2.0, max=None)
    assert select.rejected_by_rule(ranged, scored([1, NAN, 3])).tolist() == [True, also, False]
    assert select.rejected_by_rule(cut(0.5, missing=missing), scored([4, 3, NAN, 2, 1])).tolist() == [
        False,
        False,
        also,
        True,
        True,
    ]
    texts = select.Rows(pd.DataFrame({"license": ["CC0", "", "CC-BY", None]}), np.ones(4, dtype=bool), "")
    one_of = select.OneOf(column="license", one_of=["CC0"], missing=missing)
    assert select.rejected_by_rule(one_of, texts).tolist() == [False, also, True, also]


def test_a_cut_drops_its_share_of_the_rows_still_in() -> None:
    values = [float(value) for value in range(10)]
    assert rejected(cut(0.2), scored(values)) == [0.0, 1.0]
    assert rejected(cut(0.2, end="top"), scored(values)) == [8.0, 9.0]
    assert rejected(cut(0.2), scored(values, kept=[False] * 5 + [True] * 5)) == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert rejected(cut(0.29), scored([float(value) for value in range(100)])) == [float(value) for value in range(29)]
    assert rejected(cut(0.5, per="source"), scored([1, 2, 3, 4, 9, 8, 7, 6], "aaaabbbb")) == [1.0, 2.0, 7.0, 6.0]


@pytest.mark.parametrize("drop", [0.0, 0.5, 0.99])
def test_a_cut_among_nobody_one_and_equals_drops_none_of_them(drop: float) -> None:
    assert rejected(cut(drop), scored([])) == []
    assert rejected(cut(drop), scored([3.0])) == []
    assert rejected(cut(drop), scored([3.0] * 7)) == []
    assert rejected(cut(drop), scored([3.0, 1.0], kept=[False, False])) == []


@given(scores=SCORES, drop=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9]), end=st.sampled_from(["bottom", "top"]))
def test_a_cut_never_drops_more_than_its_share_nor_a_better_row_than_it_keeps(
    scores: list[tuple[int, str, bool]], drop: float, end: Any
) -> None:
    values, groups, alive = zip(*scores, strict=True) if scores else ((), (), ())
    given_ = scored(list(map(float, values)), "".join(groups), list(alive))
    hit = select.rejected_by_rule(cut(drop, end=end, per="source"), given_)
    for name in set(groups):
        inside = given_.kept & (given_.table["source"] == name).to_numpy()
        worse = given_.table["score"].to_numpy() * (1 if end == "bottom" else -1)
        dropped, stays = worse[inside & hit], worse[inside & ~hit]
        assert len(dropped) <= inside.sum() * drop + 1e-9
        if len(stays):
            assert (dropped < stays.min()).all()
            assert (dropped.size + (stays == stays.min()).sum()) > inside.sum() * drop - 1e-9
