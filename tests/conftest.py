"""What all tests have in common."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from native4k import processor
from tests.project import Project, tiny

processor.fix_level()  # before a test imports torch, as the command does
settings.register_profile("native4k", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("native4k")

Copy = Callable[[], Project]

LONGEST = (
    "test_pipeline.py",
    "test_first_hour.py",  # while the other process builds what the next ones take
    "chaos/test_faults.py",
    "test_reruns.py",
    "test_remake.py",
    "test_remote.py",
    "test_run.py",
    "sr/test_train.py",
    "chaos/test_oracle.py",
)
"""The files that take longest; they come first, so that two processes end at about the same time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first and leave the others in their order."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(autouse=True)
def environment_as_it_was() -> Iterator[None]:
    """Steps tell libraries by the environment to stay off the network; the next test shall not hear of it."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session", name="built")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The tiny pipeline run from nothing, committed, and pushed to a folder beside it; no test may change it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # one for all workers
    place = shared / "built"
    with FileLock(f"{place}.lock"):
        if not (place / "whole").exists():
            build(place / "project").run("dvc", "push", "--quiet")
            (place / "whole").touch()
    return Project(place / "project")


def build(root: Path) -> Project:
    """The pipeline run from nothing, with notes of what each step used."""
    project = tiny(root)
    (root.parent / "audit").mkdir()
    project.inside = {"NATIVE4K_AUDIT": str(root.parent / "audit")}
    project.append("data/votes/tester.csv", "id,voter,vote")
    project.images()
    (root.parent / "printed.txt").write_text(project.run("native4k", "run"), encoding="utf-8")
    project.commit()
    project.inside = {}
    project.remote(root.parent / "remote")
    return project


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
