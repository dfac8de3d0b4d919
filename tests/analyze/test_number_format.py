"""native4k.analyze.number_format: shares in percent, amounts in three digits, intervals beside them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k.analyze import number_format
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
    assert number_format.percent(figure) == shown


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
    assert number_format.format_amount(figure) == shown


@given(st.floats(1e-3, 1e12))
def test_a_number_that_is_read_again_is_nearly_itself(value: float) -> None:
    assert float(number_format.format_number(value).replace(",", "")) == pytest.approx(value, rel=0.0051)
