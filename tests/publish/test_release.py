"""Releasing adds to the list and changes nothing that is there."""

import argparse
from pathlib import Path

import pandas as pd
import pytest

from native4k import tables
from native4k.errors import UserError
from native4k.publish import release

ROWS = [
    # id, group, split
    ("b", "b", "test"),
    ("a", "b", ""),  # a near copy of b
    ("c", "c", "train"),
    ("d", "d", "val"),
    ("e", "e", "reserve"),
    ("f", "e", ""),  # a near copy of what was not published
    ("g", "", ""),  # rejected before it was grouped
]
LISTED = """\
id,zone,representative,sha256
a,test,b,sa
b,test,b,sb
c,train,c,sc
d,val,d,sd
"""


def final(*rows: tuple[str, str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["id", "group", "split"], dtype="str")
    return table.assign(representative=table["group"], sha256="s" + table["id"], reason="")


def released(folder: Path, table: pd.DataFrame) -> str:
    (folder / "released").mkdir(exist_ok=True)
    tables.write(table, folder / "images.parquet")
    release.run(argparse.Namespace(table=folder / "images.parquet", released=folder / "released"))
    return (folder / "released/images.csv").read_text()


def test_what_was_published_is_listed_with_its_near_copies_and_the_reserve_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert released(tmp_path, final(*ROWS)) == LISTED
    assert capsys.readouterr().out == f"{tmp_path / 'released/images.csv'}: 4 images added, 0 were there\n"


def test_releasing_twice_changes_nothing(tmp_path: Path) -> None:
    assert released(tmp_path, final(*ROWS)) == released(tmp_path, final(*ROWS[::-1])) == LISTED


def test_a_later_version_adds_lines_and_keeps_those_of_images_that_are_gone(tmp_path: Path) -> None:
    released(tmp_path, final(*ROWS))
    later = released(tmp_path, final(("bb", "bb", "test"), ("b", "bb", ""), ("h", "h", "train")))
    assert later.splitlines()[1:] == sorted([*LISTED.splitlines()[1:], "bb,test,bb,sbb", "h,train,h,sh"])


def test_other_bytes_of_a_released_image_are_a_line_of_their_own(tmp_path: Path) -> None:
    released(tmp_path, final(*ROWS))
    changed = final(("c", "c", "train")).assign(sha256="s2")
    assert released(tmp_path, changed).splitlines()[3:5] == ["c,train,c,s2", "c,train,c,sc"]


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (("b", "b", "train"), "id b is in train but was released in test; split again"),
        (("z", "z", "val"), "sha256 sb is in val but was released in test; split again"),
    ],
)
def test_an_image_in_another_split_than_it_was_released_in_is_refused(
    tmp_path: Path, row: tuple[str, str, str], line: str
) -> None:
    released(tmp_path, final(*ROWS))
    with pytest.raises(UserError, match=line):
        released(tmp_path, final(row).assign(sha256="sb"))
    assert (tmp_path / "released/images.csv").read_text() == LISTED


def test_a_released_copy_that_another_zone_s_image_stands_for_keeps_its_line(tmp_path: Path) -> None:
    released(tmp_path, final(*ROWS))
    assert released(tmp_path, final(("c", "c", "train"), ("b", "c", ""))) == LISTED
