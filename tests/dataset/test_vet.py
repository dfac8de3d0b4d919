"""People's votes become verdicts, and a majority against an image rejects it."""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k import tables
from native4k.dataset import vet
from native4k.errors import UserError

VOTES = st.lists(st.tuples(st.sampled_from("abcz"), st.sampled_from("123"), st.sampled_from(vet.VOTES)), max_size=12)


def images(**reasons: str) -> pd.DataFrame:
    table = pd.DataFrame({"id": list(reasons), "reason": list(reasons.values())})
    return table.assign(rejected_by=table["reason"].map(lambda reason: "probe" if reason else ""))


def votes(*rows: str) -> pd.DataFrame:
    return pd.DataFrame([row.split() for row in rows], columns=["id", "voter", "vote"], dtype="str")


def numbers(rule: Any, min_votes: int, undecided: Any = "pass") -> vet.Params:
    return vet.Params(rule=rule, min_votes=min_votes, undecided=undecided)


CAST = votes(
    "a 1 keep", "a 2 drop", "a 3 drop",
    "b 1 keep", "b 2 drop",
    "c 1 drop", "c 2 drop",
    "d 1 keep",
    "e 1 drop",
    "stranger 1 drop",
)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "min_votes", "verdicts"),
    [
        ("majority", 1, {"a": "drop", "b": "", "c": "drop", "d": "keep", "e": "drop", "f": ""}),
        ("unanimity", 1, {"a": "", "b": "", "c": "drop", "d": "keep", "e": "drop", "f": ""}),
        ("veto", 1, {"a": "drop", "b": "drop", "c": "drop", "d": "keep", "e": "drop", "f": ""}),
        ("majority", 2, {"a": "drop", "b": "", "c": "drop", "d": "", "e": "", "f": ""}),
        ("veto", 3, {"a": "drop", "b": "", "c": "", "d": "", "e": "", "f": ""}),
    ],
)
def test_each_rule_gives_its_verdicts_and_a_reason_to_the_dropped(
    rule: Any, min_votes: int, verdicts: dict[str, str]
) -> None:
    table = vet.vet(images(a="", b="", c="", d="", e="", f=""), CAST, numbers(rule, min_votes))
    assert dict(zip(table["id"], table["verdict"], strict=True)) == verdicts
    assert table["votes"].tolist() == [3, 2, 2, 1, 1, 0]
    assert table["reason"].tolist() == ["voted_out" if said == "drop" else "" for said in verdicts.values()]


def test_undecided_images_wait_if_they_shall() -> None:
    table = vet.vet(images(a="", b="", d="", e="", f="", z="flat"), CAST, numbers("majority", 1, "wait"))
    assert table["reason"].tolist() == ["voted_out", "undecided", "", "voted_out", "undecided", "flat"]


def test_a_vote_does_not_change_an_earlier_reason_nor_bring_an_image_back() -> None:
    table = vet.vet(images(a="truncated", c="truncated"), CAST, numbers("unanimity", 1))
    assert table["verdict"].tolist() == ["", "drop"]
    assert table["reason"].tolist() == ["truncated", "truncated"]
    assert table["rejected_by"].tolist() == ["probe", "probe"]


@given(
    cast=VOTES,
    rule=st.sampled_from(["majority", "unanimity", "veto"]),
    min_votes=st.integers(0, 3),
    undecided=st.sampled_from(["pass", "wait"]),
)
def test_what_must_hold_whatever_was_voted(
    cast: list[tuple[str, str, str]], rule: Any, min_votes: int, undecided: Any
) -> None:
    before, said = images(a="", b="flat", c=""), votes(*map(" ".join, cast))
    after = vet.vet(before, said, numbers(rule, min_votes, undecided))
    tables.check_conservation(before, after, "vet")
    assert after["id"].tolist() == before["id"].tolist()
    assert (after.loc[after["votes"] < max(1, min_votes), "verdict"] == "").all()
    passed = {"keep": "", "drop": "voted_out", "": "undecided" if undecided == "wait" else ""}
    assert after["reason"].tolist() == [
        reason or passed[verdict] for reason, verdict in zip(before["reason"], after["verdict"], strict=True)
    ]
    pd.testing.assert_frame_equal(vet.vet(after, said, numbers(rule, min_votes, undecided)), after)
    pd.testing.assert_frame_equal(vet.vet(before, said.iloc[::-1], numbers(rule, min_votes, undecided)), after)


def test_votes_are_read_from_all_files_and_a_voters_last_one_counts(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("id,voter,vote,at\na,ann,keep,9:00\na,bob,drop,9:01\n")
    (tmp_path / "2.csv").write_text("vote,id,voter\ndrop,a,ann\n")
    (tmp_path / "notes.txt").write_text("not votes")
    read = vet.read_votes(tmp_path)[["id", "voter", "vote"]]
    assert sorted(read.to_numpy().tolist()) == [["a", "ann", "drop"], ["a", "bob", "drop"]]


def test_no_votes_reject_nothing(tmp_path: Path) -> None:
    table = vet.vet(images(a="", b=""), vet.read_votes(tmp_path), numbers("veto", 0))
    assert table.to_numpy().tolist() == [["a", "", "", 0, ""], ["b", "", "", 0, ""]]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"id,vote\na,keep\n", r"v\.csv: column 'voter' is missing; expected id, voter, vote"),
        (b"id,voter,vote\na,ann,keep\nb,ann,maybe\n", r"v\.csv: line 3: vote 'maybe' is neither 'keep' nor 'drop'"),
        (b"id,voter,vote\na,ann,\n", r"v\.csv: line 2: vote '' is neither"),
        (b"", r"v\.csv: not readable as CSV: No columns to parse"),
        (b"id,voter,vote\na,ann,keep,9,9\nb\n,,,,,,,\n", r"v\.csv: not readable as CSV: Error tokenizing"),
        (b"id,voter,vote\n\xff\xfe,ann,keep\n", r"v\.csv: not readable as CSV: 'utf-8' codec"),
    ],
)
def test_a_wrong_file_of_votes_is_one_line_that_names_file_and_line(tmp_path: Path, content: bytes, line: str) -> None:
    (tmp_path / "v.csv").write_bytes(content)
    with pytest.raises(UserError, match=line):
        vet.read_votes(tmp_path)


def test_votes_on_images_of_another_collection_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables.write(images(a="", b=""), tmp_path / "in.parquet")
    (tmp_path / "v.csv").write_text("id,voter,vote\na,ann,keep\nx,ann,keep\nx,bob,drop\ny,ann,drop\n")
    (tmp_path / "params.yaml").write_text("vet: {rule: veto, min_votes: 1, undecided: pass}")
    paths = {"features": "in.parquet", "votes": ".", "out": "out.parquet", "params": "params.yaml"}
    vet.run(argparse.Namespace(**{name: tmp_path / path for name, path in paths.items()}))
    said = "vet: 2 of 3 images that were voted on are not in this collection\n"
    assert capsys.readouterr().out == said
    assert tables.read(tmp_path / "out.parquet")["verdict"].tolist() == ["keep", ""]
