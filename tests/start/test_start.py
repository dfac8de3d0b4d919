"""Where a project may be, what it is called, and one line for whatever is in the way."""

import fcntl
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from PIL import Image

from native4k import cli
from native4k.errors import UserError
from native4k.start import start

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(name="pictures")
def a_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "Ferien in Österreich"
    folder.mkdir()
    Image.new("RGB", (60, 40)).save(folder / "a.jpg")
    return folder


def missing(root: Path) -> list[str]:
    return [str(root / "nowhere")]


def without_pictures(root: Path) -> list[str]:
    (root / "empty").mkdir()
    return [str(root / "empty"), "--project", str(root / "new")]


def a_file(root: Path) -> list[str]:
    return [str(root / "Ferien in Österreich/a.jpg")]


def in_the_clone(root: Path) -> list[str]:
    return [str(root / "Ferien in Österreich"), "--project", str(ROOT / "mine")]


def in_the_pictures(root: Path) -> list[str]:
    return [str(root / "Ferien in Österreich"), "--project", str(root / "Ferien in Österreich/project")]


def with_other_files(root: Path) -> list[str]:
    (root / "other").mkdir()
    (root / "other/file").touch()
    return [str(root / "Ferien in Österreich"), "--project", str(root / "other")]


def on_a_file(root: Path) -> list[str]:
    (root / "taken").touch()
    return [str(root / "Ferien in Österreich"), "--project", str(root / "taken")]


def project_of(root: Path, pictures: Path) -> Path:
    """What there is of a project of a folder of pictures."""
    project = root / "project"
    (project / start.LINK.parent).mkdir(parents=True)
    (project / start.WRITTEN).mkdir()
    (project / start.LINK).symlink_to(pictures)
    return project


def of_another_folder(root: Path) -> list[str]:
    return [str(root / "Ferien in Österreich"), "--project", str(project_of(root, root / "others"))]


def with_the_pictures_in_it(root: Path) -> list[str]:
    project = project_of(root, root / "others")
    (project / start.LINK).unlink()
    shutil.copytree(root / "Ferien in Österreich", project / "pictures")
    return [str(project / "pictures"), "--project", str(project)]


def with_a_bad_name(root: Path) -> list[str]:
    return [str(root / "Ferien in Österreich"), "--project", str(root / "new"), "--name", "My Ferien"]


def with_other_numbers(root: Path) -> list[str]:
    return [str(root / "Ferien in Österreich"), "--params", "other.yaml"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (with_other_numbers, "--params other.yaml: a project has numbers of its own; give others by --overlay"),
        (missing, "nowhere: no such folder; name a folder of pictures"),
        (without_pictures, "empty: no pictures; expected files ending in"),
        (a_file, "a.jpg: not a folder; name the folder that it is in"),
        (in_the_clone, "inside the clone .*, which stays as it is; name another folder with --project"),
        (in_the_pictures, "inside the folder of pictures, which is only read; name another folder with --project"),
        (with_other_files, "other: holds files that are not of a collection; name another folder with --project"),
        (on_a_file, "taken: a file; name another folder with --project"),
        (of_another_folder, "the collection of .*/others; name another .*, or remove .*/data/sources/folder if"),
        (with_the_pictures_in_it, "pictures: inside the project, whose files git tracks; keep the pictures outside"),
        (with_a_bad_name, "--name 'My Ferien': small letters, digits and hyphens only, such as 'my-ferien'"),
    ],
)
def test_what_is_in_the_way_is_one_line_and_nothing_is_made(
    pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: Callable[[Path], list[str]],
    said: str,
) -> None:
    given = words(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert cli.main(["start", *given]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert re.search(said, lines[0]), lines[0]
    assert sorted(tmp_path.rglob("*")) == before
    assert pictures.is_dir()


def test_a_second_start_beside_a_running_one_is_one_line(tmp_path: Path) -> None:
    with start.alone(tmp_path), pytest.raises(UserError, match="another 'native4k start' works there; wait for it"):
        start.alone(tmp_path).__enter__()
    with (tmp_path / "data/scratch/start.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_pictures_that_the_disk_has_no_room_for_are_one_line(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    with pytest.raises(UserError, match=r"keeps the pictures' bytes \(1 picture, .*\), and the disk has 10 bytes free"):
        start.announce(tmp_path, start.pictures_in(pictures), pictures)


@pytest.fixture(name="programs")
def programs_of_this_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs, empty as yet, that stands for the environment's."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_a_missing_program_is_one_line(programs: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="^native4k is not installed; run 'make setup' in") as caught:
        start.build(tmp_path, 1)
    assert "\n" not in str(caught.value)
    assert not list(programs.iterdir())


def test_a_run_that_fails_has_said_why_and_its_status_is_that_of_the_start(programs: Path, tmp_path: Path) -> None:
    for name in ("native4k", "dvc", "snakemake"):
        program = programs / name
        program.write_text('#!/bin/sh\necho "$@" > "$PWD/said"\nexit 7\n')
        program.chmod(0o755)
    with start.alone(tmp_path) as lock, pytest.raises(SystemExit) as caught:
        start.build(tmp_path, lock)
    assert caught.value.code == 7
    assert (tmp_path / "said").read_text() == "run --collect images publish report\n"


def test_a_killed_start_s_run_keeps_the_lock(tmp_path: Path) -> None:
    with start.alone(tmp_path) as lock:
        left = subprocess.Popen(["sleep", "60"], pass_fds=[lock])
    try:
        with pytest.raises(UserError, match="another 'native4k start' works there"):
            start.alone(tmp_path).__enter__()
    finally:
        left.kill()
        left.wait()


@pytest.mark.parametrize(
    ("words", "name"),
    [("Ferien in Österreich", "ferien-in-osterreich"), ("2024_05 (best)", "2024-05-best"), ("写真", "my-pictures")],
)
def test_a_folder_s_name_becomes_a_name_for_files(words: str, name: str) -> None:
    assert start.slug(words) == name


def test_the_numbers_are_those_for_photographs_with_a_name_a_title_and_nothing_to_train(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("split:\n  val: {size: 2}\n")
    tree = yaml.safe_load(start.numbers_of(ROOT, "alps", 'The "Alps": ü #1', overlay))
    assert (tree["publish"]["name"], tree["publish"]["title"]) == ("alps", 'The "Alps": ü #1')
    assert tree["publish"]["creator"] == "the owner of the pictures"
    assert (tree["collect"]["sources"], tree["select"]["preset"]) == ({"folder": None}, "photos")
    assert tree["sr"]["baselines"] == tree["sr"]["pretrained"] == tree["t2i"]["baselines"] == {}
    assert tree["split"]["val"] == {"size": 2, "zone": 0.2}
