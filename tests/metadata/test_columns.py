"""Whatever columns come in, ours come out, or one line that names the column."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k.errors import UserError
from native4k.metadata import columns
from native4k.sources.laion_high_resolution import SOURCE
from tests.metadata.frames import in_our_columns

ABSURD = [float("nan"), float("inf"), float("-inf"), -1.0, 0.0, 4000.5, 1e300, 4000.0, None]


def widths(values: pl.Series) -> list[int | None]:
    """The declared widths that become of a column's."""
    rows = pl.DataFrame({"URL": ["https://example.org/"] * len(values), "WIDTH": values, "HEIGHT": values})
    return in_our_columns(rows, SOURCE, "part").get_column("declared_width").to_list()


def complaint(*names: str) -> str:
    """What is said of a file with these columns."""
    with pytest.raises(UserError) as raised:
        columns.match_columns(names, SOURCE, "part.csv")
    return str(raised.value)


def test_sizes_that_cannot_be_are_minus_one_and_nan_is_absent() -> None:
    assert widths(pl.Series(ABSURD)) == [None, -1, -1, -1, -1, -1, -1, 4000, None]


def test_sizes_as_text_are_read_like_numbers() -> None:
    told = ["4000", " 4000.0 ", "4e3", "nan", "", " ", "-4", "abc", "inf", "0x10", "9" * 30, None]
    assert widths(pl.Series(told)) == [4000, 4000, 4000, None, None, None, -1, -1, -1, -1, -1, None]


def test_sizes_of_other_types_are_impossible_and_not_an_error() -> None:
    assert widths(pl.Series([[1], None])) == [-1, None]
    assert widths(pl.Series([True, None])) == [-1, None]
    assert widths(pl.Series([None, None])) == [None, None]
    assert widths(pl.Series([2**64 - 1], dtype=pl.UInt64)) == [-1]
    assert widths(pl.Series([200], dtype=pl.UInt8)) == [200]


def test_a_score_is_finite_or_null_and_a_zero_has_no_sign() -> None:
    told = pl.Series([-0.0, 0.25, float("nan"), float("inf"), None])
    rows = pl.DataFrame({"URL": "https://example.org/", "WIDTH": 1, "HEIGHT": 1, "similarity": told})
    assert list(map(str, in_our_columns(rows, SOURCE, "part")["similarity"])) == ["0.0", "0.25", *["None"] * 3]


@given(
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)).map(lambda told: pl.Series(told, dtype=pl.Int64))
    | st.lists(st.none() | st.integers(0, 2**8 - 1)).map(lambda told: pl.Series(told, dtype=pl.UInt8))
    | st.lists(st.none() | st.floats()).map(lambda told: pl.Series(told, dtype=pl.Float64))
    | st.lists(st.none() | st.floats(width=32)).map(lambda told: pl.Series(told, dtype=pl.Float32))
    | st.lists(st.none() | st.floats().map(str) | st.integers().map(str) | st.text()).map(
        lambda told: pl.Series(told, dtype=pl.String)
    )
)
def test_a_size_is_null_or_minus_one_or_possible(told: pl.Series) -> None:
    found = widths(told)
    assert len(found) == len(told)
    assert [one for one in found if one not in {None, -1} and not 1 <= (one or 0) <= columns.MAX_SIDE] == []


def test_a_column_is_found_in_any_case() -> None:
    assert columns.match_columns(["url", "Width", "HEIGHT"], SOURCE, "part") == {
        "url": "url",
        "declared_width": "Width",
        "declared_height": "HEIGHT",
    }


def test_a_missing_column_is_named_with_the_nearest_spelling() -> None:
    assert complaint("URLS", "WIDTH", "HEIGHT") == (
        "part.csv: column 'URL' is missing; the nearest is 'URLS'; there are: URLS, WIDTH, HEIGHT; "
        "is it another source's file?"
    )


def test_ten_thousand_columns_are_not_all_listed() -> None:
    names = [f"c{number}" for number in range(10_000)]
    assert complaint(*names) == (
        f"part.csv: column 'URL' is missing; there are: {', '.join(names[:20])} and 9,980 more; "
        "is it another source's file?"
    )


def test_a_list_is_no_text() -> None:
    rows = pl.DataFrame({"URL": [["a"]], "WIDTH": [1], "HEIGHT": [1]})
    with pytest.raises(UserError, match=r"^part: column 'URL': expected text, found List\(String\)$"):
        in_our_columns(rows, SOURCE, "part")
