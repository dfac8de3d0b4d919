"""DVC and Snakemake together, on a tiny clone of this project: what reruns, what does not, and the same bytes."""

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from native4k import tables
from tests.project import Project

BLURRED = ("select.presets.demo.blurred.min", 12.0)
TILES = ("probe.measures.tiles", 4)
VOTES = "data/votes/tester.csv"
RESULTS = ("data/tables", "data/native4k")

Copy = Callable[[], Project]


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


def test_an_experiment_with_another_number_gives_what_a_run_from_nothing_gives(
    copy: Copy, sharper: dict[str, str]
) -> None:
    project = copy()
    number = "=".join(map(str, BLURRED))
    project.run("dvc", "exp", "run", "--set-param", number, "publish")
    assert project.bytes_of(*RESULTS) == only(sharper, *RESULTS)
    project.run("git", "checkout", "--quiet", ".")
    project.run("dvc", "checkout", "--quiet")
    project.run("dvc", "exp", "run", "--temp", "--name", "aside", "--set-param", number, "publish")
    project.run("dvc", "exp", "apply", "aside")
    assert project.bytes_of(*RESULTS) == only(sharper, *RESULTS)


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
    assert project.bytes_of("data/curves") == undisturbed.bytes_of("data/curves")


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
    for path in ("metrics/bicubic_x4.json", "metrics/details/bicubic_x4.json"):
        assert (project.root / path).read_bytes() == (built.root / path).read_bytes()
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


def test_dvc_shows_at_most_12_flat_figures_a_baseline_and_60_in_all(built: Project) -> None:
    shown = json.loads(built.run("dvc", "metrics", "show", "--json"))[""]["data"]
    figures = {Path(path).stem: one["data"] for path, one in shown.items()}
    assert sorted(figures) == ["bicubic_x4", "dataset", "flow_tiny", "study_x4", "swinir_tiny_x4"]
    assert all(isinstance(value, int | float) for one in figures.values() for value in one.values())
    assert max(len(one) for one in figures.values()) <= 12
    head = next(csv.reader(built.run("dvc", "exp", "show", "--csv").splitlines()))
    columns = {name for name in head if name.split(":")[-1] in {key for one in figures.values() for key in one}}
    assert 0 < len(columns) <= sum(len(one) for one in figures.values()) <= 60


def test_dvc_plots_the_curve_of_every_baseline_that_is_trained(built: Project, tmp_path: Path) -> None:
    shown = json.loads(built.run("dvc", "plots", "show", "--json", "--out", str(tmp_path)))
    assert "errors" not in shown
    curves = {Path(path).stem: plots for path, plots in shown["data"].items() if path.startswith("data/curves/")}
    lines = {name: plots[0]["content"]["layer"][0]["encoding"]["y"]["field"] for name, plots in curves.items() if plots}
    assert lines == {"swinir_tiny_x4": "val_psnr", "flow_tiny": "loss"}
    assert set(curves) == {"bicubic_x4", *lines}
