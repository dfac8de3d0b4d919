"""The progress of a fetch: a bar on a terminal, one line a minute in a log, and a last line with the counts."""

import sys
import time
from collections import Counter

from tqdm import tqdm

MINUTE = 60.0
MEGA = 1e6


class Progress:
    """Images done, by status, and bytes that came and did not have to."""

    def __init__(self, total: int, label: str) -> None:
        self.total, self.label = total, label
        self.counts: Counter[str] = Counter()
        self.received = self.saved = 0
        self.began = self.reported = time.monotonic()
        self.bar = tqdm(total=total, desc=label, unit="image", disable=not sys.stderr.isatty())

    def add(self, status: str) -> None:
        """Count an image and its status."""
        self.counts[status] += 1
        if not self.bar.disable:
            self.bar.set_postfix_str(self.state(), refresh=False)
        self.bar.update()
        self.report()

    def add_bytes(self, received: int, length: int = 0) -> None:
        """Count received bytes; where length is given, of so many."""
        self.received += received
        self.saved += max(0, length - received)

    def report(self) -> None:
        """Print the state, if a minute has passed and there is no bar."""
        if self.bar.disable and time.monotonic() - self.reported >= MINUTE:
            self.reported = time.monotonic()
            self.print_line(f"{self.done:,} of {self.total:,} images, {self.state()}, {self.remaining()}")

    @property
    def done(self) -> int:
        """Images decided so far."""
        return sum(self.counts.values())

    def state(self) -> str:
        """Rates, success, and the reasons, most frequent first."""
        seconds = max(1e-9, time.monotonic() - self.began)
        good = self.counts["ok"] / max(1, self.done)
        reasons = [f"{name} {count:,}" for name, count in self.counts.most_common() if name != "ok"]
        speed = f"{self.done / seconds:.1f} images/s, {self.received / MEGA / seconds:.1f} MB/s, {good:.1%} ok"
        return ", ".join([speed, *reasons])

    def remaining(self) -> str:
        """The time that the rest would take at the speed so far."""
        if not self.done:
            return "remaining time unknown"
        minutes = (time.monotonic() - self.began) / self.done * (self.total - self.done) / MINUTE
        return f"about {minutes:.0f} min left"

    def print_line(self, line: str) -> None:
        """Print a line to the log."""
        print(f"{self.label}: {line}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Print the last line."""
        self.bar.close()
        saved = f"; {self.saved / MEGA:,.1f} MB not brought after a look at the first bytes" if self.saved else ""
        if self.total:
            self.print_line(f"{self.done:,} images, {self.state()}{saved}")
