"""All of params.yaml is checked at once, and what was right is not checked again."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from native4k import cli, params, sources
from native4k.errors import UserError
from native4k.runner import validate
from tests.project import composed

TREE: dict[str, Any] = yaml.safe_load(composed())


@pytest.fixture(name="checked")
def sections_that_are_checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the sections that are checked, in the order in which they are."""
    names: list[str] = []
    real = params.validate

    def noting(cls: Any, section: Any, where: str) -> Any:
        names.append(where.rpartition(" ")[2])
        return real(cls, section, where)

    monkeypatch.setattr(params, "validate", noting)
    return names


@pytest.fixture(name="path")
def params_whose_numbers_are_quick_to_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of params.yaml; of its readers only those that import no torch."""
    quick = {keys: name for keys, name in validate.READERS.items() if keys[0] not in {"sr", "t2i", "study", "score"}}
    skipped = {keys: "builtins:dict" for keys in validate.READERS if keys not in quick}
    monkeypatch.setattr(validate, "READERS", quick | skipped)
    path = tmp_path / "params.yaml"
    path.write_text(composed(), encoding="utf-8")
    return path


def change(path: Path, how: Callable[[Any], object]) -> None:
    tree = copy.deepcopy(TREE)
    how(tree)
    path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")


def test_only_what_has_changed_since_it_was_right_is_checked(path: Path, checked: list[str]) -> None:
    mark = path.parent / "scratch/validated.json"
    validate.validate(path, mark)
    known = json.loads(mark.read_text(encoding="utf-8"))
    assert sorted(checked) == sorted(known)
    assert {"shards", "dedup", "sr.baselines.swinir_tiny_x4", "t2i.baselines.flow_tiny.train"} <= set(checked)
    checked.clear()
    validate.validate(path, mark)
    assert checked == []
    change(path, lambda tree: tree["dedup"].update(radius=11))
    validate.validate(path, mark)
    assert checked == ["dedup"]
    mark.write_text("cut off {", encoding="utf-8")
    validate.validate(path, mark)
    assert len(checked) == 1 + len(known)


def test_what_was_wrong_is_checked_again(path: Path) -> None:
    mark = path.parent / "validated.json"
    change(path, lambda tree: tree["dedup"].update(radius="x"))
    for _ in range(2):
        with pytest.raises(UserError, match=r"dedup\.radius: Input should be a valid integer"):
            validate.validate(path, mark)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("how", "line"),
    [
        (lambda tree: tree["dedup"].update(radus=1), "dedup.radus: unknown key; is it 'radius'?"),
        (
            lambda tree: tree["sr"].update(patchs={}),
            f"sr.patchs: unknown key; there are: {', '.join(TREE['sr'])}; is it 'patches'?",
        ),
        (lambda tree: tree["sr"].pop("upscale"), "sr.upscale: missing key; every number must be given"),
        (
            lambda tree: tree["t2i"]["baselines"]["flow_tiny"].pop("train"),
            "t2i.baselines.flow_tiny.train: missing key; every number must be given",
        ),
        (lambda tree: tree["sr"].update(baselines=3), "sr.baselines: expected named sections (got 3)"),
        (lambda tree: tree.pop("vet"), "vet: missing key; every number must be given"),
        (lambda tree: tree.update(shards=0), "shards: Input should be greater than 0 (got 0)"),
        (
            lambda tree: tree["collect"].update(sources={"foldr": None}),
            f"collect.sources: no source 'foldr'; there are: {', '.join(sources.NAMES)}; is it 'folder'?",
        ),
    ],
)
def test_a_mistake_anywhere_is_one_line(path: Path, how: Callable[[Any], object], line: str) -> None:
    change(path, how)
    with pytest.raises(UserError) as raised:
        validate.validate(path, path.parent / "mark.json")
    assert str(raised.value) == f"{path}: {line}"


def test_a_preset_that_does_not_exist_is_named_with_those_that_do(path: Path) -> None:
    change(path, lambda tree: tree["select"].update(preset="dmeo"))
    with pytest.raises(UserError, match=r"^params select\.preset: no 'dmeo'; there are: .*; is it 'demo'\?$"):
        validate.validate(path, path.parent / "mark.json")


def test_the_command_checks_the_file_that_is_named(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["validate", "--params", str(path), "--mark", str(path.parent / "mark.json")]
    assert cli.main(words) == 0
    change(path, lambda tree: tree["split"].update(strata="even"))
    assert cli.main(words) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"native4k validate: {path}: split.strata: ")
