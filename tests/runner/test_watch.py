"""What a run shows of the lines of DVC and Snakemake and of the events of steps."""

import io
import time
from pathlib import Path

import pytest

from native4k.runner.display import Display
from native4k.runner.watch import Watch, steps_of

LOG = Path("run.log")
MEASURING = """\
Running stage 'measure':
> native4k freeze data/images --check && snakemake --profile profiles/local -s rules/measure.smk
Job stats:
job         count
--------  -------
score           2
features        1
total           3

Select jobs to execute...
Execute 2 jobs...
"""


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(name="clock")
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


@pytest.fixture(name="out")
def plain_output() -> io.StringIO:
    return io.StringIO()


def watch(out: io.StringIO, *stages: str, times: dict[str, float] | None = None) -> Watch:
    made = Watch(Display(out), times or {})
    made.waiting = [step for stage in stages for step in steps_of(stage)]
    return made


def read(run: Watch, text: str) -> None:
    for line in text.splitlines():
        run.read(line)


def rows(out: io.StringIO) -> list[str]:
    """The printed lines, with single spaces."""
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_a_stage_is_a_line_when_the_next_one_begins(clock: Clock, out: io.StringIO) -> None:
    run = watch(out, "definitions", "publish", "assess", "train_sr@a")
    read(run, "Running stage 'definitions':\nRunning stage 'publish':\n> native4k publish")
    run.hear({"job": 1, "begins": "publish", "does": "link the kept images"})
    clock.now += 65
    read(run, "Updating lock file 'dvc.lock'\nStage 'assess' didn't change, skipping\nRunning stage 'train_sr@a':")
    run.hear({"job": 2, "begins": "sr train", "does": "train"})
    clock.now += 2
    run.end_stage()
    assert rows(out) == ["1/3 publish link the kept images 1 min 05 s", "2/2 train_sr@a train 2 s"]
    assert run.times == {"publish": 65, "train_sr@a": 2}


def test_a_rule_is_one_line_for_all_its_shards_and_up_to_date_rules_are_none(clock: Clock, out: io.StringIO) -> None:
    run = watch(out, "measure", "publish")
    read(run, MEASURING)
    assert run.waiting == ["score", "features", "publish"]
    for job, done in ((1, 5), (2, 10)):
        run.hear({"job": job, "begins": "score", "does": "rate"})
        run.hear({"job": job, "done": done, "total": 10})
    assert run.running["score"].share == 0.75
    clock.now += 4
    run.hear({"job": 2, "ended": 0})
    read(run, "Finished jobid: 3 (Rule: score)")
    assert out.getvalue() == ""
    read(run, "Finished jobid: 4 (Rule: score)")
    clock.now += 1
    read(run, "Finished jobid: 0 (Rule: features)")
    features = "join what was measured; the row cache remembers it for the next collection"
    assert rows(out) == ["1/3 score rate 4 s", f"2/3 features {features} 1 s"]


def test_results_out_of_the_run_cache_are_named_as_such(clock: Clock, out: io.StringIO) -> None:
    run = watch(out, "train_sr@a")
    read(run, "Stage 'train_sr@a' is cached - skipping run, checking out outputs")
    assert rows(out) == ["1/1 train_sr@a as before"]
    assert run.times == {}, "taking it out of a cache is not what it takes"


def test_the_time_that_is_left_is_that_of_the_last_run(clock: Clock, out: io.StringIO) -> None:
    run = watch(out, "publish", "assess", times={"publish": 100, "assess": 90})
    read(run, "Running stage 'publish':")
    clock.now += 10
    assert run.seconds_left() == 180
    clock.now += 60
    run.show(LOG)
    assert rows(out) == ["1/2 publish 1 min 10 s so far"]
    del run.before["assess"]
    assert run.seconds_left() is None


def test_a_bar_of_a_step_that_is_shown_nowhere_changes_nothing(clock: Clock, out: io.StringIO) -> None:
    run = watch(out, "measure")
    run.hear({"job": 3, "begins": "recall", "does": "refill"})
    run.stage = "measure"
    run.hear({"job": 1, "begins": "freeze", "does": "close"})
    run.hear({"job": 1, "done": 1, "total": 2})
    run.hear({"job": 9, "done": 1, "total": 2})
    assert run.running == {}


CHECK = "Command 'set -euo pipefail;  pytest -q tests/product 2>&1 | tee data/scratch/logs/check.log && cp' returned"
KILLED = "killed before it ended, as by a system that is short of memory; the same command goes on from here"

NOISE = """\
RuleException:
CalledProcessError in file "rules/dataset.smk", line 60:
ERROR: failed to reproduce 'dataset': failed to run: snakemake, exited with 1
"""


@pytest.mark.parametrize(
    ("lines", "facts", "line"),
    [
        ("", [{"ended": 1, "line": "native4k select: params.yaml: no"}], "native4k select: params.yaml: no"),
        (
            "",
            [],
            f"native4k select: {KILLED}",
        ),
        (CHECK, [{"ended": 0}], "check: failed; see data/scratch/logs/check.log"),
        (
            f"FAILED tests/product/test_tables.py::test_no_row_is_lost - assert 1 == 2\n{CHECK}",
            [{"ended": 0}],
            "check: test_no_row_is_lost - assert 1 == 2; see data/scratch/logs/check.log",
        ),
        (
            "\x1b[31mERROR\x1b[39m: Unable to acquire lock; wait for the other one",
            [{"ended": 0}],
            "native4k run: Unable to acquire lock; wait for the other one",
        ),
    ],
)
def test_the_line_of_a_failure_is_the_steps_own(
    clock: Clock, out: io.StringIO, lines: str, facts: list[dict[str, object]], line: str
) -> None:
    run = watch(out, "dataset")
    run.stage = "dataset"
    run.hear({"job": 1, "begins": "select", "does": "apply the rules"})
    for one in facts:
        run.hear({"job": 1, **one})
    read(run, f"{lines}\n{NOISE}")
    assert run.failure() == line
    run.close()
    assert rows(out) == ["1/8 select apply the rules not done"]
