"""What DVC and Snakemake run again after a change, and what they leave alone, on a tiny clone of this project."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from native4k import params, tables
from native4k.provenance import steps
from tests.project import Project

VOTES = "data/votes/tester.csv"
RESULTS = ("data/tables", "data/native4k")
SNAKEMAKE = ("snakemake", "--profile", "profiles/local", "-s")
STALE = (
    "native4k definitions: data/definitions.yaml: not of the code and numbers at hand; "
    "run 'dvc repro definitions', or 'make'"
)

Copy = Callable[[], Project]


def measured_by(project: Project) -> pd.DataFrame:
    """The features table."""
    return tables.read(project.root / "data/features/images.parquet")


def planned(project: Project, milestone: str) -> set[str]:
    """The rules that Snakemake would run."""
    words = ("--profile", "profiles/local", "-s", f"rules/{milestone}.smk", "--dry-run", "--quiet", "progress")
    lines = project.run("snakemake", *words).splitlines()
    return {line.split()[-1].rstrip(":") for line in lines if line.startswith(("rule ", "localrule "))}


def test_a_second_repro_runs_nothing(built: Project) -> None:
    assert built.repro() == []
    assert built.run("git", "status", "--porcelain") == ""


def test_a_touched_but_unchanged_file_reruns_nothing(copy: Copy) -> None:
    project = copy()
    for folder in ("src", "rules", "tests", "data/votes", "data/takedown", "data/released"):
        for path in (project.root / folder).rglob("*"):
            path.touch()
    (project.root / "params.yaml").touch()
    assert project.repro() == []
    assert planned(project, "measure") == set()
    assert planned(project, "dataset") == set()


def test_intermediate_files_that_snakemake_has_no_record_of_are_made_again(copy: Copy) -> None:
    project = copy()
    shutil.rmtree(project.root / ".snakemake/metadata")
    for _ in range(2):  # looking changes nothing
        assert planned(project, "dataset") == set(steps.DATASET)
        assert planned(project, "measure") == {"probe", "score", "label", "features"}


def test_a_changed_collect_number_without_make_images_stops_with_one_line(copy: Copy) -> None:
    project = copy()
    before = project.bytes_of("data/features", *RESULTS)
    project.change("collect.max_punsafe", 0.6)
    status, said = project.attempt("dvc", "repro")
    assert status != 0
    assert [line for line in said.splitlines() if line.startswith("native4k")] == [
        "native4k freeze: data/images: made before a change of params collect; run 'make images'"
    ]
    project.run("git", "checkout", "--quiet", "params.yaml")
    assert project.repro() == []
    assert project.bytes_of("data/features", *RESULTS) == before


def test_a_vote_added_to_a_file_is_counted(copy: Copy) -> None:
    project = copy()
    table = measured_by(project)
    dropped = table.loc[tables.is_kept(table), "id"].iloc[0]
    project.append(VOTES, f"{dropped},tester,drop")
    assert project.repro("dataset") == ["dataset"]
    final = tables.read(project.root / "data/tables/images.parquet").set_index("id")
    assert final["reason"][dropped] == "voted_out"


def test_a_changed_baseline_retrains_that_baseline_alone(copy: Copy) -> None:
    project = copy()
    project.change("sr.baselines.swinir_tiny_x4.training.optimizer.lr", 0.004)
    ran = ["train_sr@swinir_tiny_x4", "evaluate_sr@swinir_tiny_x4", "report"]
    assert project.repro() == ran


def test_a_baseline_comes_after_the_one_that_it_starts_from(copy: Copy) -> None:
    project = copy()
    tiny = params.read(project.root / "params.yaml")["sr"]["baselines"]["swinir_tiny_x4"]
    starts = {"a_x4": "models/b_x4", "b_x4": "models/swinir_tiny_x4"}
    begun = {name: {"scale": 4, "network": tiny["network"], "start": {"path": path}} for name, path in starts.items()}
    project.change("sr.pretrained", begun)
    both = ["train_pretrained_sr@b_x4", "train_pretrained_sr@a_x4"]
    assert project.repro("evaluate_pretrained_sr@a_x4") == [*both, "evaluate_pretrained_sr@a_x4"]
    project.change("sr.baselines.swinir_tiny_x4.training.optimizer.lr", 0.004)
    assert project.repro(both[1]) == ["train_sr@swinir_tiny_x4", *both]
    first, last = (project.root / "models" / name / "weights.safetensors" for name in ("swinir_tiny_x4", "a_x4"))
    assert last.read_bytes() == first.read_bytes()


def test_a_vote_on_a_rejected_image_trains_nothing(copy: Copy) -> None:
    project = copy()
    table = tables.read(project.root / "data/tables/images.parquet")
    rejected = table.loc[table["rejected_by"] == "dedup", "id"].iloc[0]
    project.append(VOTES, f"{rejected},tester,keep")
    ran = project.repro()
    assert ran[:2] == ["dataset", "publish"]
    assert set(ran) <= {"dataset", "publish", "assess", "report"}


def test_the_rules_come_after_each_other_as_their_identities_say(built: Project) -> None:
    for milestone, expected in {"measure": steps.MEASURE, "dataset": steps.DATASET}.items():
        drawn = built.run(*SNAKEMAKE, f"rules/{milestone}.smk", "--forceall", "--rulegraph")
        names = dict(re.findall(r'(\d+)\[label = "(\w+)"', drawn))
        edges = {(names[one], names[other]) for one, other in re.findall(r"(\d+) -> (\d+)", drawn)}
        assert {*names.values()} == expected.keys() - {"embed"}
        for name in names.values():
            assert ancestors(name, edges) == all_before(name, expected) - {"embed"}, name


def ancestors(name: str, edges: set[tuple[str, str]]) -> set[str]:
    """All rules that a rule comes after, as Snakemake draws it."""
    first = {one for one, other in edges if other == name}
    return first.union(*(ancestors(one, edges) for one in first))


def all_before(name: str, rules: dict[str, steps.Step]) -> set[str]:
    """All rules whose identities are in a rule's identity."""
    first = set(rules[name].after)
    return first.union(*(all_before(one, rules) for one in first))


