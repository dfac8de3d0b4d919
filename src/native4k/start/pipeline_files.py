"""The files of a project that come from the clone: the graphs, the numbers, the profiles, the tests of the product.

`.native4k` in the project keeps each as it was written last. So when the clone has another version, a file that nobody
has edited is replaced, and an edited one is merged line by line, as git merges.
"""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from native4k import tables
from native4k.errors import UserError

WRITTEN = ".native4k"
"""The folder of a project with each file as it was written last."""

COPIED = (
    "Snakefile",
    "rules/*.smk",
    "study/dvc.yaml",
    "profiles/**/*",
    "params/**/*.yaml",
    "tests/product/*.py",
    "requirements.lock",
    "models/README.md",
    "data/released/README.md",
)
"""Files of the clone that a project has unchanged."""

DVC_CONFIG = """\
[core]
    analytics = false
    check_update = false
    autostage = false
[cache]
    type = "hardlink,symlink,copy"
"""
"""As in the clone, but for what its owner has added, such as remotes."""

EMPTY = ("data/votes", "data/foreign", "data/takedown", "data/optout", "data/evaluations", "data/curves")
"""Folders that stages read: people's decisions, and what baselines leave for the report."""

IGNORED = """
# folders that the stages read, also while they are empty; DVC's outs in them are not in git
!/data/evaluations/
/data/evaluations/?*
!/data/evaluations/.gitkeep
!/data/curves/
/data/curves/?*
!/data/curves/.gitkeep
"""


def check_clone(clone: Path) -> None:
    """Stop where the package was installed without the files that a project needs."""
    if not (clone / "dvc.yaml").is_file():
        raise UserError(
            f"{clone}: no clone of native4k, whose dvc.yaml and rules a project needs; run 'make' in a clone"
        )


def pipeline_files(clone: Path) -> dict[str, str]:
    """The project's files by path, but for params.yaml."""
    found = {path: (clone / path).read_text(encoding="utf-8") for path in copied_paths(clone)}
    return found | {
        "dvc.yaml": without_stage((clone / "dvc.yaml").read_text(encoding="utf-8"), "study_x4"),
        "Makefile": Path(__file__).with_name("Makefile").read_text(encoding="utf-8"),
        ".gitignore": (clone / ".gitignore").read_text(encoding="utf-8") + IGNORED,
        ".dvcignore": (clone / ".dvcignore").read_text(encoding="utf-8") + ".gitkeep\n",
        ".dvc/config": DVC_CONFIG,
        ".dvc/.gitignore": (clone / ".dvc/.gitignore").read_text(encoding="utf-8"),
        **{f"{folder}/.gitkeep": "" for folder in EMPTY},
    }


def copied_paths(clone: Path) -> list[str]:
    """The files of the clone that a project has unchanged."""
    found = {path for pattern in COPIED for path in clone.glob(pattern) if path.is_file()}
    return sorted(path.relative_to(clone).as_posix() for path in found if "__pycache__" not in path.parts)


def without_stage(text: str, name: str) -> str:
    """The text of a dvc.yaml without one stage: a project trains nothing until its owner names a baseline."""
    left, count = re.subn(rf"^  {name}:\n(?:    .*\n|\n)*", "", text, flags=re.MULTILINE)
    assert count == 1, f"dvc.yaml has no stage {name}"
    return left


def update(project: Path, files: Mapping[str, str]) -> list[str]:
    """Write the files that are new or have another version, merged with what was edited; their paths."""
    stale = [path for path, text in files.items() if not is_current(project, path, text)]
    merged = {path: merge(project, path, files[path]) for path in stale}  # a conflict stops it before any is written
    for path, text in merged.items():
        tables.write_text(text, project / path)
        tables.write_text(files[path], project / WRITTEN / path)
    return stale


def is_current(project: Path, path: str, text: str) -> bool:
    """Whether a file was written from this version, edited since or not."""
    base = project / WRITTEN / path
    return (project / path).is_file() and base.is_file() and base.read_text(encoding="utf-8") == text


def merge(project: Path, path: str, text: str) -> str:
    """A file's new version with the edits since it was written last."""
    mine, base = project / path, project / WRITTEN / path
    if not mine.is_file():
        return text
    old, now = (file.read_text(encoding="utf-8") if file.is_file() else "" for file in (base, mine))
    if now in {old, text}:
        return text
    with TemporaryDirectory() as folder:
        sides = {"mine": now, "base": old, "new": text}
        for name, content in sides.items():
            (Path(folder) / name).write_text(content, encoding="utf-8")
        words = ["git", "merge-file", "-p", *sides]
        done = subprocess.run(words, cwd=folder, capture_output=True, encoding="utf-8", check=False)  # noqa: S603 (our own words)
    if done.returncode:
        raise UserError(
            f"{mine}: changed here, and in the same lines by this version of native4k; move it away, run again, "
            "and make your change in the new one"
        )
    return done.stdout
