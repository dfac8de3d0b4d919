"""DVC and Snakemake together, on a tiny clone of this project: what reruns, what does not, and the same bytes."""

import hashlib
import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from native4k import params, tables
from tests.project import Project

BLURRED = ("select.presets.demo.blurred.min", 12.0)
TILES = ("probe.measures.tiles", 4)
VOTES = "data/votes/tester.csv"
RESULTS = ("data/tables", "data/native4k")
STALE = (
    "native4k definitions: data/definitions.yaml: not of the code and numbers at hand; "
    "run 'dvc repro definitions', or 'make'"
)

Copy = Callable[[], Project]


@pytest.fixture(name="places")
def numbered_places(tmp_path: Path) -> Iterator[Path]:
    """Folders for copies and clones, removed with them."""
    yield (tmp_path / str(number) / "project" for number in itertools.count())
    shutil.rmtree(tmp_path)


@pytest.fixture(name="copy")
def copy_of_built(built: Project, places: Iterator[Path]) -> Copy:
    """A copy of the built project, intermediates and caches included."""

    def make() -> Project:
        place = next(places)
        place.parent.mkdir()
        return built.copy(place)

    return make


@pytest.fixture(name="clone")
def clone_of_built(built: Project, places: Iterator[Path]) -> Copy:
    """A fresh clone of the built project, with nothing pulled."""

    def make() -> Project:
        made = built.clone(next(places))
        made.remote(built.root.parent / "remote")
        return made

    return make


def from_nothing(clone: Project, built: Project, key: str, value: Any) -> dict[str, str]:
    """The results with one number changed, by Snakemake alone, in a clone that has the images and nothing else."""
    shutil.copytree(built.root / "data/images", clone.root / "data/images")
    clone.change(key, value)
    for milestone in ("measure", "dataset"):
        clone.run("snakemake", "--profile", "profiles/local", "-s", f"rules/{milestone}.smk")
    clone.run("native4k", "publish", *RESULTS[:1], "data/images", *RESULTS[1:])
    return clone.bytes_of("data/features", *RESULTS)


