"""A step dies in a built project; the same command again gives what a run from nothing gives.

The short form is a few cases, among them those that once failed. `make test-faults` runs every rule with every fault
and with every change that reaches it, under DVC and under Snakemake alone: one rule after the other fails, so that each
must have been reached, and what the last run gives is compared.
"""

import math
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from native4k import tables
from tests.project import Project

MEASURE = ("probe", "score", "embed", "label", "features")
DATASET = ("vet", "select", "dedup", "balance", "split", "leaks", "check", "tables")
FETCH = ("collect", "fetch", "freeze")
RESULTS = ("data/features", "data/tables")
WRAPPED = """

_unedited = {name}


def {name}(*args, **numbers):
    return _unedited(*args, **numbers).assign(edited=1)
"""

SNAKEMAKE = ("snakemake", "--profile", "profiles/local")
DRIVERS = {
    "dvc": [("dvc", "repro", "dataset")],
    "snakemake": [(*SNAKEMAKE, "-s", f"rules/{milestone}.smk") for milestone in ("measure", "dataset")],
    "make": [("make", "images"), ("dvc", "repro", "dataset")],
    "top": [SNAKEMAKE],
}


ALIKE = {"dvc": "dvc", "make": "dvc", "snakemake": "snakemake", "top": "snakemake"}


class Case(NamedTuple):
    """A change of a built project, and the rules that fail when it is run, one after the other."""

    driver: str
    change: str
    faults: tuple[tuple[str, str], ...]
    """Rule and fault. one: its process is killed; group: all of the run is; typo: its section has an unknown key."""

    def __str__(self) -> str:
        rules = [" ".join(fault) for fault in (self.faults[0], self.faults[-1])]
        return " to ".join([f"{self.driver} {self.change} {rules[0]}", *rules[1 : len(self.faults)]]).replace(" ", "-")


NUMBERS = {
    "probe number": ("probe", "probe.measures.tiles", 4),
    "score number": ("score", "score.tiles", 3),
    "embed number": ("embed", "embed.side", 24),
    "label number": ("label", "label.least", 0.9),
    "vet number": ("vet", "vet.rule", "veto"),
    "select number": ("select", "select.presets.demo.blurred.min", 12.0),
    "dedup number": ("dedup", "dedup.views", []),
    "balance number": ("balance", "balance.max_ratio", 1.0),
    "split number": ("split", "split.val.size", 1),
}
"""Change -> the first rule that it reaches, the number, its new value."""

CODE = {f"{step} code": step for step in ("vet", "select", "dedup", "balance", "split")} | {"takedown code": "select"}

DATA = {"vote": "vet", "takedown": "select", "foreign": "dedup", "released": "dedup"}

GROWN = "grown collection"

FIRST = {name: first for name, (first, _, _) in NUMBERS.items()} | CODE | DATA | {GROWN: "collect"}
"""Change -> the first rule that it reaches."""

SHORT = [
    Case("dvc", "select number", (("select", "one"),)),
    Case("snakemake", "balance number", (("balance", "one"),)),
    Case("dvc", "select number", (("select", "typo"),)),
    Case("dvc", "takedown code", (("dedup", "one"),)),
    Case("snakemake", "probe number", (("features", "group"),)),
    Case("make", GROWN, (("freeze", "one"),)),
]

BESIDE = ("score", "embed", "label")
"""Rules that do not wait for each other: when one fails, the others may be done."""


def chains(change: str) -> list[list[str]]:
    """The rules that a change reaches, in order, but one of those beside each other; and each other one by itself."""
    rules = [*FETCH, *MEASURE, *DATASET]
    after = rules[rules.index(FIRST[change]) :]
    if FIRST[change] in BESIDE:
        return [[rule for rule in after if rule not in BESIDE or rule == FIRST[change]]]
    return [[rule for rule in after if rule not in BESIDE[1:]], *([rule] for rule in after if rule == "label")]


def drivers(change: str) -> tuple[str, str]:
    """With DVC, and Snakemake alone."""
    return ("make", "top") if change == GROWN else ("dvc", "snakemake")


