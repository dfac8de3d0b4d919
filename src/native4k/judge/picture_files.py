"""The picture files that a person names: single files, and folders with all that is below them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from native4k import formats
from native4k.errors import UserError

HEAD = 64
"""Bytes of a file that tell whether it is a picture, whatever its name."""


class Found(NamedTuple):
    """Files in the order in which they are judged, folders that cannot be listed with the reason, what was left out."""

    files: list[str]
    unlisted: dict[str, str]
    others: int
    """Files in folders that are no pictures."""
    repeated: int
    """Further names of files that are already there."""


def find(given: list[str], excluded: Path | None) -> Found:
    """Every file that is named, and every picture in folders, by path and each once; none in the excluded folder."""
    missing = [path for path in given if not os.path.lexists(path)]
    if missing:
        more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise UserError(f"{printable(missing[0])}: no such file or folder{more}")
    files, unlisted, others, repeated = dict[tuple[int, int] | str, str](), dict[str, str](), 0, 0
    folders = {_identity(str(excluded))} if excluded is not None and excluded.is_dir() else set()
    if folders & set(map(_identity, given)):
        raise UserError(f"{printable(str(excluded))}: is to be judged itself; name another folder for the evidence")
    for path in given:
        inside = _below(path, folders, unlisted) if _is_folder(path) else iter([path])
        for file in inside:
            if file != path and not _is_picture(file):
                others += 1
                continue
            identity = _identity(file)
            repeated += identity in files
            files.setdefault(identity, file)
    if not files and not unlisted:
        raise UserError(f"{printable(given[0])}: no pictures in it; name files, or folders that hold some")
    return Found(list(files.values()), unlisted, others, repeated)


def _below(folder: str, visited: set[tuple[int, int] | str], unlisted: dict[str, str]) -> Iterator[str]:
    """All files below a folder by path; a folder that links lead to again is not visited twice."""
    todo = [folder]
    while todo:
        path = todo.pop()
        if not _is_folder(path):
            yield path
            continue
        try:
            identity, names = _identity(path), sorted(below.name for below in Path(path).iterdir())
        except OSError as error:
            unlisted[path] = os.strerror(error.errno or 0).lower()
            continue
        if identity not in visited:
            visited.add(identity)
            todo += [os.path.join(path, name) for name in reversed(names)]  # noqa: PTH118  # no ./ is lost


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  # false, and no error, where the folder above may not be entered


def _identity(path: str) -> tuple[int, int] | str:
    """What tells a file or folder from others, whatever its name; of a link that leads nowhere the name."""
    try:
        status = Path(path).stat()
    except OSError:
        return path
    return status.st_dev, status.st_ino


def _is_picture(path: str) -> bool:
    """Whether a file's name or its first bytes are a picture's; what cannot be read goes by its name."""
    from native4k import images

    if Path(path).suffix.lower() in images.ENDINGS:
        return True
    try:
        if not Path(path).is_file():  # opening a pipe would wait for ever
            return False
        with Path(path).open("rb") as file:
            head = file.read(HEAD)
        found = formats.size(head)
    except (OSError, formats.NotAnImage):
        return False
    return found is not None or len(head) == HEAD


def printable(name: str) -> str:
    """A name as one line of visible characters: line ends, terminal escapes and bytes that are no text are escaped."""
    return repr(name)[1:-1]
