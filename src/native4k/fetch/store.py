"""The image store: original bytes in files named by their hash, written whole or not at all."""

import hashlib
import os
from pathlib import Path
from typing import IO, Any

from native4k import formats, images, tables
from native4k.fetch.statuses import Failure
from native4k.geometry import Geometry, geometry_reasons

COLUMNS = {
    "id": "str",
    "source": "str",
    "revision": "str",
    "status": "str",
    "sha256": "str",
    "bytes": "int64",
    "file": "str",
    "true_width": "int64",
    "true_height": "int64",
}
NO_FILE = {"sha256": "", "bytes": 0, "file": "", "true_width": 0, "true_height": 0}

MAX_HEAD_BYTES = 4 * 2**20
"""Bytes of a file that its size is looked for in, before it is left to the whole."""

WRITE_BYTES = 2**18
"""Bytes gathered in memory before they are written."""

Row = dict[str, Any]
"""A candidate's columns of the index, without id, source and revision."""


def file_of(sha256: str, ending: str) -> str:
    """The path of a file below the store's root, by the hash of its bytes."""
    return f"{sha256[:2]}/{sha256}.{ending}"


def holds(path: Path, size: int) -> bool:
    """Whether a file exists and has its full size."""
    return path.is_file() and path.stat().st_size == size


def geometry_reason(width: int, height: int, rule: Geometry) -> str:
    """The reason to reject a true size; empty for none."""
    return next((reason for reason, hit in geometry_reasons(width, height, rule).items() if hit), "")


def screen_first_bytes(head: bytes, rule: Geometry) -> bool:
    """Whether a file's first bytes give its size; a Failure if that size or the format is not accepted."""
    try:
        size = formats.size(head)
    except formats.NotAnImage:
        raise Failure("not_an_image") from None
    if size is None:
        return False
    sides = (size.width, size.height)
    if size.width * size.height > images.MAX_PIXELS:
        raise Failure("bomb")
    reason = geometry_reason(*sides, rule)
    if reason and (size.sure or geometry_reason(*sides[::-1], rule)):
        raise Failure(reason, size=sides)
    if size.format not in images.FORMATS:
        raise Failure("unsupported", size=sides)
    return True


class Incoming:
    """An image being fetched: in memory until its size is known, then in a temporary file; without a rule any size."""

    def __init__(self, store: Path, name: str, max_bytes: int, rule: Geometry | None) -> None:
        self.store, self.max_bytes, self.rule = store, max_bytes, rule
        self.path = store / f".{name}.{os.getpid()}{tables.PART}"
        self.file: IO[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start again from the first byte."""
        self.discard()
        self.size, self.accepted = 0, self.rule is None
        self.buffer, self.hash = bytearray(), hashlib.sha256()

    def add(self, piece: bytes) -> bool:
        """Add the next bytes, and return whether so many are in memory that they must be written."""
        self.size += len(piece)
        if self.size > self.max_bytes:
            raise Failure("too_large")
        self.buffer += piece
        if self.rule and not self.accepted:
            self.accepted = screen_first_bytes(bytes(self.buffer), self.rule) or len(self.buffer) > MAX_HEAD_BYTES
        return self.accepted and len(self.buffer) >= WRITE_BYTES

    def write(self) -> None:
        """Write the bytes in memory to the temporary file."""
        if self.file is None:
            self.store.mkdir(parents=True, exist_ok=True)
            self.file = self.path.open("wb", buffering=0)
        self.hash.update(self.buffer)
        view = memoryview(self.buffer)
        try:
            while view:
                view = view[self.file.write(view) :]
        except OSError as error:
            error.filename = str(self.store)
            raise
        self.buffer = bytearray()

    def finish(self) -> Row:
        """Put the image into the store, unless it is there, and return its columns; a Failure if it is rejected."""
        if self.file is not None:
            self.write()
        try:
            kind, width, height = images.header(self.path if self.file else bytes(self.buffer))
        except images.Unreadable as error:
            raise Failure(str(error)) from None
        if self.rule and (reason := geometry_reason(width, height, self.rule)):
            raise Failure(reason, size=(width, height))
        self.write()
        sha256 = self.hash.hexdigest()
        file = file_of(sha256, images.FORMATS[kind])
        if not holds(self.store / file, self.size):
            self._move_to(self.store / file)
        sizes = {"true_width": width, "true_height": height}
        return {"status": "ok", "sha256": sha256, "bytes": self.size, "file": file, **sizes}

    def _move_to(self, target: Path) -> None:
        assert self.file is not None
        target.parent.mkdir(exist_ok=True)
        os.fsync(self.file.fileno())
        self.path.replace(target)
        for folder in (target.parent, self.store):
            _sync(folder)

    def discard(self) -> None:
        """Close and remove the temporary file."""
        if self.file is not None:
            self.file.close()
            self.file = None
            self.path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Make sure that the names in a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
