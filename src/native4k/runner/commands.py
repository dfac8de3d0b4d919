"""Run a command of DVC's or Snakemake's: its output goes to the log, what it does is shown, signals reach all of it."""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import IO, BinaryIO

from native4k import events
from native4k.runner.watch import Watch

LOGS = Path("data/scratch/logs")
TICK = 0.1
PATIENCE = 5.0
"""Seconds that what was interrupted has to end by itself."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Failed(Exception):  # noqa: N818 (what happened, not what is wrong with the code)
    """A command failed: the line that says why, and the exit status."""

    def __init__(self, line: str, status: int) -> None:
        super().__init__(line)
        self.line, self.status = line, status


class Commands:
    """Runs commands one after the other under one watch, with one log."""

    def __init__(self, watch: Watch, log: Path) -> None:
        self.watch, self.path = watch, log
        log.parent.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)  # another run that still writes keeps its own
        self._log: BinaryIO = log.open("wb", buffering=0)
        self._events = log.with_suffix(f".{os.getpid()}.events")
        self._events.touch()
        self._reader = events.Reader(self._events)
        self._signal, self._deadline = 0, 0.0
        self._handlers = {number: signal.signal(number, self._note) for number in SIGNALS}

    def close(self) -> None:
        """Let go of files and signals."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._reader.close()
        self._events.unlink(missing_ok=True)
        self._log.close()

    def run(self, *words: str) -> str:
        """Run a command to its end, and return what it printed; fail with the step's line if it fails."""
        status, printed = self._execute(*words)
        if status:
            raise Failed(self.watch.failure(), status)
        self.watch.end_stage()
        return printed

    def ask(self, *words: str) -> tuple[bool, str]:
        """Run a command that only says what would run, which is not followed: whether it could, what it printed."""
        status, printed = self._execute(*words, follow=self.watch.note)
        return status == 0, printed

    def succeeds(self, *words: str) -> bool:
        """Run a command that answers by its exit status."""
        return not self._execute(*words)[0]

    def _execute(self, *words: str, follow: Callable[[str], object] | None = None) -> tuple[int, str]:
        """A command's exit status and what it printed; the watch follows each line, or another function."""
        self._end_if_interrupted()
        self._log.write(f"$ {' '.join(words)}\n".encode())
        started = subprocess.Popen(  # noqa: S603 (commands of this package)
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1", events.VARIABLE: str(self._events.resolve())},
        )
        with started as process:
            try:
                printed = "".join(self._lines(process, follow or self.watch.read))
            except OSError:  # such as a full disk, which the log is on
                process.terminate()
                raise
        self._hear()
        status = process.wait()
        self._end_if_interrupted()
        return status if status >= 0 else 128 - status, printed

    def _end_if_interrupted(self) -> None:
        if self._signal:
            raise Failed("native4k run: interrupted; the same command goes on from here", 128 + self._signal)

    def _lines(self, process: "subprocess.Popen[bytes]", follow: Callable[[str], object]) -> Iterator[str]:
        """The lines that a process prints, each one followed; bars' repaintings are lines of their own."""
        assert process.stdout is not None
        rest = b""
        os.set_blocking(process.stdout.fileno(), False)
        while True:
            ended = process.poll() is not None  # asked first: what it has printed is there then
            chunk = self._read(process.stdout)
            *lines, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
            if ended and not chunk:
                lines, rest = [rest], b""
            self._hear()
            for line in lines:
                text = line.decode(errors="replace")
                follow(text)
                yield f"{text}\n"
            if ended and not chunk:
                return
            self.watch.show(self.path)
            self._stop_late(process)

    def _read(self, out: IO[bytes]) -> bytes:
        """What has come meanwhile, also put into the log."""
        select.select([out], [], [], TICK)
        with contextlib.suppress(BlockingIOError):
            chunk = os.read(out.fileno(), 2**16)
            self._log.write(chunk)
            if not chunk:
                time.sleep(TICK)  # closed, and not ended yet
            return chunk
        return b""

    def _hear(self) -> None:
        for facts in self._reader.new():
            self.watch.hear(facts)

    def _note(self, number: int, _: FrameType | None) -> None:
        """Note a signal. A terminal's ^C has reached all of the group; others are passed on to it."""
        if self._signal:
            return
        self._signal, self._deadline = number, time.monotonic() + PATIENCE
        if number != signal.SIGINT:
            self._stop_group(number)

    def _stop_late(self, process: "subprocess.Popen[bytes]") -> None:
        if self._signal == signal.SIGINT and time.monotonic() > self._deadline and process.poll() is None:
            self._stop_group(signal.SIGTERM)

    @staticmethod
    def _stop_group(number: int) -> None:
        """Send a signal to the whole process group, but not to this process."""
        signal.signal(number, signal.SIG_IGN)
        os.killpg(0, number)
