"""The journal that outlasts a kill; a bar on a terminal, a line a minute in a log."""

import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from native4k.fetch.progress import Journal, Progress, read_journal


def test_a_journal_is_read_whatever_was_left_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "j"
    assert read_journal(path) == []
    for litter in ("", "\n", '\n{"id": "b', "\n{", '\n{"id": "}', "\n7", "\n" + "\0" * 9):
        path.unlink(missing_ok=True)
        with closing(Journal(path)) as lines:
            lines.add({"id": "a"})
        with path.open("a") as file:
            file.write(litter)
        with closing(Journal(path)) as lines:
            lines.add({"id": "c"})
        assert read_journal(path) == [{"id": "a"}, {"id": "c"}]


def test_control_characters_and_broken_text_are_written_as_ascii(tmp_path: Path) -> None:
    row = {"id": "\x1b[2J\r\n\x00", "header": "\udcff \u202e"}
    with closing(Journal(tmp_path / "j")) as lines:
        lines.add(row)
    assert (tmp_path / "j").read_bytes().isascii()
    assert b"\x1b" not in (tmp_path / "j").read_bytes()
    assert read_journal(tmp_path / "j") == [row]


def test_a_log_gets_one_line_a_minute_and_a_last_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    progress = Progress(400, "fetch 0/4")
    for number in range(200):
        now[0] += 1
        progress.add_bytes(2_000_000, 5_000_000 if number % 4 == 3 else 0)
        progress.add(("ok", "ok", "gone", "too_small")[number % 4])
    progress.close()
    saved = "; 150.0 MB not brought after a look at the first bytes"
    assert capsys.readouterr().err.splitlines() == [
        "fetch 0/4: 60 of 400 images, 1.0 images/s, 2.0 MB/s, 50.0% ok, gone 15, too_small 15, about 6 min left",
        "fetch 0/4: 120 of 400 images, 1.0 images/s, 2.0 MB/s, 50.0% ok, gone 30, too_small 30, about 5 min left",
        "fetch 0/4: 180 of 400 images, 1.0 images/s, 2.0 MB/s, 50.0% ok, gone 45, too_small 45, about 4 min left",
        f"fetch 0/4: 200 images, 1.0 images/s, 2.0 MB/s, 50.0% ok, gone 50, too_small 50{saved}",
    ]


def test_a_line_comes_also_while_nothing_is_decided(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    progress = Progress(9, "fetch 0/1")
    now[0] += 61
    progress.report()
    line = "fetch 0/1: 0 of 9 images, 0.0 images/s, 0.0 MB/s, 0.0% ok, remaining time unknown\n"
    assert capsys.readouterr().err == line


def test_a_terminal_gets_a_bar_with_rates_and_reasons(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    progress = Progress(2, "fetch 0/1")
    progress.add("ok")
    progress.add("gone")
    progress.bar.refresh()
    progress.close()
    said = capsys.readouterr().err
    assert "2/2" in said
    assert "50.0% ok, gone 1" in said
