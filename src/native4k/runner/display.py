"""How a run is shown: a line for each finished step; on a terminal what runs now below it, painted again in place.

Elsewhere, as in CI, what runs now is printed once a minute.
"""

import os
import shutil
import time
from typing import Protocol, TextIO

BAR, NAME = 20, 10
"""Columns of a bar and, at least, of a name."""

MINUTE = 60.0
REPAINT = 0.2
"""Seconds between two paintings."""

WIDTH, LEAST_WIDTH = 120, 60
"""Columns where there is no terminal, and of the narrowest one that is not cut."""


class Line(Protocol):
    """What a line shows of a step."""

    name: str
    does: str
    number: int

    @property
    def share(self) -> float | None:
        """How much of it is done; None where it does not say."""

    def seconds(self) -> float:
        """How long it has been running."""


def duration(seconds: float) -> str:
    """A duration in words, such as 41 s, 3 min 05 s, 2 h 40 min."""
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest:02} s" if minutes < MINUTE else f"{minutes // 60} h {minutes % 60:02} min"


def remaining(seconds: float) -> str:
    """A rough duration for what is left."""
    if seconds < MINUTE:
        return "less than a minute left"
    return f"about {duration(round(seconds / MINUTE) * MINUTE).removesuffix(' 00 s')} left"


class Display:
    """Prints a run's lines to a stream."""

    def __init__(self, out: TextIO) -> None:
        self.out = out
        self.is_terminal = out.isatty() and os.environ.get("TERM") != "dumb"
        self.full, self.empty, self.more = "━─…" if "utf" in (out.encoding or "").lower() else "#-~"
        self._painted = 0
        self._when = time.monotonic() - self.is_terminal * REPAINT

    def say(self, text: str) -> None:
        """Print lines that stay, above what runs now."""
        self._erase()
        print(text, file=self.out, flush=True)

    def finished(self, step: Line, total: int, note: str = "") -> None:
        """Print a finished step's line."""
        self.say(self._row(step, total, note or duration(step.seconds())))

    def running(self, steps: list[Line], total: int, status: str) -> None:
        """Show what runs now, if it is time to."""
        if time.monotonic() - self._when < (REPAINT if self.is_terminal else MINUTE):
            return
        so_far = "" if self.is_terminal else " so far"
        rows = [self._row(step, total, f"{duration(step.seconds())}{so_far}", self._bar(step.share)) for step in steps]
        if self.is_terminal:
            lines = [*rows, status[: self._width()]]
            self._erase()
            self.out.write("\n".join(lines))
            self.out.flush()
            self._painted = len(lines)
        elif rows:
            print(*rows, sep="\n", file=self.out, flush=True)
        self._when = time.monotonic()

    def close(self) -> None:
        """Leave only what stays."""
        self._erase()
        self.out.flush()

    def _erase(self) -> None:
        """Remove what was painted; the cursor is at the end of its last line."""
        if self._painted:
            self.out.write("\r" + "\x1b[2K\x1b[A" * (self._painted - 1) + "\x1b[2K")
        self._painted = 0

    def _width(self) -> int:
        """One column less than there is, in which some terminals would begin a new line."""
        columns = shutil.get_terminal_size((WIDTH, 0)).columns if self.is_terminal else WIDTH
        return max(LEAST_WIDTH, columns) - 1

    def _bar(self, share: float | None) -> str:
        """A bar with its percentage."""
        if share is None:
            return " " * (BAR + 5)
        full = int(min(1.0, share) * BAR)
        return f"{self.full * full}{self.empty * (BAR - full)} {min(1.0, share):4.0%}"

    def _row(self, step: Line, total: int, right: str, bar: str = "") -> str:
        """A step's line: number, name, what it does, bar, time; what it does gives way where there is no room."""
        end = f"{bar}  {right:>9}" if bar else f"{right:>9}"
        number = f"{step.number:>{len(str(total))}}/{total} "
        space = self._width() - len(number) - len(end) - 2
        name = self._cut(f"{step.name:<{NAME}}", space)
        does = self._cut(step.does, space - len(name) - 2) if space - len(name) > NAME else ""
        left = f"{number}{name}  {does}".ljust(len(number) + space)
        return f"{left[: len(number) + space]}  {end}"

    def _cut(self, text: str, length: int) -> str:
        """A text that is not longer, with a sign where it was."""
        return text if len(text) <= length else f"{text[: length - 1].rstrip(' ,:')}{self.more}"
