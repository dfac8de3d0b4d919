"""What shares a host or an author is on one side, and a newcomer that would join two sides is rejected."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native4k.dataset.released_images import CONFLICT
from native4k.dataset.shared_values import join_shared, keys
from native4k.errors import UserError

COLUMNS = ["author", "host"]
ROWS = st.lists(
    st.tuples(st.sampled_from(["", "a", "b", "c"]), st.sampled_from(["", "x", "y", "z"]), st.sampled_from("ttvn   ")),
    max_size=14,
)
ZONES = {"t": "train", "v": "val", "n": "test", " ": ""}


def images(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["author", "host", "given"])
    return table.assign(id=[f"{place:03}" for place in range(len(rows))], given=table["given"].map(ZONES))


def joined(rows: list[tuple[str, str, str]]) -> tuple[list[str], list[str]]:
    table = images(rows)
    zones, names = join_shared(table, table["given"], table["given"] != "", COLUMNS)
    return zones.tolist(), names.tolist()


def test_images_are_joined_through_others_and_those_that_share_nothing_stand_alone() -> None:
    zones, names = joined([("a", "x", " "), ("a", "y", " "), ("b", "y", " "), ("c", "z", " "), ("", "", " ")])
    assert zones == [""] * 5
    assert names[0] == names[1] == names[2] != names[3] != ""
    assert names[4] == ""


def test_what_was_released_gives_its_zone_to_all_that_is_joined_to_it() -> None:
    zones, _ = joined([("a", "x", " "), ("a", "y", " "), ("b", "y", "v"), ("c", "z", " ")])
    assert zones == ["val", "val", "val", ""]


def test_a_newcomer_that_would_join_two_zones_is_left_out_and_the_others_stay() -> None:
    zones, _ = joined([("a", "x", "t"), ("b", "y", "n"), ("a", "y", " "), ("a", "z", " "), ("b", "z", " ")])
    assert zones == ["train", "test", CONFLICT, "train", CONFLICT]


def test_released_images_that_share_what_they_should_not_stay_and_nobody_joins_them() -> None:
    zones, _ = joined([("a", "", "t"), ("a", "", "n"), ("a", "x", " "), ("b", "x", " ")])
    assert zones == ["train", "test", CONFLICT, ""]


def test_a_copy_that_inherits_one_zone_from_a_host_of_another_is_left_out() -> None:
    table = images([("", "x", "n"), ("", "x", "t")])
    zones, _ = join_shared(table, table["given"], pd.Series([True, False]), COLUMNS)
    assert zones.tolist() == ["test", CONFLICT]


def test_with_one_column_the_name_is_that_of_the_value_whoever_has_it() -> None:
    few, many = joined([("", "x", " ")])[1], joined([("", "y", " "), ("", "x", " "), ("", "x", " ")])[1]
    assert many[1:] == few * 2


@settings(max_examples=60)
@given(ROWS)
def test_no_newcomer_shares_a_value_with_another_zone(rows: list[tuple[str, str, str]]) -> None:
    zones, names = joined(rows)
    for place, (*shared, zone) in enumerate(rows):
        assert (zones[place] == ZONES[zone]) or zone == " "
        for other, (*theirs, _) in enumerate(rows):
            touching = any(one == two != "" for one, two in zip(shared, theirs, strict=True))
            if zone == " " and touching and CONFLICT not in {zones[place], zones[other]}:
                assert zones[place] == zones[other]
                assert zones[place] or names[place] == names[other]


def test_the_host_is_that_of_the_url_and_an_empty_value_is_shared_with_nobody() -> None:
    table = pd.DataFrame({"url": ["https://A.example:443/1", "file:1", "demo:2"], "author": ["me", "", None]})
    assert keys(table, ["host", "author"]) == [("host:a.example", "author:me"), (), ()]


def test_a_column_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(UserError, match="split.together: no column 'album'; there are: host, url, author"):
        keys(pd.DataFrame({"url": [], "author": []}), ["album"])