def every_case() -> list[Case]:
    """Each rule with each change that reaches it under both drivers, and with each fault."""
    reached = Counter(rule for change in FIRST for rules in chains(change) for rule in rules)
    turns = {(kind, rule): cycle(faults(rule)) for kind in ("dvc", "snakemake") for rule in reached}
    times = {rule: math.ceil(len(faults(rule)) / count) for rule, count in reached.items()}
    return [
        Case(
            driver,
            change,
            tuple((rule, next(turns[ALIKE[driver], rule])) for rule in rules for _ in range(times[rule])),
        )
        for change in FIRST
        for driver in drivers(change)
        for rules in chains(change)
    ]


def faults(rule: str) -> list[str]:
    """What can befall a rule: only one with a section of its own can have a typo."""
    unnumbered = {"features", "leaks", "check", "tables"}
    return ["one", "group", *(["typo"] if rule in {*MEASURE, *DATASET} - unnumbered else [])]


def test_every_rule_meets_every_fault_and_every_change_that_reaches_it() -> None:
    met = [(ALIKE[case.driver], rule, fault, case.change) for case in every_case() for rule, fault in case.faults]
    rules = {*FETCH, *MEASURE, *DATASET}
    kinds = ("dvc", "snakemake")
    assert {one[:3] for one in met} == {
        (kind, rule, fault) for kind in kinds for rule in rules for fault in faults(rule)
    }
    assert {(kind, rule, change) for kind, rule, _, change in met} == {
        (kind, rule, change) for kind in kinds for change in FIRST for rules in chains(change) for rule in rules
    }


CASES = every_case() if os.environ.get("FAULTS") == "all" else SHORT


