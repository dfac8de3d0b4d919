"""Rules of select: what a range, a cut and a set of texts reject, by group if asked, and what a missing value does."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k.dataset import rules
from native4k.errors import UserError

NAN = float("nan")
COLUMN = {"column": "score", "per": None, "missing": "reject"}
SCORES = st.lists(st.tuples(st.integers(0, 6), st.sampled_from("ab"), st.booleans()), max_size=30)


def rows(scores: list[float], groups: str = "", kept: list[bool] | None = None) -> rules.Rows:
    table = pd.DataFrame(
        {
            "score": pd.Series(scores, dtype="float64"),
            "source": pd.Series(list(groups or "a" * len(scores)), dtype="str"),
        }
    )
    return rules.Rows(table, np.array(kept or [True] * len(scores), dtype=bool), "select.presets.own.dull")


def rejected(rule: Any, given_: rules.Rows) -> list[float]:
    return given_.table.loc[rules.rejected_by_rule(rule, given_), "score"].tolist()


def cut(drop: float, **more: Any) -> rules.Cut:
    return rules.Cut(**{**COLUMN, "drop": drop, "end": "bottom", **more})


def test_bounds_are_inside_and_null_leaves_a_side_open() -> None:
    values = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert rejected(rules.Range(**COLUMN, min=2.0, max=4.0), rows(values)) == [1.0, 5.0]
    assert rejected(rules.Range(**COLUMN, min=None, max=4.0), rows(values)) == [5.0]
    assert rejected(rules.Range(**COLUMN, min=None, max=None), rows(values)) == []


def test_each_group_has_its_own_bound_and_the_others_share_one() -> None:
    own = rules.Range(**COLUMN | {"per": "source"}, min={"a": 3.0, "b": None, "other": 5.0}, max=None)
    assert rules.rejected_by_rule(own, rows([2, 3, 0, 4, 5], "aabcc")).tolist() == [True, False, False, True, False]


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ({"per": "source", "min": {"a": 3.0}}, r"own\.dull\.min: no bound for source 'b'; add it, or one for 'other'$"),
        ({"per": None, "min": {"a": 3.0}}, r"own\.dull\.min: bounds by group, but 'per' names no column of groups$"),
        ({"per": "sauce", "min": {"other": 3.0}}, r"own\.dull: no text 'sauce'; did you mean 'source'\?$"),
        ({"column": "scores"}, r"own\.dull: no number 'scores'; did you mean 'score'\?$"),
        ({"column": "source"}, r"own\.dull: no number 'source'; there are: score$"),
    ],
)
def test_a_rule_that_fits_no_column_or_group_is_one_line(rule: dict[str, Any], line: str) -> None:
    with pytest.raises(UserError, match=line):
        rules.rejected_by_rule(rules.Range(**{**COLUMN, "min": 1.0, "max": None} | rule), rows([1, 2], "ab"))


@pytest.mark.parametrize(("missing", "also"), [("reject", True), ("pass", False)])
def test_what_is_not_measured_is_rejected_or_passes_and_is_never_counted(missing: Any, also: bool) -> None:
    ranged = rules.Range(**COLUMN | {"missing": missing}, min=2.0, max=None)
    assert rules.rejected_by_rule(ranged, rows([1, NAN, 3])).tolist() == [True, also, False]
    assert rules.rejected_by_rule(cut(0.5, missing=missing), rows([4, 3, NAN, 2, 1])).tolist() == [
        False,
        False,
        also,
        True,
        True,
    ]
    texts = rules.Rows(pd.DataFrame({"license": ["CC0", "", "CC-BY", None]}), np.ones(4, dtype=bool), "")
    one_of = rules.OneOf(column="license", one_of=["CC0"], missing=missing)
    assert rules.rejected_by_rule(one_of, texts).tolist() == [False, also, True, also]


def test_a_cut_drops_its_share_of_the_rows_still_in() -> None:
    values = [float(value) for value in range(10)]
    assert rejected(cut(0.2), rows(values)) == [0.0, 1.0]
    assert rejected(cut(0.2, end="top"), rows(values)) == [8.0, 9.0]
    assert rejected(cut(0.2), rows(values, kept=[False] * 5 + [True] * 5)) == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert rejected(cut(0.29), rows([float(value) for value in range(100)])) == [float(value) for value in range(29)]
    assert rejected(cut(0.5, per="source"), rows([1, 2, 3, 4, 9, 8, 7, 6], "aaaabbbb")) == [1.0, 2.0, 7.0, 6.0]


@pytest.mark.parametrize("drop", [0.0, 0.5, 0.99])
def test_a_cut_among_nobody_one_and_equals_drops_none_of_them(drop: float) -> None:
    assert rejected(cut(drop), rows([])) == []
    assert rejected(cut(drop), rows([3.0])) == []
    assert rejected(cut(drop), rows([3.0] * 7)) == []
    assert rejected(cut(drop), rows([3.0, 1.0], kept=[False, False])) == []


@given(scores=SCORES, drop=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9]), end=st.sampled_from(["bottom", "top"]))
def test_a_cut_never_drops_more_than_its_share_nor_a_better_row_than_it_keeps(
    scores: list[tuple[int, str, bool]], drop: float, end: Any
) -> None:
    values, groups, alive = zip(*scores, strict=True) if scores else ((), (), ())
    given_ = rows(list(map(float, values)), "".join(groups), list(alive))
    hit = rules.rejected_by_rule(cut(drop, end=end, per="source"), given_)
    for name in set(groups):
        inside = given_.kept & (given_.table["source"] == name).to_numpy()
        worse = given_.table["score"].to_numpy() * (1 if end == "bottom" else -1)
        dropped, stays = worse[inside & hit], worse[inside & ~hit]
        assert len(dropped) <= inside.sum() * drop + 1e-9
        if len(stays):
            assert (dropped < stays.min()).all()
            assert (dropped.size + (stays == stays.min()).sum()) > inside.sum() * drop - 1e-9
