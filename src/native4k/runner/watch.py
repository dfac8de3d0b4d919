"""What runs, as DVC's and Snakemake's lines and the steps' own events say, and how long the rest will take."""

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from native4k.provenance.steps import DATASET, FETCH, MEASURE
from native4k.runner.display import Display, remaining

MILESTONES = {"fetch": tuple(FETCH), "measure": tuple(MEASURE), "dataset": tuple(DATASET)}
"""Rule files, and stages that run one: the steps are their rules."""

HIDDEN = ("definitions", "")
"""Stages that are no step of anybody's; what runs outside of a stage is none either."""

RUNNING = re.compile(r"Running stage '(?:.*:)?([^':]+)'")
CACHED = re.compile(r"Stage '(?:.*:)?([^':]+)' is cached")
UNCHANGED = re.compile(r"Stage '(?:.*:)?([^':]+)' didn't change")
JOBS = re.compile(r"(\w+) +(\d+)$")
FINISHED = re.compile(r"Finished jobid: \d+ \(Rule: (\w+)\)")
BROKEN = re.compile(r"Command '.*\btee data/scratch/logs/([a-z]+)")
"""How Snakemake names the rule that failed: by the log in its command."""

DOCSTRING = r'^rule {}:\n    """(.+)"""$'
PYTEST = re.compile(r"FAILED (?:.*::)?(.+)")
DVC = re.compile(r"ERROR: (.+)")
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def steps_of(stage: str) -> tuple[str, ...]:
    """The steps that a stage is shown as."""
    return () if stage in HIDDEN else MILESTONES.get(stage, (stage,))


