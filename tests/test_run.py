"""`native4k run`, which make calls: what a person sees of a run, whole, failed, mended, and with nothing to do."""

import re
from collections.abc import Callable

from tests import terminal
from tests.project import Project, stages

Copy = Callable[[], Project]

LOG = "data/scratch/logs/run.log"
KILLED = "killed before it ended, as by a system that is short of memory; the same command goes on from here"
STEP = re.compile(r" *(\d+)/(\d+) (\S+) +(\S.*\S)  +(\d+ s|\d+ min \d\d s)")
STEPS = [
    "analyze",
    *("probe", "score", "label", "features"),
    *("vet", "select", "dedup", "balance", "split", "leaks", "check", "tables"),
    *("publish", "assess", "train_sr@bicubic_x4", "train_sr@swinir_tiny_x4"),
    *("evaluate_sr@bicubic_x4", "evaluate_sr@swinir_tiny_x4", "study_x4"),
    *("encode_t2i@flow_tiny", "train_t2i@flow_tiny", "evaluate_t2i@flow_tiny", "report"),
]


def seen(project: Project, *words: str) -> tuple[int, list[str]]:
    """The exit status of a command in a terminal, and what stands there in the end."""
    status, printed = terminal.run(list(words), project.root, project.environment())
    return status, [line for line in terminal.screen(printed) if line]


def test_a_whole_run_is_one_plain_line_a_step_the_log_the_results_and_the_address_of_the_report(built: Project) -> None:
    printed = (built.root.parent / "printed.txt").read_text(encoding="utf-8").splitlines()
    printed = [line for line in printed if not line.endswith(" so far")]  # once a minute, what runs
    found = [STEP.fullmatch(line) for line in printed[: len(STEPS)]]
    assert all(found), printed
    assert {line[2] for line in found if line} == {str(len(STEPS))}
    assert sorted(int(line[1]) for line in found if line) == list(range(1, len(STEPS) + 1))  # some run side by side
    assert sorted(line[3] for line in found if line) == sorted(STEPS)
    assert {line[3]: line[4] for line in found if line}["vet"] == "merge people's votes into verdicts"
    assert printed[len(STEPS) : len(STEPS) + 2] == [f"log: {LOG}", "funnel"]
    assert printed[-1] == (built.root / "data/report/report.html").as_uri()
    log = (built.root / LOG).read_text(encoding="utf-8")
    assert {"definitions", "measure", "dataset", "publish", "report"} <= set(stages(log))
    assert "Finished jobid: 0 (Rule: tables)" in log


def test_a_mistake_a_kill_and_its_mending_in_a_terminal(copy: Copy) -> None:
    project = copy()
    text = (project.root / "params.yaml").read_text(encoding="utf-8")
    (project.root / "params.yaml").write_text(text.replace("  radius: ", "  radus: ", 1), encoding="utf-8")
    before = project.times_of("data/[d-z]*/**/*")
    mistake = "native4k validate: params.yaml: dedup.radus: unknown key; is it 'radius'?"
    assert seen(project, "native4k", "run") == (1, [f"log: {LOG}", mistake])
    assert project.times_of("data/[d-z]*/**/*").keys() - before.keys() <= {"data/scratch/logs"}

    (project.root / "params.yaml").write_text(text, encoding="utf-8")
    project.change("select.presets.demo.blurred.min", 12.0)
    project.inside = {"NATIVE4K_FAULT": "one select"}
    status, lines = seen(project, "native4k", "run", "dataset")
    assert status == 255
    assert lines[1] == f"log: {LOG}"
    assert "".join(lines[2:]) == f"native4k select: {KILLED}"  # the terminal breaks the line
    assert re.fullmatch(r"1/\d+ select +take down what was requested, .* not done", lines[0])

    project.inside = {}
    status, lines = seen(project, "native4k", "run", "dataset")
    assert status == 0
    rows = [STEP.fullmatch(line) for line in lines[:7]]
    assert [row[3] for row in rows if row] == ["select", "dedup", "balance", "split", "leaks", "check", "tables"]
    assert lines[7:] == [f"log: {LOG}"]


def test_a_run_with_nothing_to_do_says_so_and_its_log_says_why(copy: Copy) -> None:
    project = copy()
    status, lines = seen(project, "native4k", "run")
    assert (status, lines[:3]) == (0, ["everything is up to date", f"log: {LOG}", "funnel"])
    log = (project.root / LOG).read_text(encoding="utf-8")
    assert stages(log) == ["definitions"]
    assert project.run("git", "status", "--porcelain") == ""


def test_a_log_that_cannot_be_written_stops_the_run_with_one_line(copy: Copy) -> None:
    project = copy()
    (project.root / LOG).unlink()
    (project.root / LOG).mkdir()
    assert seen(project, "native4k", "run") == (1, [f"native4k run: {LOG}: is a directory"])
