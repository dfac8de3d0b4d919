"""Processes that may die, hang or fill their memory: each file costs its own row and nobody else's."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from native4k.measure import workers
from native4k.measure.workers import Limits, Lost

LIMITS = Limits(workers=2, seconds=0.3, memory=200)


def work(file: str) -> dict[str, Any]:
    """What a file asks for."""
    kind, _, number = file.partition(" ")
    if kind == "spin":
        while True:
            pass
    if kind == "fill":
        return {"bytes": len(bytearray(400_000_000))}
    if kind == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if kind == "exit":
        os._exit(0)
    if kind == "once":  # brings the first worker down, not the second
        path = Path(number)
        if not path.exists():
            path.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return {"file": file}


def test_each_file_has_its_row_in_order_whoever_dies_beside_it() -> None:
    files = ["good 0", "spin", "good 1", "fill", "good 2", "crash", "good 3", "exit", "good 4"]
    lost = {"spin": Lost("timeout"), "fill": Lost("out_of_memory"), "crash": Lost("crashed"), "exit": Lost("crashed")}
    assert list(workers.each(files, work, LIMITS)) == [lost.get(file, {"file": file}) for file in files]


def test_a_file_is_blamed_only_if_it_brings_a_second_worker_down(tmp_path: Path) -> None:
    file = f"once {tmp_path / 'mark'}"
    assert list(workers.each([file], work, LIMITS)) == [{"file": file}]


def test_one_that_waits_for_ever_is_ended_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WALL_CLOCK_FACTOR", 1)
    started = time.monotonic()
    assert list(workers.each(["sleep"], sleep, LIMITS)) == [Lost("timeout")]
    assert time.monotonic() - started < 20


def sleep(file: str) -> dict[str, Any]:
    time.sleep(600)
    return {"file": file}


def test_no_worker_is_left_behind_when_nobody_asks_any_more() -> None:
    rows = workers.each([f"pid {number}" for number in range(9)], pid, LIMITS)
    found = next(rows)
    assert isinstance(found, dict)
    assert Path(f"/proc/{found['pid']}").exists()
    rows.close()  # type: ignore[attr-defined]
    assert not Path(f"/proc/{found['pid']}").exists()


def pid(file: str) -> dict[str, Any]:
    return {"file": file, "pid": os.getpid()}


def test_an_error_of_ours_costs_the_file_its_row_and_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    lost, good = workers.each(["\n", "bb"], faulty, LIMITS)
    assert isinstance(lost, Lost)
    assert (lost.reason, good) == ("crashed", {"inverse": 1.0})
    said = capsys.readouterr().err
    assert said.startswith("\\n: crashed\nTraceback")  # whatever the name, one line
    assert "ZeroDivisionError" in said


def faulty(file: str) -> dict[str, Any]:
    return {"inverse": 1 / (len(file) - 1)}


def test_a_disk_that_does_not_answer_is_nobodys_row(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gone"):
        list(workers.each([str(tmp_path / "gone")], reading, LIMITS))


def reading(file: str) -> dict[str, Any]:
    return {"bytes": Path(file).read_bytes()}


def test_a_worker_that_cannot_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "serve", stillborn)
    with pytest.raises(RuntimeError, match="could not start"):
        list(workers.each(["a"], work, LIMITS))


def stillborn(*given: Any) -> None:
    os._exit(len(given))
