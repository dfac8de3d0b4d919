"""What start asks of git: a repository for the project, what is not committed, and which code it was made by."""

import subprocess
from importlib.metadata import version
from pathlib import Path

from native4k.errors import UserError

RESULTS = ("data/images.dvc", "data/definitions.yaml", "dvc.lock", "metrics/")
"""What a run changes of the files in git; all else that differs from the last commit was edited."""


def run_git(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run git in a folder, that of another owner too, and return what it says."""
    command = ["git", "-c", f"safe.directory={folder}", "-C", str(folder), *words]
    try:
        return subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)  # noqa: S603 (our own words)
    except FileNotFoundError:
        raise UserError("git is not installed; install it and run again") from None


def git(folder: Path, *words: str) -> str:
    """What a git command prints; one line if it fails."""
    done = run_git(folder, *words)
    if done.returncode:
        raise UserError(f"{folder}: git {words[0]}: {first_line(done.stderr) or f'status {done.returncode}'}")
    return done.stdout


def first_line(text: str) -> str:
    """The first line that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def initialise(project: Path) -> None:
    """Make the folder a repository, if it is none."""
    if not (project / ".git").exists():
        git(project, "init", "--quiet", "--initial-branch", "main")


def edited(project: Path) -> list[str]:
    """The files that differ from the last commit, but for results; none before the first commit, which start makes."""
    if run_git(project, "rev-parse", "--verify", "--quiet", "HEAD").returncode:
        return []
    lines = git(project, "status", "--porcelain", "-z", "--no-renames").split("\0")
    return [line[3:] for line in lines if line and not line[3:].startswith(RESULTS)]


def commit(project: Path, message: str) -> str:
    """Commit all that git does not ignore, if anything has changed; why that was not possible, empty if it was."""
    git(project, "add", "--all")
    if not git(project, "status", "--porcelain"):
        return ""
    if run_git(project, "var", "GIT_COMMITTER_IDENT").returncode:
        return "git does not know who you are (git config --global user.name NAME; user.email ADDRESS)"
    done = run_git(project, "commit", "--quiet", "--message", message)
    return (first_line(done.stderr) or f"git commit: status {done.returncode}") if done.returncode else ""


def code_version(clone: Path) -> dict[str, str]:
    """The version of the code, and its commit if it is under git."""
    found = {"version": version("native4k")}
    return found | {"commit": git(clone, "describe", "--always", "--dirty").strip()} if is_under_git(clone) else found


def committed_text(clone: Path, path: str) -> str:
    """A file of the clone as it was committed; as it is, in a copy that is not under git."""
    return git(clone, "show", f"HEAD:{path}") if is_under_git(clone) else (clone / path).read_text(encoding="utf-8")


def is_under_git(clone: Path) -> bool:
    """Whether the clone is a repository of git's."""
    return (clone / ".git").exists()
