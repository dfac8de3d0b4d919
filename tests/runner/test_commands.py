"""Commands of a run: their output is in the log, their status is kept, and signals reach all that they started."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from native4k import events
from native4k.runner.commands import Commands, Failed
from native4k.runner.display import Display
from native4k.runner.watch import Watch

TELLING = """
from native4k import events
from native4k.progress import Bar

events.tell(begins="assess", does="count")
assert [n for n in Bar(range(4), "inner", leave=False)] == [0, 1, 2, 3]
events.tell(ended=1, line="native4k assess: nothing to count")
raise SystemExit(3)
"""

RUN = """
import sys
from pathlib import Path
from contextlib import closing
from native4k.runner.commands import Commands, Failed
from native4k.runner.display import Display
from native4k.runner.watch import Watch

with closing(Commands(Watch(Display(sys.stdout), {}), Path(sys.argv[1]))) as run:
    try:
        run.run("bash", "-c", sys.argv[2])
    except Failed as failed:
        print(failed.line)
        sys.exit(failed.status)
"""
ONE = "sh -c 'echo $$ >> {0}; exec sleep 100'"
WAITING = f"{ONE} | {ONE}"
DEAF = "trap '' INT; " + WAITING


@pytest.fixture(name="run")
def run_with_a_log(tmp_path: Path) -> Iterator[Commands]:
    with closing(Commands(Watch(Display(io.StringIO()), {}), tmp_path / "logs/run.log")) as run:
        yield run


def test_what_a_command_prints_is_in_the_log_and_nowhere_else(
    run: Commands, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run.run("bash", "-c", "echo one; echo two >&2; printf 'three\\rfour'") == "one\ntwo\nthree\nfour\n"
    assert run.ask("bash", "-c", "echo five; exit 1") == (False, "five\n\n")
    assert (run.succeeds("true"), run.succeeds("false")) == (True, False)
    log = (tmp_path / "logs/run.log").read_bytes().decode()
    assert log.startswith("$ bash -c echo one; echo two >&2; printf 'three\\rfour'\none\ntwo\nthree\rfour$ bash")
    assert capfd.readouterr() == ("", "")


def test_a_failure_is_the_steps_line_and_the_commands_status_and_bars_are_told(run: Commands, tmp_path: Path) -> None:
    run.watch.stage = "assess"
    with pytest.raises(Failed) as failed:
        run.run(sys.executable, "-c", TELLING)
    assert (failed.value.line, failed.value.status) == ("native4k assess: nothing to count", 3)
    assert run.watch.running["assess"].share == 1.0
    assert "4/4" not in (tmp_path / "logs/run.log").read_text(encoding="utf-8")
    run.close()
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["run.log"]


def test_a_signal_between_two_commands_starts_no_other(run: Commands, tmp_path: Path) -> None:
    run._signal = signal.SIGTERM
    with pytest.raises(Failed) as failed:
        run.run("touch", str(tmp_path / "begun"))
    assert failed.value.status == 128 + signal.SIGTERM
    assert not (tmp_path / "begun").exists()


def test_a_line_that_a_full_disk_has_cut_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b'{"job": 1, "be{"job": 2, "done": 3}\n{"job": 2, "done": 4}\n{"job"')
    with closing(events.Reader(path)) as reader:
        assert reader.new() == [{"job": 2, "done": 4}]


def test_a_command_that_is_killed_fails_as_a_shell_says_it(run: Commands) -> None:
    with pytest.raises(Failed) as failed:
        run.run("bash", "-c", "kill -9 $$")
    assert failed.value.status == 137


def test_output_that_outlives_its_command_is_not_waited_for(run: Commands) -> None:
    began = time.monotonic()
    assert run.run("bash", "-c", "sleep 60 & echo $!").strip().isdigit()
    os.kill(int(run.path.read_text(encoding="utf-8").split()[-1]), signal.SIGKILL)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("script", "number", "to_all"),
    [
        (WAITING, signal.SIGINT, True),  # ^C
        (WAITING, signal.SIGTERM, False),  # kill
        (WAITING, signal.SIGHUP, False),  # the terminal is closed
        (DEAF, signal.SIGINT, False),
    ],
)
def test_a_signal_ends_all_that_was_started(tmp_path: Path, script: str, number: int, to_all: bool) -> None:
    pids = tmp_path / "pids"
    words = [sys.executable, "-c", RUN, str(tmp_path / "run.log"), script.format(pids)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True)
    while not (pids.exists() and len(pids.read_text().split()) == 2):
        time.sleep(0.05)
    (os.killpg if to_all else os.kill)(process.pid, number)
    printed, _ = process.communicate(timeout=60)
    assert (process.returncode, printed) == (
        128 + number,
        "native4k run: interrupted; the same command goes on from here\n",
    )
    assert [pid for pid in pids.read_text().split() if is_running(pid)] == []


def is_running(pid: str) -> bool:
    """Whether a process is there that is not only waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