@pytest.fixture(scope="module", name="sharper")
def another_threshold(built: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a stricter threshold gives from nothing."""
    clone = built.clone(tmp_path_factory.mktemp("sharper") / "project")
    made = from_nothing(clone, built, *BLURRED)
    assert only(made, "data/tables") != built.bytes_of("data/tables")
    return made


def measured_by(project: Project) -> pd.DataFrame:
    """The features table."""
    return tables.read(project.root / "data/features/images.parquet")


def only(found: dict[str, str], *folders: str) -> dict[str, str]:
    """The part below the folders."""
    return {path: hash_ for path, hash_ in found.items() if path.startswith(folders)}


def changed(before: dict[str, int], after: dict[str, int]) -> set[str]:
    """The names, without ending, of files that were written anew."""
    return {Path(path).stem for path in after if before.get(path) != after[path]}


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


def test_a_changed_threshold_reruns_select_and_what_follows_and_measures_nothing(
    copy: Copy, sharper: dict[str, str]
) -> None:
    project = copy()
    measured, decided = project.times_of("data/scratch/[psl]*/*.parquet"), project.times_of("data/scratch/dataset/*")
    assert len(measured) == 6
    project.change(*BLURRED)
    assert project.repro("publish") == ["dataset", "publish"]
    assert project.times_of("data/scratch/[psl]*/*.parquet") == measured
    assert changed(decided, project.times_of("data/scratch/dataset/*")) == {
        "select",
        "dedup",
        "balance",
        "split",
        "leaks",
        "checked",
    }
    assert project.bytes_of(*RESULTS) == only(sharper, *RESULTS)


def test_a_vote_added_to_a_file_is_counted(copy: Copy) -> None:
    project = copy()
    table = measured_by(project)
    dropped = table.loc[tables.kept(table), "id"].iloc[0]
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
        ("images.py", "measure", MEASURING),
        ("geometry.py", "measure", MEASURING),
        ("tables.py", "measure", MEASURING),
        ("measure/cache.py", "measure", MEASURING),
        ("measure/nativeness.py", "measure", MEASURING),
        ("measure/columns.py", "measure", {"score", "label", "features"}),
        ("measure/score.py", "measure", {"score", "features"}),
        ("measure/textures.py", "measure", {"score", "features"}),
        ("measure/label.py", "measure", {"label", "features"}),
        ("measure/words.py", "measure", {"label", "features"}),
        ("measure/features.py", "measure", {"features"}),
        ("dataset/vet.py", "dataset", {"vet", *AFTER_VET}),
        ("params.py", "dataset", {"vet", *AFTER_VET}),
        ("dataset/select.py", "dataset", AFTER_VET),
        ("dataset/split.py", "dataset", {"split", "leaks", "check", "tables"}),
        ("dataset/leaks.py", "dataset", {"leaks", "check", "tables"}),
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


def test_a_threshold_changed_in_a_fresh_clone_gives_what_a_run_from_nothing_gives(
    clone: Copy, sharper: dict[str, str]
) -> None:
    project = clone()
    project.run("dvc", "pull", "--quiet")
    project.change(*BLURRED)
    assert project.repro("publish") == ["dataset", "publish"]
    assert project.bytes_of(*RESULTS) == only(sharper, *RESULTS)


def test_a_measure_changed_in_a_fresh_clone_gives_what_a_run_from_nothing_gives(clone: Copy, built: Project) -> None:
    project = clone()
    project.run("dvc", "pull", "--quiet")
    project.change(*TILES)
    assert project.repro("publish") == ["measure", "dataset", "publish"]
    expected = from_nothing(clone(), built, *TILES)
    assert project.bytes_of("data/features", *RESULTS) == expected
    assert only(expected, "data/features") != built.bytes_of("data/features")


def test_another_version_checked_out_over_old_intermediates_gives_what_a_run_from_nothing_gives(
    copy: Copy, sharper: dict[str, str]
) -> None:
    project = copy()
    project.change(*TILES)
    project.repro("dataset")
    project.run("git", "checkout", "--quiet", ".")
    project.run("dvc", "checkout", "--quiet")
    project.change(*BLURRED)
    assert project.repro("publish") == ["dataset", "publish"]
    assert project.bytes_of(*RESULTS) == only(sharper, *RESULTS)


def test_any_number_of_shards_and_cores_gives_the_same_bytes(clone: Copy, built: Project) -> None:
    project = clone()
    shutil.copytree(built.root / "data/images", project.root / "data/images")
    fresh = ("data/scratch", "data/features", "data/tables", ".snakemake")
    for shards, cores, without in ((1, 1, fresh), (3, 2, fresh), (5, 2, fresh[1:])):  # the last one finds its rows
        for folder in without:
            shutil.rmtree(project.root / folder, ignore_errors=True)
        for milestone in ("measure", "dataset"):
            words = ("--profile", "profiles/local", "-s", f"rules/{milestone}.smk", "--cores", str(cores))
            project.run("snakemake", *words, "--config", f"shards={shards}")
        made = project.bytes_of("data/features", "data/tables")
        assert made == built.bytes_of("data/features", "data/tables"), f"{shards} shards on {cores} cores"


def test_images_killed_while_fetching_end_the_same(clone: Copy, built: Project) -> None:
    project = clone()
    journals = project.root / "data/scratch/fetch"
    project.set_up()
    project.interrupt(lambda: any(path.stat().st_size for path in journals.glob("*.journal")), "make", "images")
    project.images()
    assert project.bytes_of("data/images") == built.bytes_of("data/images")
    assert project.run("git", "status", "--porcelain") == ""


def test_measuring_killed_half_way_ends_the_same(clone: Copy, built: Project) -> None:
    project = clone()
    shutil.copytree(built.root / "data/images", project.root / "data/images")
    cache = project.root / "data/scratch/cache/score"
    project.interrupt(lambda: any(cache.rglob("*.parquet")), "dvc", "repro", "measure")
    assert project.repro("measure") == ["measure"]
    assert project.bytes_of("data/features") == built.bytes_of("data/features")
    assert project.run("git", "status", "--porcelain") == ""


def test_training_killed_half_way_ends_the_same(copy: Copy) -> None:
    project = copy()
    project.change("sr.baselines.swinir_tiny_x4.training.images", 600)
    undisturbed = project.copy(project.root.parent / "undisturbed")
    work = project.root / "data/scratch/sr/swinir_tiny_x4"
    before = set(work.glob("*/[0-9]*/state.pt"))
    stage = "train_sr@swinir_tiny_x4"
    project.interrupt(lambda: bool(set(work.glob("*/[0-9]*/state.pt")) - before), "dvc", "repro", stage)
    assert not (project.root / "models/swinir_tiny_x4").exists()
    said = project.run("dvc", "repro", stage)
    assert "training:   0%|          | 0/600" not in said
    undisturbed.run("dvc", "repro", stage)
    assert project.bytes_of("models") == undisturbed.bytes_of("models")


def test_features_alone_are_enough_to_change_a_threshold(clone: Copy, sharper: dict[str, str]) -> None:
    project = clone()
    project.run("dvc", "pull", "--quiet", "data/features")
    project.change(*BLURRED)
    assert project.repro("--allow-missing", "dataset", "assess") == ["dataset", "assess"]
    assert project.bytes_of("data/tables") == only(sharper, "data/tables")


def test_test_images_and_models_alone_are_enough_to_evaluate(clone: Copy, built: Project) -> None:
    project = clone()
    project.run("dvc", "pull", "--quiet", "data/native4k/test", "models/bicubic_x4")
    project.change("sr.evaluate.strip_side", 32)
    stage = "evaluate_sr@bicubic_x4"
    assert project.repro("--allow-missing", stage) == [stage]
    assert (project.root / "metrics/bicubic_x4.json").read_bytes() == (
        built.root / "metrics/bicubic_x4.json"
    ).read_bytes()
    assert project.bytes_of("data/evaluations/bicubic_x4") != built.bytes_of("data/evaluations/bicubic_x4")


def test_a_grown_collection_measures_only_what_is_new(clone: Copy, built: Project) -> None:
    project = clone()
    project.run("dvc", "pull", "--quiet", "data/features")
    project.change("demo.originals", 5)
    project.images()
    project.run("native4k", "recall", "data/features")
    recalled = set(project.times_of("data/scratch/cache/**/*.parquet"))
    assert project.repro("measure") == ["measure"]
    known = set(measured_by(built)["sha256"])
    table = measured_by(project)
    for place in ("probe/*", "score/piqe-*/*", "score/entropy-*/*"):
        new = set(project.times_of(f"data/scratch/cache/{place}/*.parquet")) - recalled
        rows = pd.concat([tables.read(project.root / path) for path in new])
        assert len(rows) > 0
        assert not set(rows["sha256"]) & known
        assert len(table) - len(known) - 3 <= len(rows) <= len(table)


def test_store_cache_and_published_dataset_take_the_bytes_of_the_images_once(built: Project) -> None:
    images = {hashlib.md5(path.read_bytes()).hexdigest(): path for path in built.root.glob("data/images/??/*")}
    cached = [path for path in built.root.glob(".dvc/cache/files/md5/??/*") if path.parent.name + path.name in images]
    published = [path for path in built.root.glob("data/native4k/*/*") if not path.name.endswith(".parquet")]
    assert len(cached) == len(images)
    assert published
    there = [path.stat() for path in (*images.values(), *cached, *published)]
    disk = sum({stat.st_ino: stat.st_blocks * 512 for stat in there}.values())
    assert disk < 1.1 * sum(-(-path.stat().st_size // 4096) * 4096 for path in images.values())


def test_a_fresh_clone_with_nothing_pulled_is_up_to_date(clone: Copy) -> None:
    project = clone()
    assert project.repro("--dry", "--allow-missing") == []
    project.run("native4k", "definitions", "data/definitions.yaml", "--check")


def test_a_fresh_clone_draws_the_same_images_and_leaves_git_clean(clone: Copy, built: Project) -> None:
    project = clone()
    for _ in range(2):
        project.images()
        assert project.bytes_of("data/images") == built.bytes_of("data/images")
        assert project.run("git", "status", "--porcelain") == ""
