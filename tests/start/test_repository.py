"""What start commits, and when it leaves that to the user."""

import subprocess
from pathlib import Path

import pytest

from native4k.errors import UserError
from native4k.start import repository


@pytest.fixture(name="project")
def a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, and a git that knows its user."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{name}_NAME", raising=False)
        monkeypatch.delenv(f"GIT_{name}_EMAIL", raising=False)
    (tmp_path / "gitconfig").write_text("[user]\n name = a\n email = a@example.org\n useConfigOnly = true\n")
    project = tmp_path / "a project"
    project.mkdir()
    repository.initialise(project)
    (project / "params.yaml").write_text("shards: 4\n")
    return project


def log(project: Path) -> list[str]:
    done = subprocess.run(["git", "log", "--format=%s"], cwd=project, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def test_results_are_committed_and_edits_are_named(project: Path) -> None:
    assert repository.edited(project) == []  # nothing is committed yet: all is start's
    assert repository.commit(project, "first") == ""
    (project / "dvc.lock").write_text("")
    (project / "metrics").mkdir()
    (project / "metrics" / "dataset.json").write_text("{}")
    assert repository.edited(project) == []
    (project / "params.yaml").write_text("shards: 2\n")
    (project / "Ö notes.txt").write_text("")
    assert repository.edited(project) == ["params.yaml", "Ö notes.txt"]
    assert repository.commit(project, "second") == ""
    assert repository.commit(project, "nothing has changed") == ""
    assert log(project) == ["second", "first"]


def test_without_an_identity_nothing_is_committed_and_the_reason_says_what_to_do(project: Path, tmp_path: Path) -> None:
    (tmp_path / "gitconfig").write_text("[user]\n useConfigOnly = true\n")
    why = repository.commit(project, "first")
    assert why == "git does not know who you are (git config --global user.name NAME; user.email ADDRESS)"
    assert log(project) == []


def test_a_git_command_that_fails_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^.*: git log: fatal: not a git repository[^\n]*$"):
        repository.git(tmp_path, "log")


def test_numbers_that_are_not_committed_in_the_clone_are_not_handed_on(project: Path, tmp_path: Path) -> None:
    repository.commit(project, "first")
    (project / "params.yaml").write_text("shards: 3\n")
    assert repository.committed_text(project, "params.yaml") == "shards: 4\n"
    assert repository.code_version(project)["commit"].endswith("-dirty")
    (tmp_path / "params.yaml").write_text("shards: 5\n")
    assert repository.committed_text(tmp_path, "params.yaml") == "shards: 5\n"
    assert list(repository.code_version(tmp_path)) == ["version"]
