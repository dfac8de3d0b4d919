"""Lines of steps, plain and on a terminal."""

import io
import re
import time

import pytest

from native4k.runner.display import Display, duration, remaining
from native4k.runner.watch import Step
from tests.terminal import screen


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture(name="now", autouse=True)
def time_that_stands_still(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as something that a test can change."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "71")
    return now


def step(name: str, number: int, share: float | None = None) -> Step:
    """A step of one process that began at time 0."""
    made = Step(name, number, 1, 0.0, "do what has to be done with everything that there is")
    made.shares = {} if share is None else {1: share}
    return made


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (605, "10 min 05 s"), (9600, "2 h 40 min")],
)
def test_a_duration_is_said_in_its_largest_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(50, "less than a minute left"), (170, "about 3 min left"), (9600, "about 2 h 40 min left")],
)
def test_what_is_left_is_rough(seconds: float, words: str) -> None:
    assert remaining(seconds) == words


def test_a_terminal_shows_what_runs_below_what_has_ended_and_nothing_of_it_remains(now: list[float]) -> None:
    out = Terminal()
    display = Display(out)
    score, label = step("score", 1, 0.25), step("label", 2)
    for now[0] in (1, 2):
        display.running([score, label], 12, "step 2 of 12")
    assert screen(out.getvalue().replace("\n", "\r\n")) == [
        " 1/12 score       do what has t…  ━━━━━───────────────  25%        2 s",
        " 2/12 label       do what has t…                                   2 s",
        "step 2 of 12",
    ]
    display.finished(label, 12)
    now[0] = 3
    display.running([score], 12, "step 2 of 12")
    display.say("log: there")
    display.close()
    assert screen(out.getvalue().replace("\n", "\r\n")) == [
        " 2/12 label       do what has to be done with everything t…        2 s",
        "log: there",
        "",
    ]


def test_no_line_is_wider_than_the_terminal(now: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in (60, 71, 100, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        out = Terminal()
        display = Display(out)
        now[0] += 1
        long = step("evaluate_sr@swinir_x4", 3, 2.0)
        display.running([long], 12, "step " * 50)
        display.finished(long, 12)
        assert max(map(len, re.split(r"\x1b\[2K|[\r\n]", out.getvalue()))) < columns


def test_elsewhere_what_runs_is_printed_once_a_minute_and_nothing_moves_the_cursor(now: list[float]) -> None:
    out = io.StringIO()
    display = Display(out)
    for now[0] in range(0, 130, 10):
        display.running([step("score", 1, 0.5)], 12, "step 1 of 12")
    display.close()
    does = "do what has to be done with everything that there is"
    assert [line.split() for line in out.getvalue().splitlines()] == [
        f"1/12 score {does} ##########---------- 50% 1 min 00 s so far".split(),
        f"1/12 score {does} ##########---------- 50% 2 min 00 s so far".split(),
    ]
    assert not set("\x1b\r") & set(out.getvalue())
