"""What each step used while the tiny project was built, as audit hooks noted, is in what its result depends on."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from native4k import params, provenance
from native4k.provenance import source, steps
from tests.project import Project

STAGE_OF = {
    "sr train": "train_sr",
    "sr evaluate": "evaluate_sr",
    "t2i encode": "encode_t2i",
    "t2i train": "train_t2i",
    "t2i evaluate": "evaluate_t2i",
}
NO_RESULT = {"definitions", "recall", "run", "summary", "validate"}
"""Steps that make nothing that another step reads as a result."""

COMPLAINT = "native4k.redaction"
"""What the command line loads where a step fails, as the first look for images that are not there does."""

PYTEST_SETTINGS = {"pyproject.toml"}


class Use(NamedTuple):
    """What a step did: import, open or params, and which."""

    step: str
    item: str
    how: str
    what: str


def read(built: Project) -> Iterator[Use]:
    """All that was noted, the steps by the names of their rules and stages."""
    for path in sorted((built.root.parent / "audit").glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            words, how, what = line.split("\t")
            first, second, item = [*words.split(" "), "", ""][:3]
            stage = STAGE_OF.get(f"{first} {second}")
            yield Use(stage, item, how, what) if stage else Use(first, second if first == "study" else "", how, what)


@pytest.fixture(scope="module", name="uses")
def all_uses(built: Project) -> set[Use]:
    return {use for use in read(built) if use.step not in NO_RESULT}


def test_embedding_reads_what_its_definition_holds(embedding: Project) -> None:
    uses = {use for use in read(embedding) if use.step == "embed"}
    assert {use.how for use in uses} == {"import", "open", "params"}
    test_every_module_that_was_loaded_is_in_the_definition(embedding, uses)
    test_every_number_that_was_read_is_in_the_definition(uses)
    assert "data/tiny.pt" in {use.what for use in uses if use.how == "open"}


def declared(use: Use) -> steps.Step:
    return (steps.RULES | steps.STAGES)[use.step]


def reached(use: Use, tree: dict[str, object]) -> set[str]:
    """The modules and data files that are in the step's definition."""
    step = declared(use)
    words = provenance.words(provenance.numbers_of(step, tree, use.item))
    return set(source.reach(*provenance.roots(step.code), words=words))


def test_every_step_was_seen(uses: set[Use]) -> None:
    expected = {*steps.RULES, *steps.STAGES} - {
        "embed",
        "train_pretrained_sr",
        "evaluate_pretrained_sr",
        "study_report",
    }
    assert {use.step for use in uses} == expected


def test_every_module_that_was_loaded_is_in_the_definition(built: Project, uses: set[Use]) -> None:
    tree = params.read(built.root / "params.yaml")
    loaded = {use for use in uses if use.how == "import" and not use.what.startswith(source.UNCOUNTED)}
    assert loaded
    files = {use for use in loaded if source._file(use.what) is not None and use.what != COMPLAINT}
    assert {use for use in files if use.what not in reached(use, tree)} == set()


def test_every_tracked_file_that_was_opened_is_in_the_definition_or_an_input(built: Project, uses: set[Use]) -> None:
    tracked = set(built.run("git", "ls-files").splitlines()) - {"params.yaml", *PYTEST_SETTINGS}
    tree = params.read(built.root / "params.yaml")
    stages = yaml.safe_load((built.root / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    opened = {use for use in uses if use.how == "open" and use.what in tracked}
    code = {use for use in opened if use.what.endswith(".py")}  # imported, as above, or only hashed
    assert opened - code
    missing = set()
    for use in opened - code:
        stage = stages.get(use.step, {})
        inputs = {*declared(use).reads, *stage.get("do", stage).get("deps", ())}
        data = {name.partition("/") for name in reached(use, tree) if "/" in name}
        known = {f"src/{package.replace('.', '/')}/{path}" for package, _, path in data}
        if use.what not in known and not any(
            Path(use.what).match(one) or use.what.startswith(f"{one}/") for one in inputs
        ):
            missing.add(use)
    assert missing == set()


def test_every_number_that_was_read_is_in_the_definition(uses: set[Use]) -> None:
    elsewhere = {"shards", "sr.pretrained"}  # no result depends on the one; in the other only a name is looked up
    read = {use for use in uses if use.how == "params" and use.what not in elsewhere}
    assert read
    missing = set()
    for use in read:
        sections = [name.format(item=use.item) for name in declared(use).sections]
        whole = any(not name or f"{use.what}.".startswith(f"{name}.") for name in sections)
        parts = [name for name in sections if name.startswith(f"{use.what}.")]
        if not whole and not parts:
            missing.add(use)
    assert missing == set()
