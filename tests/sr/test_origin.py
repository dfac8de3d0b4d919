"""native4k.sr.origin: the code that answers are hashed with is the code that gives them, and that DVC looks at."""

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

from native4k.sr import origin

ROOT = Path(__file__).parents[2]
EVERYWHERE = {"__init__.py", "errors.py", "params.py"}
"""Modules that no stage lists: they check what is given, and decide no number."""


def imported(path: Path) -> set[Path]:
    """The modules of ours that a module names in its imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("native4k"):
            folder = origin.PACKAGE.parent / str(node.module).replace(".", "/")
            places = [folder.with_suffix(".py"), *(folder / f"{name.name}.py" for name in node.names)]
            places += [folder / name.name / "__init__.py" for name in node.names]
            found |= {place for place in places if place.exists()}
    return found


def needed(first: str) -> set[str]:
    """All modules of ours that a module needs, but for those that stand everywhere."""
    todo, found = {origin.PACKAGE / first}, set()
    while todo:
        path = todo.pop()
        found.add(path)
        todo |= imported(path) - found
    names = {path.relative_to(origin.PACKAGE).as_posix() for path in found}
    return {name for name in names if name.rpartition("/")[2] not in EVERYWHERE}


def covered(names: set[str], by: tuple[str, ...]) -> set[str]:
    """Those that are not listed, nor lie in a listed package."""
    return {name for name in names if not any(name == place or name.startswith(f"{place}/") for place in by)}


def stage(file: str, name: str) -> dict[str, Any]:
    tree: dict[str, Any] = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["stages"][name]
    return tree


def test_the_hash_has_all_code_that_answers_come_from() -> None:
    assert covered(needed("sr/question.py"), origin.CODE) == set()
    assert [name for name in origin.CODE if not (origin.PACKAGE / name).exists()] == []


def test_the_hash_of_measuring_has_all_code_that_an_images_numbers_come_from() -> None:
    wanted = {"tables.py", *needed("sr/testsets.py"), *needed("sr/metrics.py"), *needed("sr/tiles.py")}
    beside = {"tables.py", "sr/memory.py", *needed("sr/patches.py")} - {"sr/resample.py", "images.py"}
    assert covered(wanted - beside, origin.MEASURING) == set()
    assert set(origin.MEASURING) <= set(origin.CODE)


@pytest.mark.parametrize(
    ("file", "name", "part"), [("dvc.yaml", "question_x4", "x4"), ("question/dvc.yaml", "question", "whole")]
)
def test_the_stages_depend_on_what_is_hashed(file: str, name: str, part: str) -> None:
    made = stage(file, name)
    splits = [f"data/native4k/{split}" for split in ("train", "val", "test")]
    assert made["deps"] == [*splits, *(f"src/native4k/{place}" for place in origin.CODE)]
    keys = {".".join(key.split(".")[:3]) for key in made["params"]}
    section = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["sr"]["question"]
    assert keys == {"sr.patches", "sr.degrade", "sr.upscale", *(f"sr.question.{key}" for key in section)}
    assert [key for key in made["params"] if "parts" in key] == [f"sr.question.parts.{part}"]


def test_the_page_of_answers_depends_on_the_code_that_writes_it() -> None:
    listed = {place.removeprefix("src/native4k/") for place in stage("question/dvc.yaml", "answers")["deps"]}
    assert needed("report/answers.py") - listed <= {"cli.py", "images.py"}
