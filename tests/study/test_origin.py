"""native4k.study.origin: results are hashed with the code that makes them, and the stages depend on it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from native4k.study import origin
from tests.imports import missing, needed

ROOT = Path(__file__).parents[2]


def stage(file: str, name: str) -> dict[str, Any]:
    tree: dict[str, Any] = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["stages"][name]
    return tree


def test_the_hash_has_all_code_that_results_come_from() -> None:
    assert missing(needed("study/study.py"), origin.CODE) == set()
    assert [name for name in origin.CODE if not (origin.PACKAGE / name).exists()] == []


def test_the_hash_of_measuring_has_all_code_that_an_images_numbers_come_from() -> None:
    wanted = {*needed("sr/testsets.py"), *needed("sr/metrics/__init__.py"), *needed("sr/tiles.py")}
    beside = {"tables.py", "sr/memory.py", "sr/patches"}  # they read, and decide no pixel
    assert missing(wanted, {*origin.MEASURING, *beside}) == set()
    assert set(origin.MEASURING) <= set(origin.CODE)


@pytest.mark.parametrize(
    ("file", "name", "design"), [("dvc.yaml", "study_x4", "x4"), ("study/dvc.yaml", "study", "full")]
)
def test_the_stages_depend_on_what_is_hashed(file: str, name: str, design: str) -> None:
    made = stage(file, name)
    splits = [f"data/native4k/{split}" for split in ("train", "val", "test")]
    assert made["deps"] == [*splits, *(f"src/native4k/{place}" for place in origin.CODE)]
    keys = {".".join(key.split(".")[:2]) for key in made["params"]}
    section = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["study"]
    assert keys == {"sr.patches", "sr.degrade", "sr.upscale", *(f"study.{key}" for key in section)}
    assert [key for key in made["params"] if "designs" in key] == [f"study.designs.{design}"]


def test_the_report_depends_on_the_code_that_writes_it() -> None:
    listed = {place.removeprefix("src/native4k/") for place in stage("study/dvc.yaml", "study_report")["deps"]}
    assert needed("study/study_report.py") - listed <= {"cli.py", "images.py"}
