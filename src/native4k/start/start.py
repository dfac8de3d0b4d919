"""Make a collection of a folder of pictures: a project of git and DVC in a folder of its own, up to its report.

The same command again takes new, changed and removed pictures into account, and what a newer native4k has changed. It
names no baseline, so it trains nothing until you name one in the project's params.yaml. The folder is only read.
"""

import argparse
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from native4k import params, tables
from native4k.errors import UserError
from native4k.page import metrics_files
from native4k.page.shortfalls import shortfalls
from native4k.params import compose
from native4k.provenance.source import PACKAGE
from native4k.start import pipeline_files, repository
from native4k.start.pipeline_files import WRITTEN

CLONE = PACKAGE.parents[1]
"""Where the code that runs is from, and the pipeline's files with it."""

LINK = Path("data/sources/folder")
"""Where a project finds the pictures."""

NOTE = Path(WRITTEN) / "start.json"
"""A project's name and title, and the version of the code that made it last."""

OVERLAY = Path(WRITTEN) / "overlay.yaml"
"""The numbers that were given when the project was made."""

OWN = PACKAGE / "start/collection.yaml"


def slug(words: str) -> str:
    """A name for files and cards: small letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "my-pictures"


def pictures_in(folder: Path) -> list[Path]:
    """The picture files of a folder, or one line that says why there are none."""
    from native4k.sources.folder import picture_files  # reads tables

    if not folder.exists():
        raise UserError(f"{folder}: no such folder; name a folder of pictures")
    if not folder.is_dir():
        raise UserError(f"{folder}: not a folder; name the folder that it is in")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise UserError(f"{folder}: may not be read; allow it, or name another folder")
    return picture_files(folder)


def check_place(project: Path, folder: Path, clone: Path) -> None:
    """Stop before anything is written where it does not belong."""
    place, pictures = project.resolve(), folder.resolve()
    elsewhere = "name another folder with --project"
    if place.is_relative_to(clone.resolve()):
        raise UserError(f"{project}: inside the clone {clone}, which stays as it is; {elsewhere}")
    if place.is_relative_to(pictures):
        raise UserError(f"{project}: inside the folder of pictures, which is only read; {elsewhere}")
    if project.exists() and not project.is_dir():
        raise UserError(f"{project}: a file; {elsewhere}")
    if project.exists() and any(project.iterdir()) and not (project / WRITTEN).is_dir():
        raise UserError(f"{project}: holds files that are not of a collection; {elsewhere}")
    link = project / LINK
    if (link.exists() or link.is_symlink()) and link.resolve() != pictures:
        raise UserError(
            f"{project}: the collection of {link.resolve()}; {elsewhere}, or remove {link} if those pictures moved here"
        )
    if pictures.is_relative_to(place) and pictures != link.resolve():
        raise UserError(f"{folder}: inside the project, whose files git tracks; keep the pictures outside of it")


def numbers_of(clone: Path, name: str, title: str, overlay: Path | None) -> str:
    """The text of a project's params.yaml, from that of the clone as it was committed."""
    document = compose.parse(repository.committed_text(clone, "params.yaml"), clone / "params.yaml")
    for path in (clone / "params/photos.yaml", OWN, *([overlay] if overlay else [])):
        compose.merge(document, compose.read(path), path)
    named = json.dumps({"name": name, "title": title}, ensure_ascii=False)
    compose.merge(document, compose.parse(f"publish:\n  {{{named[1:-1]}}}\n", OWN), OWN)
    return document.write()


def set_up(project: Path, folder: Path, args: argparse.Namespace) -> dict[str, str]:
    """Write or update the project's files, and return the note of what it was made by."""
    from native4k.sources.folder import words_of

    repository.initialise(project)
    note = json.loads((project / NOTE).read_text(encoding="utf-8")) if (project / NOTE).is_file() else {}
    name = args.name or note.get("name") or slug(folder.resolve().name)
    title = args.title or note.get("title") or words_of(folder.resolve().name)
    files = pipeline_files.pipeline_files(CLONE)
    stored = project / OVERLAY if (project / OVERLAY).is_file() else None
    files["params.yaml"] = numbers_of(CLONE, name, title, args.overlay or stored)
    changed = pipeline_files.update(project, files)
    if args.overlay:
        tables.write_text(args.overlay.read_text(encoding="utf-8"), project / OVERLAY)
    if note and changed:
        print(f"brought up to this version of native4k: {', '.join(changed)}")
    note = {"name": name, "title": title, **repository.code_version(CLONE)}
    tables.write_json(note, project / NOTE)
    link = project / LINK
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(folder.resolve())
    return note


