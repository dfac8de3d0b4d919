"""Definitions and identities: what changes them, and what does not."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from native4k import params, provenance
from native4k.errors import UserError
from native4k.provenance import definitions, source, steps

ROOT = Path(__file__).parents[2]
FILES = {"fetch": steps.FETCH, "measure": steps.MEASURE, "dataset": steps.DATASET}


@pytest.fixture(scope="module", name="tree")
def the_demos_params() -> dict[str, Any]:
    return params.read(ROOT / "params.yaml")


def later(step: str) -> set[str]:
    """A rule and all that come after it in its rule file."""
    found = {step}
    rules = next(rules for rules in FILES.values() if step in rules)
    for name, one in rules.items():  # in the order of the pipeline
        if found & set(one.after):
            found.add(name)
    return found


def changed(tree: dict[str, Any], section: str) -> dict[str, Any]:
    """The params with something else in a section."""
    first, _, rest = section.partition(".")
    return tree | {first: changed(tree[first], rest) if rest else {"changed": tree[first]}}


@pytest.mark.parametrize("file", FILES)
def test_steps_stand_in_the_order_of_the_pipeline(file: str) -> None:
    names = list(FILES[file])
    for name, step in FILES[file].items():
        assert all(names.index(before) < names.index(name) for before in step.after)


@pytest.mark.parametrize(
    ("file", "step", "section"),
    [(file, name, section) for file, rules in FILES.items() for name, one in rules.items() for section in one.sections],
)
def test_a_changed_number_changes_its_steps_and_all_later_identities_and_no_earlier_one(
    file: str, step: str, section: str, tree: dict[str, Any]
) -> None:
    other = changed(tree, section)
    found = {name for name in FILES[file] if provenance.identity(name, tree) != provenance.identity(name, other)}
    using = {
        name
        for name, one in FILES[file].items()
        if any(f"{section}.".startswith(f"{mine}.") or f"{mine}.".startswith(f"{section}.") for mine in one.sections)
    }
    assert step in using
    assert found == set[str]().union(*map(later, using))


@pytest.mark.parametrize("name", [*steps.RULES, *steps.STAGES])
def test_an_edit_of_any_module_that_a_step_reaches_changes_its_definition_and_no_other_edit_does(
    name: str, tree: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    item = next(iter(provenance.lookup(tree, steps.EACH[name]) or {"none": 0})) if name in steps.EACH else ""
    step = (steps.RULES | steps.STAGES)[name]
    reach = source.reach
    modules = reach(*provenance.roots(step.code), words=provenance.words(provenance.numbers_of(step, tree, item)))
    before = provenance.definition(name, tree, item)
    assert len(modules) > 2
    for module in modules:
        monkeypatch.setattr(
            source, "reach", lambda *roots, words, module=module: edited(reach(*roots, words=words), module)
        )
        assert provenance.definition(name, tree, item) != before, module
    monkeypatch.setattr(source, "reach", lambda *roots, words: edited(reach(*roots, words=words), "native4k.other"))
    assert provenance.definition(name, tree, item) == before


def edited(modules: dict[str, str], name: str) -> dict[str, str]:
    return modules | ({name: "edited"} if name in modules else {})


def test_a_network_that_is_not_used_changes_no_definition(tree: dict[str, Any]) -> None:
    for name, kinds in {"sr.networks": ("swinir",), "sr.recipes": ("regression",)}.items():
        step = steps.STAGES["train_sr"]
        words = provenance.words(provenance.numbers_of(step, tree, "swinir_tiny_x4"))
        found = source.reach(*provenance.roots(step.code), words=words)
        used = {module.rpartition(".")[2] for module in found if module.startswith(f"native4k.{name}.")}
        assert used <= {*kinds, "bicubic"}
        assert set(kinds) <= used


def test_a_source_that_is_not_named_changes_no_definition(tree: dict[str, Any]) -> None:
    step = steps.RULES["collect"]
    found = source.reach(*provenance.roots(step.code), words=provenance.words(provenance.numbers_of(step, tree)))
    assert {name for name in found if name.startswith("native4k.sources.")} == {
        "native4k.sources.demo",
        "native4k.sources.source",
    }


def test_what_enters_from_outside_changes_the_identity_and_not_the_definition(
    tmp_path: Path, tree: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/votes").mkdir(parents=True)
    before = [provenance.identity(name, tree) for name in ("vet", "select")], provenance.definition("vet", tree)
    (tmp_path / "data/votes/one.csv").write_text("id,voter,vote\n")
    after = [provenance.identity(name, tree) for name in ("vet", "select")], provenance.definition("vet", tree)
    assert all(old != new for old, new in zip(before[0], after[0], strict=True))
    assert before[1] == after[1]


def test_metadata_of_a_source_that_grew_changes_the_identity_of_collect(
    tmp_path: Path, tree: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("url\n")
    other = tree | {"collect": tree["collect"] | {"sources": {"pd12m": str(tmp_path / "*.csv")}}}
    before = provenance.identity("collect", other)
    (tmp_path / "rows.csv").write_text("url\nhttps://example.org/a.jpg\n")
    assert provenance.identity("collect", other) != before


def test_a_mark_is_void_when_the_folder_has_changed(tmp_path: Path) -> None:
    folder, mark = tmp_path / "tables", tmp_path / "scratch/tables.json"
    folder.mkdir()
    (folder / "images.parquet").write_bytes(b"rows")
    assert not provenance.is_sealed(folder, mark)
    provenance.seal(folder, mark)
    assert provenance.is_sealed(folder, mark)
    (folder / ".snakemake_timestamp").touch()
    assert provenance.is_sealed(folder, mark)
    (folder / "images.parquet").write_bytes(b"other rows")
    assert not provenance.is_sealed(folder, mark)
    shutil.rmtree(folder)
    assert not provenance.is_sealed(folder, mark)


def test_code_that_is_not_the_projects_own_stops_with_one_line(tmp_path: Path) -> None:
    copy = tmp_path / "src/native4k"
    shutil.copytree(source.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    definitions.at_home(copy)
    (copy / "images.py").write_text("EDITED = True\n")
    with pytest.raises(UserError, match="differs from it; install this one"):
        definitions.at_home(copy)


def test_a_library_counts_where_a_network_of_its_own_is_named(
    tree: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    hat = {"scale": 4, "network": {"kind": "spandrel"}, "start": {"path": "hat.pth"}}
    tree = tree | {"sr": tree["sr"] | {"pretrained": {"hat": hat}}}
    stages = [("train_pretrained_sr", "hat"), ("evaluate_pretrained_sr", "hat"), ("train_sr", "swinir_tiny_x4")]
    before = [provenance.definition(name, tree, item) for name, item in stages]
    release = provenance.release
    monkeypatch.setattr(
        provenance, "release", lambda name: f"{release(name)}.post1" if name == "spandrel" else release(name)
    )
    after = [provenance.definition(name, tree, item) for name, item in stages]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, False, True]