def test_without_bash_the_rules_stop_with_one_line(built: Project) -> None:
    built.inside = {"PATH": str(Path(sys.executable).parent)}
    status, said = built.attempt(*SNAKEMAKE, "rules/dataset.smk", "--dry-run")
    built.inside = {}
    assert status == 1
    assert "bash is not on the PATH: the rules need it, or a step that fails would pass unseen" in said


MEASURING = {"probe", "score", "label", "features"}
AFTER_VET = {"select", "dedup", "balance", "split", "leaks", "check", "tables"}


@pytest.fixture(scope="module", name="edited")
def a_copy_to_edit(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy whose files each test puts back."""
    return built.copy(tmp_path_factory.mktemp("edited") / "project")


@pytest.mark.parametrize(
    ("file", "milestone", "rules"),
    [
        ("errors.py", "measure", MEASURING),
        ("measure/nativeness.py", "measure", MEASURING),
        ("measure/textures.py", "measure", {"score", "features"}),
        ("measure/label.py", "measure", {"label", "features"}),
        ("params/__init__.py", "dataset", {"vet", *AFTER_VET}),
        ("dataset/select.py", "dataset", AFTER_VET),
        ("dataset/split.py", "dataset", {"split", "leaks", "check", "tables"}),
    ],
)
def test_an_edited_module_reruns_the_steps_that_use_it(
    edited: Project, file: str, milestone: str, rules: set[str]
) -> None:
    path = edited.root / "src/native4k" / file
    before = path.read_bytes()
    try:
        edited.append(f"src/native4k/{file}", "# only a comment")
        edited.run("native4k", "definitions", "data/definitions.yaml", "--check")
        assert planned(edited, milestone) == set()
        edited.append(f"src/native4k/{file}", "EDITED = True")
        assert planned(edited, milestone) == rules
        status, said = edited.attempt("native4k", "definitions", "data/definitions.yaml", "--check")
        assert (status, said.splitlines()[-1]) == (1, STALE)
    finally:
        path.write_bytes(before)


def test_an_edited_metric_is_measured_again_and_the_rest_is_remembered(copy: Copy, built: Project) -> None:
    project = copy()
    before = project.times_of("data/scratch/cache/**/*.parquet")
    project.append("src/native4k/measure/metrics.py", "EDITED = True")
    assert project.repro("measure") == ["measure"]
    after = project.times_of("data/scratch/cache/**/*.parquet")
    assert after.items() >= before.items()
    new = {tuple(path.split("/")[3:5]) for path in after.keys() - before.keys()}
    assert {(step, column.partition("-")[0]) for step, column in new} == {("score", "piqe")}
    pd.testing.assert_frame_equal(measured_by(project), measured_by(built))
