"""Bars, and what a step tells the run that started it."""

import io
from pathlib import Path

import pytest

from native4k import cli, events
from native4k.progress import Bar


@pytest.fixture(name="reader")
def a_run_that_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> events.Reader:
    path = tmp_path / "events"
    path.touch()
    monkeypatch.setenv(events.VARIABLE, str(path))
    return events.Reader(path)


def told(reader: events.Reader) -> list[dict[str, object]]:
    """What was told, without who told it."""
    return [{name: value for name, value in one.items() if name != "job"} for one in reader.new()]


def test_a_bar_of_a_step_that_was_started_by_nobody_is_drawn() -> None:
    out = io.StringIO()
    assert list(Bar([1, 2], "adding", file=out)) == [1, 2]
    assert "adding: 100%" in out.getvalue()


def test_a_bar_under_a_run_is_told_and_the_outermost_one_alone(reader: events.Reader) -> None:
    out = io.StringIO()
    for _ in Bar([1, 2, 3], "adding", file=out, mininterval=60):
        list(Bar(range(9), "within", file=out, leave=False))
    reader_facts = told(reader)
    assert reader_facts[0] == {"done": 0, "total": 3}
    assert reader_facts[-1] == {"done": 3, "total": 3}
    assert {one["total"] for one in reader_facts} == {3}
    assert out.getvalue().strip() == ""
    reader.close()


def test_a_step_tells_its_begin_and_its_end(reader: events.Reader, tmp_path: Path) -> None:
    assert cli.main(["select", str(tmp_path / "none.parquet"), "out.parquet", "--params", "none.yaml"]) == 1
    facts = told(reader)
    assert facts[0] == {"begins": "select", "does": cli.STEPS["dataset"]["select"]}
    assert facts[1]["ended"] == 1
    assert str(facts[1]["line"]).startswith("native4k select: none.yaml: no such file")
    assert len(facts) == 2
    reader.close()


def test_a_line_that_is_not_whole_yet_is_read_when_it_is(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b'{"job": 1}\n{"jo')
    reader = events.Reader(path)
    assert reader.new() == [{"job": 1}]
    with path.open("ab") as file:
        file.write(b'b": 2}\n')
    assert reader.new() == [{"job": 2}]
    reader.close()


@pytest.mark.parametrize("place", ["", "gone", "."])
def test_where_nobody_reads_nothing_is_told(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(events.VARIABLE, str(tmp_path / place) if place else "")
    assert not events.are_read()
    events.tell(begins="select")
    assert list(tmp_path.iterdir()) == []