def announce(project: Path, pictures: list[Path], folder: Path) -> None:
    """Say how large the pictures are, of which the project keeps the bytes; stop if the disk has no room for them."""
    size = sum(path.stat().st_size for path in pictures)
    held = sum(path.stat().st_size for path in (project / "data/images").glob("??/*"))
    free = shutil.disk_usage(project).free
    sizes = f"{len(pictures):,} picture{'s'[: len(pictures) != 1]}, {metrics_files.file_size(size)}"
    if size - held > free:
        raise UserError(
            f"{project}: keeps the pictures' bytes ({sizes}), and the disk has {metrics_files.file_size(free)} free; "
            "make room, or name a folder on another disk with --project"
        )
    print(f"{folder}: {sizes}; their bytes are kept in {project}", flush=True)


@contextmanager
def alone(project: Path) -> Iterator[int]:
    """A lock on the project, as a file descriptor, for as long as this process or one that inherits it lives."""
    path = project / "data/scratch/start.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{project}: another 'native4k start' works there; wait for it") from None
        yield file.fileno()


def build(project: Path, lock: int) -> None:
    """Fetch, measure, decide, publish and report; train nothing. The run keeps the lock if this process is killed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    environment = os.environ | {"PATH": path, "PYTHONWARNINGS": "ignore::SyntaxWarning"}
    for program in ("native4k", "dvc", "snakemake"):
        if shutil.which(program, path=path) is None:
            raise UserError(f"{program} is not installed; run 'make setup' in {CLONE}")
    words = ["native4k", "run", "--collect", "images", "publish", "report"]
    done = subprocess.run(words, cwd=project, env=environment, pass_fds=[lock], check=False)  # noqa: S603 (our own words)
    if done.returncode:
        sys.exit(done.returncode)  # it has said why


def ending(project: Path, note: dict[str, str], edited: list[str]) -> list[str]:
    """What was made, where it falls short, and how to go on; the report's address last."""
    found = metrics_files.dataset_metrics(project / "metrics/details")
    funnel = found["funnel"]
    images = {name: found["splits"][name]["images"] for name in metrics_files.SPLITS if name in found["splits"]}
    kept = f"{note['name']}: {funnel['kept']:,} of {funnel['metadata']:,} pictures kept"
    why = commit(project, edited, kept)
    made_by = " ".join(note[key] for key in ("version", "commit") if key in note)
    return [
        ", ".join([kept, *(f"{name} {count:,}" for name, count in images.items())]),
        *shortfalls(funnel, images, params.read(project / "params.yaml")),
        *([f"not committed, since {why}; run 'git add --all' and 'git commit' in {project}"] if why else []),
        f"made by native4k {made_by} in {project}; after a change of its params.yaml, run this command again",
        (project / "data/report/report.html").resolve().as_uri(),
    ]


def commit(project: Path, edited: list[str], message: str) -> str:
    """Commit what the run has made, unless something else is uncommitted; why not, empty if it was."""
    if edited:
        more = f" and {len(edited) - 1:,} more files" if len(edited) > 1 else ""
        return f"{edited[0]}{more} had changes of yours"
    return repository.commit(project, message)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder, the project, and what it is called."""
    parser.add_argument("folder", type=Path, help="a folder of pictures, with sub-folders; it is only read")
    parser.add_argument(
        "--project", type=Path, help="the folder to make or go on with (default: native4k-NAME beside the clone)"
    )
    parser.add_argument("--name", help="the collection's name, for files and its card (default: from the folder's)")
    parser.add_argument("--title", help="its title, for the card and the report (default: the folder's name)")
    parser.add_argument("--overlay", type=Path, help="numbers to begin with, as 'native4k compose' takes them")


def run(args: argparse.Namespace) -> None:
    """Make the project or bring it up to date, and run it up to the report."""
    if args.params != Path("params.yaml"):
        raise UserError(f"--params {args.params}: a project has numbers of its own; give others by --overlay")
    pictures = pictures_in(args.folder)
    project = (args.project or CLONE.parent / f"native4k-{args.name or slug(args.folder.resolve().name)}").absolute()
    check_place(project, args.folder, CLONE)
    pipeline_files.check_clone(CLONE)
    if args.name and args.name != slug(args.name):
        raise UserError(f"--name {args.name!r}: small letters, digits and hyphens only, such as {slug(args.name)!r}")
    (project / WRITTEN).mkdir(parents=True, exist_ok=True)  # from now on it is a collection's
    with alone(project) as lock:
        edited = repository.edited(project) if (project / ".git").exists() else []
        note = set_up(project, args.folder, args)
        announce(project, pictures, args.folder)
        build(project, lock)
        lines = ending(project, note, edited)
    print("\n".join(lines))
