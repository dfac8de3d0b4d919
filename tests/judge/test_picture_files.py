"""Which files are judged, in which order, and that links never lead round in a circle."""

import os
from pathlib import Path

import pytest

from native4k.errors import UserError
from native4k.judge.picture_files import find, printable
from tests.judge.samples import flat


def picture(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    flat().save(path, "PNG")
    return str(path)


def test_files_come_in_the_order_given_and_folders_by_path(tmp_path: Path) -> None:
    expected = [picture(tmp_path / name) for name in ("a.png", "b/1.png", "b/2/x.JPG", "b/3.png", "b-c.png")]
    last = picture(tmp_path / "last.png")
    found = find([last, str(tmp_path)], None)
    assert found.files == [last, expected[0], *[expected[4], *expected[1:4]][1:], expected[4]]
    assert (found.unlisted, found.others, found.repeated) == ({}, 0, 1)


def test_a_file_counts_once_under_whatever_name(tmp_path: Path) -> None:
    first = picture(tmp_path / "a.png")
    (tmp_path / "link.png").symlink_to("a.png")
    os.link(first, tmp_path / "hard.png")
    found = find([first, first, str(tmp_path), str(tmp_path / "." / "link.png")], None)
    assert (found.files, found.repeated) == ([first], 5)


def test_a_folder_that_links_lead_back_to_is_visited_once(tmp_path: Path) -> None:
    expected = [picture(tmp_path / "x" / "a.png"), picture(tmp_path / "x" / "y" / "b.png")]
    (tmp_path / "x" / "y" / "loop").symlink_to(tmp_path / "x")
    (tmp_path / "x" / "y" / "self").symlink_to(".")
    assert find([str(tmp_path / "x"), str(tmp_path)], None).files == expected


def test_a_linked_folder_is_followed(tmp_path: Path) -> None:
    picture(tmp_path / "elsewhere" / "a.png")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link").symlink_to("../elsewhere")
    assert find([str(tmp_path / "here")], None).files == [str(tmp_path / "here" / "link" / "a.png")]


def test_pictures_are_known_by_their_endings_or_their_first_bytes(tmp_path: Path) -> None:
    without = picture(tmp_path / "without")
    cut = tmp_path / "zero.jpeg"
    cut.touch()
    for name, content in {
        "a.txt": b"text" * 99,
        "b.bin": bytes(999),
        "c.npy": b"\x93NUMPY" + bytes(99),
        "d": b"",
    }.items():
        (tmp_path / name).write_bytes(content)
    os.mkfifo(tmp_path / "pipe")
    found = find([str(tmp_path)], None)
    assert (found.files, found.others) == ([without, str(cut)], 5)


def test_a_named_file_is_taken_whatever_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    assert find([str(tmp_path / "a.txt")], None).files == [str(tmp_path / "a.txt")]


def test_the_folder_of_evidence_is_left_out(tmp_path: Path) -> None:
    picture(tmp_path / "evidence" / "a.png.png")
    assert find([picture(tmp_path / "a.png"), str(tmp_path)], tmp_path / "evidence").files == [str(tmp_path / "a.png")]


def test_evidence_never_goes_into_a_folder_that_is_named(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    with pytest.raises(UserError, match="is to be judged itself; name another folder for the evidence"):
        find([str(tmp_path)], tmp_path / ".")


@pytest.mark.parametrize("names", [[], ["notes.txt"]])
def test_a_folder_without_pictures_is_one_line(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("text")
    with pytest.raises(UserError, match="^.*: no pictures in it; name files, or folders that hold some$"):
        find([str(tmp_path)], None)


def test_a_visible_name_stays_as_it_is() -> None:
    assert [printable(name) for name in ("a b.png", "it's.png", "日本.png")] == ["a b.png", "it's.png", "日本.png"]
    assert printable("a\\\r\x00") == r"a\\\r\x00"
