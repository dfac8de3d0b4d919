"""The lists of released images: read strictly, matched by id, by bytes and by group."""

from pathlib import Path

import pandas as pd
import pytest

from native4k import tables
from native4k.dataset import dedup, released_images
from native4k.errors import UserError
from tests.dataset.signed import DEDUP, signed

NUMBERS = dedup.Params(**(DEDUP | {"verify": 0, "views": [], "min_bits": 8}))
HEAD = "id,zone,representative,sha256\n"


def lists(*rows: tuple[str, str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["id", "zone", "sha256"], dtype="str")
    return table.assign(representative=table["id"])[released_images.COLUMNS]


def images(*rows: tuple[str, str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["id", "group", "sha256"], dtype="str")
    reason = (table["id"] != table["group"]).map({True: "near_copy", False: ""})
    return table.assign(reason=reason, rejected_by="")


def test_a_project_that_has_released_nothing_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("no list")
    found = released_images.read_lists(tmp_path)
    assert list(found) == released_images.COLUMNS
    assert len(found) == 0


def test_all_lists_of_the_folder_are_read_and_may_repeat_each_other(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text(HEAD + "i2,val,i2,s2\ni1,test,i1,s1\n")
    (tmp_path / "a.csv").write_text(HEAD + "i1,test,i1,s1\ni1,test,i1,s3\n")
    assert released_images.read_lists(tmp_path)[["id", "zone", "sha256"]].to_numpy().tolist() == [
        *(["i1", "test", "s1"], ["i1", "test", "s3"]),
        *(["i2", "val", "s2"], ["i1", "test", "s1"]),
    ]


REMOVE = "remove what was not released"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("id,zone\ni1,test\n", "a.csv: columns id, zone; expected id, zone, representative, sha256"),
        (HEAD + "i1,test,i1,s1\ni2,reserve,i2,s2\n", "a.csv: line 3: zone 'reserve' is none of train, val, test, or "),
        (HEAD + "<<<<<<< ours\n", "a.csv: line 2: zone '' is none of train, val, test, or a value is missing"),
        (HEAD + "i1,test,i1,\n", "a.csv: line 2: zone 'test' is none of train, val, test, or a value is missing"),
        (
            HEAD + "i1,test,i1,s1\ni1,train,i1,s1\n",
            f"a.csv: line 3: id i1 is in train, but a.csv: line 2 has it in test; {REMOVE}",
        ),
        (
            HEAD + "i1,test,i1,s1\ni2,train,i2,s1\n",
            f"a.csv: line 3: sha256 s1 is in train, but a.csv: line 2 has it in test; {REMOVE}",
        ),
        (HEAD + "i1,test,i1,s1,more,and more\n", "a.csv: "),
        ("", "a.csv: not readable as CSV: No columns to parse from file"),
    ],
)
def test_a_list_with_a_fault_is_one_line_that_names_the_row(tmp_path: Path, content: str, line: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(UserError) as caught:
        released_images.read_lists(tmp_path)
    assert str(caught.value).replace(f"{tmp_path}/", "").startswith(line)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere: no such folder; it holds the lists of released images"):
        released_images.read_lists(tmp_path / "nowhere")


def test_an_image_is_released_by_its_id_its_bytes_or_its_group_and_its_own_zone_comes_first() -> None:
    known = lists(("by_id", "val", "s1"), ("old", "test", "by_bytes"), ("own", "train", "s3"), ("copy", "test", "s4"))
    table = images(
        *(
            ("by_id", "by_id", "changed"),
            ("new", "new", "by_bytes"),
            ("better", "better", "x"),
            ("other", "other", "y"),
        ),
        *(("by_id2", "better", "by_bytes"), ("own", "own", "s3"), ("copy", "own", "s4"), ("alone", "", "z")),
    )
    zones = released_images.released_zones(table, known).tolist()
    assert zones == ["val", "test", "test", "", "test", "train", "test", ""]


def test_an_image_whose_id_and_bytes_were_released_in_two_zones_is_a_conflict() -> None:
    known = lists(("i1", "train", "s1"), ("i2", "test", "s2"))
    assert released_images.released_zones(images(("i1", "i1", "s2")), known).tolist() == [released_images.CONFLICT]


def hashed(*rows: tuple[str, int, float]) -> pd.DataFrame:
    """Images of an id, so many bits of one picture's pHash flipped, and bits a pixel."""
    ids, flips, details = zip(*rows, strict=True)
    phashes = [0x5555555555555555 ^ ((1 << count) - 1) for count in flips]
    return signed(phashes, id=list(ids), sha256=[f"sha{id_}" for id_ in ids], bits_per_pixel=list(details))


def reasons(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["id"], table["reason"], strict=True))


def test_a_newcomer_between_released_images_of_two_zones_is_a_leak_and_they_stay() -> None:
    table = hashed(("a", 0, 1.0), ("b", 16, 1.0), ("bridge", 8, 9.0), ("near_a", 1, 0.5), ("far", 40, 1.0))
    alone = dedup.dedup(table, NUMBERS)
    assert reasons(alone) == {"a": "near_copy", "b": "near_copy", "bridge": "", "near_a": "near_copy", "far": ""}
    known = lists(("a", "train", "shaa"), ("b", "test", "shab"))
    made = released_images.group_around(table, known, lambda rows: dedup.dedup(rows, NUMBERS), "dedup")
    assert reasons(made) == {"a": "", "b": "", "bridge": "leak", "near_a": "near_copy", "far": ""}
    assert made.loc[made["id"] == "bridge", "rejected_by"].tolist() == ["dedup"]
    tables.check_conservation(table, made, "dedup")


def test_a_better_copy_of_one_zone_still_replaces_its_representative() -> None:
    table = hashed(("a", 0, 1.0), ("b", 1, 1.0), ("better", 8, 9.0))
    known = lists(("a", "test", "shaa"), ("b", "test", "shab"))
    made = released_images.group_around(table, known, lambda rows: dedup.dedup(rows, NUMBERS), "dedup")
    assert reasons(made) == {"a": "near_copy", "b": "near_copy", "better": ""}
