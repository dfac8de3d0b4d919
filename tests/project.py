"""A tiny clone of this project, and commands run in it."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from native4k.params import compose
from native4k.runner import validate

HERE = Path(__file__).resolve().parent.parent
TINY, PAPER = HERE / "tests/tiny/params.yaml", HERE / "params/paper.yaml"
SLOWEST = 240  # seconds that a command may take


INSIDE = HERE / "tests/chaos/inside"
"""What is put inside a project's processes that shall note what they use, or die."""


def composed(*overlays: Path) -> str:
    """The text of params.yaml with what the overlays change."""
    return compose.compose(HERE / "params.yaml", overlays)


def environment(root: Path) -> dict[str, str]:
    """The clone's own code, this interpreter's programs, one thread, and nobody's git or DVC settings."""
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    aside = root.parent / "aside"
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "DVC_", "SNAKEMAKE", "PYTEST", "MAKE", "MFLAGS"))
    } | {
        "PATH": paths,
        "PYTHONPATH": str(root / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "ignore::SyntaxWarning",
        "OMP_NUM_THREADS": "1",
        "DVC_SITE_CACHE_DIR": str(aside / "site"),
        "DVC_GLOBAL_CONFIG_DIR": str(aside / "global"),
        "DVC_SYSTEM_CONFIG_DIR": str(aside / "system"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        **{f"GIT_{who}_{what}": "tester@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }


class Project:
    """A clone in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.inside: dict[str, str] = {}
        """What its processes are told: NATIVE4K_AUDIT or NATIVE4K_FAULT."""

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """A command in a process group of its own."""
        return subprocess.Popen(
            words,
            cwd=self.root,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def environment(self) -> dict[str, str]:
        """The environment of its processes."""
        made = environment(self.root) | self.inside
        return made | {"PYTHONPATH": f"{INSIDE}{os.pathsep}{made['PYTHONPATH']}"} if self.inside else made

    def attempt(self, *words: str) -> tuple[int, str]:
        """A command's exit status and all that it printed."""
        process = self.start(*words)
        try:
            said, _ = process.communicate(timeout=SLOWEST)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode, said

    def run(self, *words: str) -> str:
        """What a command that must succeed printed."""
        status, said = self.attempt(*words)
        assert status == 0, f"{' '.join(words)} ended with {status}:\n{said}"
        return said

    def interrupt(self, sign: Callable[[], bool], *words: str) -> None:
        """Start a command, wait for a sign of progress, and kill the whole group as a power cut would."""
        process = self.start(*words)
        until = time.monotonic() + SLOWEST
        while not sign():
            assert process.poll() is None, f"{' '.join(words)} ended before it was killed:\n{process.communicate()[0]}"
            assert time.monotonic() < until, f"{' '.join(words)} showed no sign of progress"
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def repro(self, *words: str) -> list[str]:
        """The stages that `dvc repro` ran, or with --dry would run, but for the one that always runs."""
        return [stage for stage in stages(self.run("dvc", "repro", *words)) if stage != "definitions"]

    def images(self) -> str:
        """`make images`."""
        self.set_up()
        return self.run("make", "images")

    def set_up(self) -> None:
        """What `make setup` leaves behind when it has nothing to do."""
        (self.root / ".venv").mkdir(exist_ok=True)
        (self.root / ".venv/ready").touch()

    def change(self, key: str, value: Any) -> None:
        """Set one number in params.yaml, such as 'select.presets.demo.flat.min'."""
        path = self.root / "params.yaml"
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
        *parents, last = key.split(".")
        section = tree
        for name in parents:
            section = section[name]
        assert section[last] != value, f"{key} is {value} already"
        section[last] = value
        path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")

    def append(self, file: str, line: str) -> None:
        """Add a line to a file."""
        with (self.root / file).open("a", encoding="utf-8") as lines:
            lines.write(line + "\n")

    def remote(self, place: Path) -> None:
        """Make a folder the project's DVC remote, if it has none of the name."""
        self.run("dvc", "remote", "add", "--quiet", "--local", "--default", "--force", "shelf", str(place))

    def commit(self) -> None:
        """Everything that git does not ignore."""
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", "test")

    def bytes_of(self, *folders: str) -> dict[str, str]:
        """Path -> hash of the bytes, for every file below the folders (but Snakemake's own note, as in .dvcignore)."""
        return {
            path.relative_to(self.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for folder in folders
            for path in sorted((self.root / folder).rglob("*"))
            if path.is_file() and path.name != ".snakemake_timestamp"
        }

    def times_of(self, pattern: str) -> dict[str, int]:
        """Path -> time of the last change, for every file that the pattern names."""
        return {path.relative_to(self.root).as_posix(): path.stat().st_mtime_ns for path in self.root.glob(pattern)}

    def copy(self, root: Path) -> "Project":
        """All of it, caches and intermediates too, under another path."""
        subprocess.run(["cp", "-a", self.root, root], check=True)
        return Project(root)

    def clone(self, root: Path) -> "Project":
        """What `git clone` gives, with this project's DVC cache as its remote."""
        subprocess.run(
            ["git", "clone", "--quiet", self.root, root], check=True, env=environment(root), capture_output=True
        )
        if (self.root / validate.MARK).exists():  # it takes seconds to check all numbers again
            (root / validate.MARK).parent.mkdir(parents=True)
            shutil.copy2(self.root / validate.MARK, root / validate.MARK)
        return Project(root)


def stages(said: str) -> list[str]:
    """The stages that DVC says it runs."""
    return re.findall(r"^Running stage '([^']+)'", said, flags=re.MULTILINE)


def tiny(root: Path) -> Project:
    """This working tree, committed or not, as a new repository with the thumbnail-sized params."""
    return tree(root, composed(TINY))


def tree(root: Path, numbers: str) -> Project:
    """This working tree, committed or not, as a new repository with other numbers."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=HERE,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    made = {"data/images.dvc", "dvc.lock"}
    for name in sorted(set(filter(None, listed.split("\0"))) - made):
        if name.startswith("metrics/") or not (HERE / name).is_file():
            continue
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(HERE / name, root / name)
    (root / "params.yaml").write_text(numbers, encoding="utf-8")
    project = Project(root)
    project.run("git", "init", "--quiet", "--initial-branch", "main")
    project.commit()
    return project
