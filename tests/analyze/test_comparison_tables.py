import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k.analyze import comparison_tables
from native4k.analyze.comparison_tables import Table, Trees
from native4k.analyze.estimates import Estimate


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (None, "-"),
        (Estimate(0), "0 %"),
        (Estimate(0.0), "0 %"),
        (Estimate(1), "100 %"),
        (Estimate(0.1), "10.0 %"),
        (Estimate(0.12345), "12.3 %"),
        (Estimate(0.0123), "1.23 %"),
        (Estimate(0.5, (0.4, 0.61)), "50.0 % (40.0 to 61.0)"),
        (Estimate(0.0, (0.0, 0.0123)), "0 % (0 to 1.23)"),
    ],
)
def test_a_share_is_written_in_percent(figure: Estimate | None, shown: str) -> None:
    assert comparison_tables.percent(figure) == shown


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (None, "-"),
        (7, "7"),
        (3.0, "3"),
        (3.14159, "3.14"),
        (0.000123456, "under 0.001"),
        (0, "0"),
        (99.96, "100"),
        (123.4, "123"),
        (1234567.8, "1,234,568"),
        (-2.5, "-2.5"),
        (Estimate(1e6), "1,000,000"),
        (Estimate(2.5, (1.25, 1500)), "2.5 (1.25 to 1,500)"),
    ],
)
def test_a_number_is_written_in_three_digits_or_whole(figure: Estimate | float | None, shown: str) -> None:
    assert comparison_tables.format_amount(figure) == shown


@given(st.floats(1e-3, 1e12))
def test_a_number_that_is_read_again_is_nearly_itself(value: float) -> None:
    assert float(comparison_tables.format_number(value).replace(",", "")) == pytest.approx(value, rel=0.0051)


def test_what_all_have_and_what_some_have_stand_beside_each_other() -> None:
    trees: Trees = {"one": {"a": {"x": {"p": Estimate(0.5)}}}, "two": {"a": None}, "three": {}}
    found = comparison_tables.select_keys(trees, "a", "x")
    assert found == {"one": {"p": Estimate(0.5)}, "two": {}, "three": {}}
    assert comparison_tables.comparison_table("it", found) == Table(
        "it", ["", "one", "two", "three"], [["p", "50.0 %", "-", "-"]]
    )


def test_rows_are_in_the_order_in_which_they_are_first_met() -> None:
    trees: Trees = {"one": {"b": Estimate(1), "a": None}, "two": {"c": Estimate(0), "b": Estimate(0.25)}}
    assert comparison_tables.comparison_table("", trees).rows == [
        ["b", "100 %", "25.0 %"],
        ["a", "-", "-"],
        ["c", "-", "0 %"],
    ]