@pytest.fixture(scope="module", name="base")
def prepared(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A built project with two votes that disagree, one image taken down, an empty foreign list, and quick scores."""
    project = built.copy(tmp_path_factory.mktemp("base") / "project")
    project.change("score.metrics", {})  # torch alone takes seconds to import
    project.change("dedup.score", None)
    voted, gone = kept(project)[:2]
    project.append("data/votes/tester.csv", f"{voted},one,keep\n{voted},two,drop")
    project.append("data/takedown/requests.txt", gone)
    foreign(project, [])
    project.change("dedup.firewall", {"bench": "reject"})
    project.repro("dataset")
    project.commit()
    return project


def kept(project: Project) -> list[str]:
    """The images in the dataset that stand for themselves alone, in order."""
    table = tables.read(project.root / "data/tables/images.parquet")
    alone = ~table["group"].duplicated(keep=False)
    return table.loc[tables.is_kept(table) & alone, "id"].tolist()


def foreign(project: Project, ids: list[str]) -> None:
    """A list of somebody else's that has some of our images."""
    table = tables.read(project.root / "data/features/images.parquet")
    tables.write(table[table["id"].isin(ids)], project.root / "data/foreign/bench.parquet")


def make(change: str, project: Project) -> None:
    """Change something that the dataset depends on."""
    if change in NUMBERS:
        project.change(*NUMBERS[change][1:])
    elif change == GROWN:
        project.change("demo.originals", 5)
    elif change == "takedown code":
        project.append("src/native4k/dataset/takedown.py", 'REASON = "removed"')
    elif change in CODE:
        project.append(f"src/native4k/dataset/{CODE[change]}.py", WRAPPED.format(name=CODE[change]))
    else:
        add(change, project)


def add(change: str, project: Project) -> None:
    """Add to one of people's lists."""
    one = kept(project)[5]
    if change == "vote":
        project.append("data/votes/tester.csv", f"{one},one,drop")
    elif change == "takedown":
        project.append("data/takedown/requests.txt", one)
    elif change == "foreign":
        foreign(project, [one])
    else:
        row = tables.read(project.root / "data/tables/images.parquet").set_index("id").loc[one]
        zone = next(name for name in ("train", "val", "test") if name != row["split"])
        line = f"{one},{zone},{row['representative']},{row['sha256']}"
        project.append("data/released/1.0.0.csv", f"id,zone,representative,sha256\n{line}")


@pytest.fixture(scope="module", name="expected")
def from_nothing(tmp_path_factory: pytest.TempPathFactory) -> "Expected":
    return Expected(tmp_path_factory.mktemp("expected"))


class Expected:
    """What each change of a project gives from nothing, made once."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, dict[str, dict[str, str]]()

    def __call__(self, base: Project, change: str) -> dict[str, str]:
        if change not in self.made:
            project = base.copy(self.folder / change.replace(" ", "-"))
            make(change, project)
            measured = ["data/scratch/dataset"] if FIRST[change] in DATASET else ["data/scratch", "data/features"]
            for place in ("data/tables", ".snakemake", ".dvc/cache/runs", *measured):
                shutil.rmtree(project.root / place)
            for command in DRIVERS["top" if change == GROWN else "snakemake"]:
                project.run(*command)
            self.made[change] = project.bytes_of(*RESULTS)
            assert self.made[change] != base.bytes_of(*RESULTS), f"{change} changes nothing"
            shutil.rmtree(project.root)
        return self.made[change]


def attempt(project: Project, driver: str) -> tuple[int, str]:
    """Run a driver's commands, until one fails."""
    said = ""
    for command in DRIVERS[driver]:
        status, text = project.attempt(*command)
        said += text
        if status:
            return status, said
    return 0, said


@pytest.fixture(name="project")
def project_to_break(base: Project, tmp_path: Path) -> Iterator[Project]:
    yield from broken(base, tmp_path)


def broken(base: Project, folder: Path) -> Iterator[Project]:
    """A copy to break, removed afterwards."""
    made = base.copy(folder / "project")
    made.set_up()
    yield made
    shutil.rmtree(made.root)


@pytest.mark.parametrize(
    "case", [pytest.param(one, marks=pytest.mark.xdist_group(one.change)) for one in CASES], ids=str
)
def test_a_step_that_failed_leaves_nothing_old_behind(
    case: Case, expected: Expected, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    base: Project = request.getfixturevalue("embedding" if FIRST[case.change] == "embed" else "base")
    for project in broken(base, tmp_path):
        failed_and_mended(case, project, expected(base, case.change))


def failed_and_mended(case: Case, project: Project, wanted: dict[str, str]) -> None:
    """Change a project, let one rule after the other fail, each time run the same command again."""
    make(case.change, project)
    for rule, fault in case.faults:
        if fault == "typo":
            misspelled(rule, case.driver, project)
        else:
            killed(f"{fault} {rule}", case.driver, project)
    status, said = attempt(project, case.driver)
    assert status == 0, said
    assert project.bytes_of(*RESULTS) == wanted
    if case in SHORT:
        stages = ["measure", "dataset"] if FIRST[case.change] in MEASURE else ["dataset"]
        assert project.repro("dataset") == (stages if case.driver == "snakemake" else [])
        assert project.bytes_of(*RESULTS) == wanted


def killed(fault: str, driver: str, project: Project) -> None:
    """The command fails where a rule is killed; it got there, so nothing before it was skipped."""
    project.inside = {"NATIVE4K_FAULT": fault}
    status, said = attempt(project, driver)
    assert status != 0, f"{fault} did not happen:\n{said}"
    project.inside = {}


def test_tables_that_dvc_restored_do_not_pass_for_those_of_other_numbers(project: Project, base: Project) -> None:
    wanted = base.bytes_of(*RESULTS)
    _, key, value = NUMBERS["select number"]
    project.change(key, value)
    assert project.repro("dataset") == ["dataset"]
    project.run("git", "checkout", "--quiet", "params.yaml")
    project.run("dvc", "repro", "dataset")  # out of its run cache, while data/scratch holds the other number's tables
    assert project.bytes_of(*RESULTS) == wanted
    for command in DRIVERS["snakemake"]:
        project.run(*command)
    assert project.bytes_of(*RESULTS) == wanted
    project.change(key, value)
    project.run(*DRIVERS["snakemake"][1])
    assert project.bytes_of(*RESULTS) != wanted


def misspelled(rule: str, driver: str, project: Project) -> None:
    """The command fails as long as the typo is there, and says where it is."""
    path = project.root / "params.yaml"
    good = path.read_text(encoding="utf-8")
    tree = yaml.safe_load(good)
    tree[rule]["radus"] = 1
    path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    for _ in range(2):
        status, said = attempt(project, driver)
        assert status != 0
        assert f"{rule}.radus" in said
    path.write_text(good, encoding="utf-8")
