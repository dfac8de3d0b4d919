"""The Makefile's own promises: its list of targets, and one clear line where it cannot work."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


def make(folder: Path, *words: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run make in a folder, the set-up taken as done unless a path is given."""
    done = [] if path else ["-o", ".venv/ready"]
    environment = os.environ | {"PATH": path or f"{BIN}{os.pathsep}{os.environ['PATH']}", "MAKEFLAGS": ""}
    command = ["/usr/bin/env", "make", "--no-print-directory", *done, *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(name="copy")
def copied_tree(tmp_path: Path) -> Path:
    """The Makefile and what it needs, in a folder with a space in its name, under no version control."""
    folder = tmp_path / "a copy"
    folder.mkdir()
    for name in ("Makefile", "params.yaml", "dvc.yaml", "pyproject.toml", "requirements.lock"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


def test_help_lists_every_target_with_one_line() -> None:
    said = make(ROOT, "help").stdout
    targets = re.search(r"\.PHONY: (.+)", (ROOT / "Makefile").read_text())
    assert targets is not None
    assert {line.split()[0] for line in said.splitlines()} == set(targets[1].split()) - {"setup"}
    assert all(len(line.split()) > 2 for line in said.splitlines())


def test_images_without_git_or_without_dvc_stop_with_one_line_before_any_work(copy: Path) -> None:
    (copy / ".dvc").mkdir()
    nothing = make(copy, "images")
    subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True)
    (copy / ".dvc").rmdir()
    no_dvc = make(copy, "images")
    assert nothing.returncode == no_dvc.returncode == 2
    said = [[line for line in run.stderr.splitlines() if not line.startswith("make")] for run in (nothing, no_dvc)]
    assert [len(lines) for lines in said] == [1, 1]
    assert "not a git repository" in said[0][0]
    assert "not inside of a DVC repository" in said[1][0]
    assert not (copy / "data").exists()


def test_an_unsupported_python_is_one_line_that_says_which_is_needed_and_why(copy: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "make", "env", "sed", "cat", "touch"):
        found = subprocess.run(["/bin/sh", "-c", f"command -v {name}"], capture_output=True, text=True, check=True)
        (tools / name).symlink_to(found.stdout.strip())
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")  # as 3.13 answers when it is asked whether it is 3.11 or 3.12
    (tools / "python3").chmod(0o755)
    run = make(copy, "setup", path=str(tools))
    first, *rest = run.stderr.splitlines()
    assert first == "native4k needs Python 3.11 or 3.12 with venv on the PATH: basicsr does not build on 3.13"
    assert [line for line in rest if not line.startswith("make")] == []
    assert run.returncode == 2
    assert not (copy / ".venv").exists()
