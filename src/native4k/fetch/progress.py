"""The progress of a run: a journal of finished rows, and a bar on a terminal or one line a minute in a log.

A journal has one JSON row a line; a line that a kill has cut short is ignored.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from native4k import events
from native4k.progress import Bar

MINUTE = 60.0
MEGA = 1e6


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Read the rows of a journal without incomplete lines; none if there is no such file."""
    rows = []
    for line in path.read_bytes().split(b"\n") if path.exists() else []:
        with suppress(ValueError):
            rows.append(json.loads(line))
    return [row for row in rows if isinstance(row, dict)]


class Journal:
    """A file that lines are added to; each begins a line of its own, whatever a kill has left."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file: IO[str] = path.open("a", encoding="ascii")

    def add(self, row: Mapping[Any, Any]) -> None:
        """Add a row; control characters and all that is not ASCII are written as JSON escapes them."""
        self.file.write("\n" + json.dumps(row))
        self.file.flush()

    def add_with_time(self, row: Mapping[Any, Any]) -> None:
        """Add a row with the time of day."""
        self.add({"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **row})

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class Progress:
    """Count finished images by status, the bytes received, and the bytes that need not be downloaded."""

    def __init__(self, total: int, label: str) -> None:
        self.total, self.label = total, label
        self.counts: Counter[str] = Counter()
        self.received = self.saved = 0
        self.began = self.reported = time.monotonic()
        self.bar = Bar(total=total, desc=label, unit="image", disable=not (sys.stderr.isatty() or events.are_read()))

    def add(self, status: str) -> None:
        """Count an image and its status."""
        self.counts[status] += 1
        if not self.bar.disable:
            self.bar.set_postfix_str(self.rates(), refresh=False)
        self.bar.update()
        self.report()

    def add_bytes(self, received: int, length: int = 0) -> None:
        """Count received bytes; where a length is given, the rest of it as saved."""
        self.received += received
        self.saved += max(0, length - received)

    def report(self) -> None:
        """Print the state, if a minute has passed and there is no bar."""
        if self.bar.disable and time.monotonic() - self.reported >= MINUTE:
            self.reported = time.monotonic()
            self.print_line(
                f"{self.counts.total():,} of {self.total:,} images, {self.rates()}, {self.remaining_time()}"
            )

    def rates(self) -> str:
        """Rates, success, and the other statuses, most frequent first."""
        done, seconds = self.counts.total(), max(1e-9, time.monotonic() - self.began)
        success = self.counts["ok"] / max(1, done)
        others = [f"{name} {count:,}" for name, count in self.counts.most_common() if name != "ok"]
        speed = f"{done / seconds:.1f} images/s, {self.received / MEGA / seconds:.1f} MB/s, {success:.1%} ok"
        return ", ".join([speed, *others])

    def remaining_time(self) -> str:
        """The time that the rest would take at the speed so far."""
        done = self.counts.total()
        if not done:
            return "remaining time unknown"
        minutes = (time.monotonic() - self.began) / done * (self.total - done) / MINUTE
        return f"about {minutes:.0f} min left"

    def print_line(self, line: str) -> None:
        """Print a line to the log."""
        print(f"{self.label}: {line}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Print the last line."""
        self.bar.close()
        saved = f"; {self.saved / MEGA:,.1f} MB not brought after a look at the first bytes" if self.saved else ""
        if self.total:
            self.print_line(f"{self.counts.total():,} images, {self.rates()}{saved}")
