"""Thresholds: a named reason for each column that must lie in a range."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k import tables
from native4k.dataset import select
from native4k.errors import UserError

NUMBERS = select.Params(
    thresholds={
        "flat": select.Threshold(column="entropy", min=3.0, max=None),
        "noisy": select.Threshold(column="entropy", min=None, max=7.0),
        "blurred": select.Threshold(column="detail", min=1.0, max=2.0),
    }
)
VALUES = st.tuples(
    st.floats(0, 10) | st.just(float("nan")),
    st.floats(0, 3) | st.just(float("nan")),
    st.sampled_from(["", "", "truncated"]),
)


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
    table = select.select(images(list(rows)), NUMBERS)
    assert table["reason"].tolist() == list(rows.values())
    assert table["rejected_by"].tolist() == [{"": "", "truncated": "probe"}.get(r, "select") for r in rows.values()]


@given(rows=st.lists(VALUES, max_size=20), data=st.data())
def test_select_conserves_is_idempotent_and_does_not_care_for_order(
    rows: list[tuple[float, float, str]], data: st.DataObject
) -> None:
    before = images(rows)
    after = select.select(before, NUMBERS)
    tables.conserve(before, after, "select")
    pd.testing.assert_frame_equal(select.select(after, NUMBERS), after)
    order = data.draw(st.permutations(range(len(rows))))
    pd.testing.assert_frame_equal(select.select(before.iloc[order], NUMBERS), after.iloc[order])


@given(rows=st.lists(VALUES, max_size=20), low=st.floats(0, 10), step=st.floats(0, 5))
def test_a_stricter_threshold_never_keeps_more(rows: list[tuple[float, float, str]], low: float, step: float) -> None:
    loose, strict = (
        select.select(
            images(rows), select.Params(thresholds={"r": select.Threshold(column="entropy", min=least, max=None)})
        )
        for least in (low, low + step)
    )
    assert not (tables.kept(strict) & ~tables.kept(loose)).any()


def test_without_thresholds_nothing_changes() -> None:
    table = images([(1.0, 1.0, ""), (9.0, 9.0, "truncated")])
    pd.testing.assert_frame_equal(select.select(table, select.Params(thresholds={})), table)


@pytest.mark.parametrize("column", ["sharpness", "category"])
def test_a_column_that_is_no_number_is_one_line_that_names_reason_and_choices(column: str) -> None:
    numbers = select.Params(thresholds={"dull": select.Threshold(column=column, min=1.0, max=None)})
    with pytest.raises(UserError, match=rf"select\.thresholds\.dull: no number '{column}'; there are: entropy, detail"):
        select.select(images([(1.0, 1.0, "")]), numbers)
