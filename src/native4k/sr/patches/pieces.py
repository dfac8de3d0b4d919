"""A large array in a file that processes fill together, piece by piece; whoever is killed loses only pieces at work.

A folder: `patches.npy`, `about.json`, and `done`: of each finished piece the mark of what it was made from.
"""

import fcntl
import io
import json
import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from native4k import tables
from native4k.errors import UserError

LAYOUT = 1
"""Of the folder; one with another is refused."""

MARK = 17
"""Bytes of a mark in `done`: 16 hex digits and the end of the line."""

DATA, DONE, ABOUT = "patches.npy", "done", "about.json"


Make = Callable[[int, list[str]], dict[str, np.ndarray]]
"""A piece's rows in each of the views named."""


class Pieces(NamedTuple):
    """The array's folder and shape, rows a piece, and the marks that its pieces have when they are finished."""

    folder: Path
    shape: tuple[int, ...]
    rows: int
    marks: list[str]

    def missing_bytes(self) -> int:
        """Count the bytes that are still to be written."""
        return min(len(self.missing()) * self.rows, self.shape[0]) * math.prod(self.shape[1:])

    def create(self) -> None:
        """Make the folder with no finished piece; one that is there must be whole and of this layout."""
        if self.folder.exists():
            self._check()
            return
        with tables.atomic_folder(self.folder) as temporary:
            with (temporary / DATA).open("wb") as file:
                file.write(self._header())
                file.truncate(len(self._header()) + math.prod(self.shape))
            (temporary / DONE).write_bytes(bytes(MARK * len(self.marks)))
            tables.write_json(self._about(), temporary / ABOUT)

    def missing(self) -> list[int]:
        """List the pieces that are to be made, or made again."""
        if not self.folder.exists():
            return list(range(len(self.marks)))
        self._check()
        found = (self.folder / DONE).read_bytes()
        parts = [found[first : first + MARK] for first in range(0, len(found), MARK)]
        return [piece for piece, part in enumerate(parts) if part != self._mark(piece)]

    def has(self, piece: int) -> bool:
        """Whether a piece is finished."""
        with (self.folder / DONE).open("rb") as file:
            file.seek(piece * MARK)
            return file.read(MARK) == self._mark(piece)

    def write(self, piece: int, made: np.ndarray) -> None:
        """Write a piece, and only when it is on the disk its mark."""
        first = piece * self.rows
        offset = len(self._header()) + first * math.prod(self.shape[1:])
        for name, content, place in (
            (DATA, np.ascontiguousarray(made).tobytes(), offset),
            (DONE, self._mark(piece), piece * MARK),
        ):
            with (self.folder / name).open("r+b") as file:
                file.seek(place)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())

    def array(self) -> np.ndarray:
        """Map all rows, in memory only as they are read."""
        made: np.ndarray = np.load(self.folder / DATA, mmap_mode="r")
        return made

    def _mark(self, piece: int) -> bytes:
        return self.marks[piece].encode() + b"\n"

    def _header(self) -> bytes:
        file = io.BytesIO()
        described = {"descr": "|u1", "fortran_order": False, "shape": self.shape}
        np.lib.format.write_array_header_1_0(file, described)
        return file.getvalue()

    def _about(self) -> dict[str, object]:
        return {"layout": LAYOUT, "shape": list(self.shape)}

    def _check(self) -> None:
        mend = f"remove {self.folder}, then the same command makes it again"
        sizes = {DATA: len(self._header()) + math.prod(self.shape), DONE: MARK * len(self.marks), ABOUT: None}
        for name, size in sizes.items():
            path = self.folder / name
            if not path.exists():
                raise UserError(f"{path}: is missing, this store of patches was half deleted; {mend}")
            if size is not None and path.stat().st_size != size:
                raise UserError(f"{path}: has {path.stat().st_size} bytes, not {size}; {mend}")
        found = _read_about(self.folder / ABOUT)
        if found != self._about():
            raise UserError(f"{self.folder / ABOUT}: says {found}, this code makes {self._about()}; {mend}")


def fill(views: dict[str, Pieces], lock: Path, threads: int, make: Make) -> Iterator[int]:
    """Make what any view lacks, in as many processes as call this at once; each piece as it is finished by any.

    Locks are of the lock file's bytes, one for each piece; the system drops those of a process that ends in any way.
    What cannot be made stops none of the others, and is said at the end.
    """
    failed: list[str] = []

    def one(piece: int, *, wait: bool = False) -> bool:
        with _locked(file.fileno(), piece, wait=wait) as got:
            try:
                return got and _make_missing(views, piece, make)
            except UserError as error:
                failed.append(str(error))
                return True

    with lock.open("a+b") as file:
        with _locked(file.fileno(), len(next(iter(views.values())).marks), wait=True):
            for view in views.values():
                view.create()
        todo = sorted({piece for view in views.values() for piece in view.missing()})
        busy = []  # with other processes
        pool = ThreadPoolExecutor(threads)
        try:
            for piece, done in zip(todo, pool.map(one, todo), strict=True):
                if done:
                    yield piece
                else:
                    busy.append(piece)
        finally:
            pool.shutdown(cancel_futures=True)
        for piece in busy:
            one(piece, wait=True)
            yield piece
    if failed:
        raise UserError(min(failed) + (f"; {len(failed) - 1} more are at fault" if len(failed) > 1 else ""))


def _make_missing(views: dict[str, Pieces], piece: int, make: Make) -> bool:
    lacking = [name for name, view in views.items() if not view.has(piece)]
    if lacking:
        for name, made in make(piece, lacking).items():
            views[name].write(piece, made)
    return True


def _read_about(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return "nothing readable"


@contextmanager
def _locked(file: int, piece: int, *, wait: bool) -> Iterator[bool]:
    """Lock one byte of the lock file, and yield whether it was free."""
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB), 1, piece)
    except (BlockingIOError, PermissionError):
        yield False
        return
    try:
        yield True
    finally:
        fcntl.lockf(file, fcntl.LOCK_UN, 1, piece)
