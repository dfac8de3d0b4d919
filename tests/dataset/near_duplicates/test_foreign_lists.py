"""Images that are also on a foreign list: found, told by list, and rejected with their copies or only reported."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native4k import cli, tables
from native4k.dataset import dedup
from native4k.dataset.near_duplicates import foreign_lists
from native4k.errors import UserError
from tests.dataset.near_duplicates.test_groups import pictures
from tests.dataset.signed import signed
from tests.dataset.test_dedup import CENTRES, NUMBERS, deduped

MINE, THEIRS = CENTRES[0], CENTRES[1]


def listed(phashes: list[int], **columns: Any) -> pd.DataFrame:
    """A foreign list: other pictures, with names."""
    table = signed(phashes).assign(pixels=[f"{row:032x}" for row in range(900, 900 + len(phashes))])
    return table.assign(id=[f"{row:04}.png" for row in range(len(phashes))], **columns)


def test_a_match_is_rejected_with_its_copies_or_reported_as_its_list_says() -> None:
    table = signed([MINE, MINE ^ 0b111, THEIRS], bits_per_pixel=[3.0, 2.0, 1.0])
    foreign = {"DIV2K": listed([MINE ^ 0b111])}
    after = deduped(table, 3, firewall={"DIV2K": "reject"}, foreign=foreign)
    assert after["foreign"].tolist() == ["DIV2K/0000.png", "DIV2K/0000.png", ""]
    assert after["reason"].tolist() == ["foreign_DIV2K", "foreign_DIV2K", ""]
    assert set(after["rejected_by"]) == {"dedup", ""}
    said = deduped(table, 3, firewall={"DIV2K": "report"}, foreign=foreign)
    assert said["foreign"].tolist() == after["foreign"].tolist()
    assert said["reason"].tolist() == ["", "near_copy", ""]


def test_a_group_goes_when_only_one_of_its_members_matches() -> None:
    table = signed([MINE, MINE ^ 0b111], bits_per_pixel=[3.0, 2.0])
    after = deduped(table, 3, firewall={"own": "reject"}, foreign={"own": listed([MINE ^ 0b111111])})
    assert after["foreign"].tolist() == ["", "own/0000.png"]
    assert after["reason"].tolist() == ["foreign_own", "foreign_own"]


def test_the_first_list_that_rejects_is_named_and_blank_pictures_match_by_their_pixels() -> None:
    table = signed([MINE, CENTRES[3], CENTRES[3]])
    blank = listed([CENTRES[3]]).assign(pixels=table["pixels"][2])
    foreign = {"b": listed([MINE]), "a": listed([MINE]), "blank": blank}
    after = deduped(table, firewall={"a": "report", "b": "reject", "blank": "reject"}, foreign=foreign)
    assert after["foreign"].tolist() == ["b/0000.png", "", "blank/0000.png"]
    assert after["reason"].tolist() == ["foreign_b", "", "foreign_blank"]


@given(count=st.integers(0, 40), other=st.integers(0, 40), seed=st.integers(0, 10**6))
@settings(max_examples=25)
def test_both_ways_of_comparing_find_the_first_copy(count: int, other: int, seed: int) -> None:
    both = pictures(count + other, seed)
    expected = [
        next((row for row in range(count) if both.near(row, np.array([one]))[0]), count)
        for one in range(count, count + other)
    ]
    assert foreign_lists.match_with_numpy(both, count, 1).tolist() == expected
    if count:
        assert foreign_lists.match_with_index(both, count, 2).tolist() == expected


def test_the_step_says_what_matched_each_list(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "params.yaml").write_text("")
    tables.write(signed([MINE, MINE ^ 1, THEIRS], bits_per_pixel=[3.0, 2.0, 1.0]), tmp_path / "in.parquet")
    tables.write(listed([MINE, 2**40], failure=["", ""]), tmp_path / "lists" / "Urban100.parquet")
    tables.write(listed([THEIRS]), tmp_path / "lists" / "mine.parquet")
    numbers = NUMBERS | {"firewall": {"mine": "report", "Urban100": "reject"}}
    (tmp_path / "params.yaml").write_text(str({"dedup": numbers}).replace("None", "null").replace("True", "true"))
    paths = [str(tmp_path / name) for name in ("in.parquet", "out.parquet", "lists", "params.yaml")]
    assert cli.main(["dedup", *paths[:2], "--foreign", paths[2], "--params", paths[3]]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "dedup: 2 images match the 2 of Urban100: 2 rejected with their copies",
        "dedup: 1 images match the 1 of mine: reported only",
    ]
    assert tables.read(tmp_path / "out.parquet")["reason"].tolist() == ["foreign_Urban100", "foreign_Urban100", ""]


def test_lists_and_what_to_do_with_them_belong_together(tmp_path: Path) -> None:
    tables.write(listed([MINE]), tmp_path / "DIV2K.parquet")
    with pytest.raises(UserError, match=r"DIV2K.parquet: dedup.firewall does not say what to do; add DIV2K: "):
        foreign_lists.read_foreign_lists(tmp_path, {})
    with pytest.raises(UserError, match=r"dedup.firewall.Set5: there is no such list \(.*Set5.parquet\); `"):
        foreign_lists.read_foreign_lists(tmp_path, {"DIV2K": "reject", "Set5": "report"})
    with pytest.raises(UserError, match="there is no such list .no folder was given with --foreign."):
        foreign_lists.read_foreign_lists(None, {"Set5": "report"})
    assert foreign_lists.read_foreign_lists(None, {}) == {}


def test_a_picture_that_could_not_be_read_matches_nothing(tmp_path: Path) -> None:
    table = listed([MINE, THEIRS])
    table.loc[0, ["phash", "pixels", "signature", "view_phash", "view_signature"]] = ""
    tables.write(table, tmp_path / "own.parquet")
    assert foreign_lists.read_foreign_lists(tmp_path, {"own": "report"})["own"]["id"].tolist() == ["0001.png"]


def test_a_list_with_other_views_is_refused(tmp_path: Path) -> None:
    one = listed([MINE]).assign(view_phash="0" * 16, view_signature="0" * 64)
    tables.write(one, tmp_path / "own.parquet")
    with pytest.raises(UserError, match=r"own.parquet: signatures of other views; make it again"):
        foreign_lists.read_foreign_lists(tmp_path, {"own": "report"})


def test_nothing_matches_an_empty_list_or_in_an_empty_collection() -> None:
    numbers = dedup.Params(**(NUMBERS | {"firewall": {"own": "reject"}}))
    for table, own in ((signed([MINE]), listed([])), (signed([]), listed([MINE]))):
        assert set(dedup.dedup(table, numbers, foreign={"own": own})["foreign"]) <= {""}
