"""Lines that outlast a kill."""

from contextlib import closing
from pathlib import Path

from native4k.fetch import journal
from native4k.fetch.journal import Journal


def test_a_journal_is_read_whatever_was_left_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "j"
    assert journal.read(path) == []
    for litter in ("", "\n", '\n{"id": "b', "\n{", '\n{"id": "}', "\n7", "\n" + "\0" * 9):
        path.unlink(missing_ok=True)
        with closing(Journal(path)) as lines:
            lines.add({"id": "a"})
        with path.open("a") as file:
            file.write(litter)
        with closing(Journal(path)) as lines:
            lines.add({"id": "c"})
        assert journal.read(path) == [{"id": "a"}, {"id": "c"}]


def test_control_characters_and_broken_text_are_written_as_ascii(tmp_path: Path) -> None:
    row = {"id": "\x1b[2J\r\n\x00", "header": "\udcff \u202e"}
    with closing(Journal(tmp_path / "j")) as lines:
        lines.add(row)
    assert (tmp_path / "j").read_bytes().isascii()
    assert b"\x1b" not in (tmp_path / "j").read_bytes()
    assert journal.read(tmp_path / "j") == [row]