@dataclass
class Step:
    """A step that runs: one process, or a process for each shard."""

    name: str
    number: int
    jobs: int
    began: float
    does: str = ""
    ended: int = 0
    shares: dict[int, float] = field(default_factory=dict)

    @property
    def share(self) -> float | None:
        """How much is done, of all processes together; None before the first one says."""
        return sum(self.shares.values()) / max(self.jobs, len(self.shares)) if self.shares else None

    def seconds(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began


class Watch:
    """A run: what has ended, what runs, what waits."""

    def __init__(self, display: Display, times: dict[str, float]) -> None:
        self.display, self.before, self.times = display, times, dict[str, float]()
        self.waiting: list[str] = []
        self.running: dict[str, Step] = {}
        self.begun = 0
        self.stage = ""
        self.last = time.monotonic()
        self._jobs: dict[str, int] | None = None
        self._counts: dict[str, int] = {}
        self._processes: dict[int, tuple[str, str]] = {}
        self._error = self._test = self._complaint = self._broken = self._line = ""

    @property
    def total(self) -> int:
        """The steps of the run, as far as is known."""
        return self.begun + len(self.waiting)

    def note(self, line: str) -> str:
        """Note what may say why a command has failed, and return the line without colours."""
        line = COLOURS.sub("", line).strip()
        self._line = line or self._line
        if found := BROKEN.match(line):
            self._broken = found[1]
        elif found := PYTEST.match(line):
            self._test = found[1]
        elif found := DVC.match(line):
            self._complaint = self._complaint or found[1]
        return line

    def read(self, line: str) -> None:
        """Follow a line that DVC, Snakemake or a step has printed."""
        line = self.note(line)
        if self._jobs is not None:
            self._read_jobs(line)
        elif found := RUNNING.match(line):
            self.end_stage()
            self.stage = found[1]
            if self.stage not in MILESTONES:
                self._begin(self.stage)
        elif found := CACHED.match(line):
            self.end_stage()
            self._restored(found[1])
        elif found := UNCHANGED.match(line):
            self.end_stage()
            self._drop(*steps_of(found[1]))
        elif line.startswith("Updating lock file"):
            self.end_stage()
        elif line == "Job stats:":
            self._jobs = {}
        elif found := FINISHED.match(line):
            self._finish_job(found[1])

    def _read_jobs(self, line: str) -> None:
        """Follow Snakemake's table of how many jobs each rule will have; rules without one are up to date."""
        assert self._jobs is not None
        found = JOBS.match(line)
        if found and found[1] != "total":
            self._jobs[found[1]] = int(found[2])
        elif found:
            self._counts, self._jobs = self._jobs, None
            self._drop(*(rule for rule in MILESTONES.get(self.stage, ()) if rule not in self._counts))

    def hear(self, facts: dict[str, Any]) -> None:
        """Follow what a step's process tells."""
        job = facts["job"]
        if "begins" in facts:
            name = facts["begins"] if self.stage in MILESTONES else self.stage
            self._processes[job] = (name, facts["begins"])
            self._begin(name)
            if name in self.running:
                self.running[name].does = facts["does"]
        elif "ended" in facts:
            name, _ = self._processes.pop(job, ("", ""))
            self._error = self._error or facts.get("line", "")
            if name in self.running and not facts["ended"]:
                self.running[name].shares[job] = 1.0
        elif facts.get("total") and self._processes.get(job, ("",))[0] in self.running:
            self.running[self._processes[job][0]].shares[job] = facts["done"] / facts["total"]

    def end_stage(self) -> None:
        """End the steps of the stage at hand, if there is one."""
        for name in list(self.running):
            self._end(name)
        self._drop(*steps_of(self.stage))
        self.stage = ""

    def close(self) -> None:
        """Show what has begun and not ended."""
        for step in self.running.values():
            self.display.finished(step, self.total, "not done")
        self.display.close()

    def show(self, log: Path) -> None:
        """Show what runs now."""
        left = self.seconds_left()
        rough = f", {remaining(left)}" if left else ""
        status = f"step {max(1, self.begun)} of {self.total}{rough}; log: {log}" if self.total else f"log: {log}"
        self.display.running(list(self.running.values()), self.total, status)

    def seconds_left(self) -> float | None:
        """What the steps that have not ended took last time, less the time since one ended; None if one is new."""
        names = [*self.running, *self.waiting]
        if not names or any(name not in self.before for name in names):
            return None
        return max(0.0, sum(self.before[name] for name in names) - (time.monotonic() - self.last))

    def failure(self) -> str:
        """The one line that says what went wrong, of the step that failed where there is one."""
        if self._error:
            return self._error
        for _, step in self._processes.values():
            return (
                f"native4k {step}: killed before it ended, as by a system that is short of memory; "
                "the same command goes on from here"
            )
        if self._broken:
            return f"{self._broken}: {self._test or 'failed'}; see data/scratch/logs/{self._broken}.log"
        return f"native4k run: {self._complaint or self._line or 'stopped without a word'}"

    def _begin(self, name: str) -> None:
        """Begin a step, also one that was not expected, unless it runs or is not to be shown."""
        expected = name in self.waiting
        if name not in self.running and (expected or name in steps_of(self.stage)):
            self.waiting = [one for one in self.waiting if one != name]
            self.begun += 1
            self.running[name] = Step(name, self.begun, self._counts.get(name, 1), time.monotonic())

    def _end(self, name: str, note: str = "") -> None:
        step = self.running.pop(name)
        step.does = step.does or _docstring(name)
        self.display.finished(step, self.total, note)
        if not note:
            self.times[name] = time.monotonic() - self.last
        self.last = time.monotonic()

    def _drop(self, *names: str) -> None:
        self.waiting = [name for name in self.waiting if name not in names]

    def _restored(self, stage: str) -> None:
        """Show that a stage's results were taken out of DVC's cache of runs."""
        self.stage = stage
        for name in steps_of(stage):
            self._begin(name)
            self._end(name, "as before")
        self.stage = ""

    def _finish_job(self, rule: str) -> None:
        """Follow the end of a rule's job; that of a rule that tells nothing began when the one before it ended."""
        if rule not in self.running:
            self._begin(rule)
            if rule in self.running:
                self.running[rule].began = self.last
        if rule in self.running:
            self.running[rule].ended += 1
            if self.running[rule].ended >= self.running[rule].jobs:
                self._end(rule)


def _docstring(rule: str) -> str:
    """What a rule says that it does, for those that run no step of ours."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(Path("rules").glob("*.smk")))
    found = re.search(DOCSTRING.format(re.escape(rule)), text, re.MULTILINE)
    return found[1][0].lower() + found[1][1:].rstrip(".") if found else ""
