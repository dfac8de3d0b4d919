"""LMDB of sub-images for BasicSR: SPLIT_HR.lmdb and SPLIT_LR_xSCALE.lmdb, the same keys, each with meta_info.txt."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import lmdb

from native4k.publish.kinds import Source, Squares, subimages

MAP = 2**40
"""Bytes that a database may grow to; address space, not disk."""

COMMIT = 1_000
"""Sub-images written at a time; the bytes of the file depend on it."""


class Store:
    """A database that is being filled in the order of its keys."""

    def __init__(self, database: Any, lines: IO[str], level: int) -> None:
        self.database, self.lines, self.level = database, lines, level
        self.buffer: list[tuple[bytes, bytes]] = []

    def put(self, name: str, shape: str, content: bytes) -> None:
        """Add a sub-image."""
        self.buffer.append((name.encode(), content))
        self.lines.write(f"{name}.png {shape} {self.level}\n")
        if len(self.buffer) >= COMMIT:
            self.commit()

    def commit(self) -> None:
        """Write the buffer."""
        with self.database.begin(write=True) as transaction:
            for key, content in self.buffer:
                transaction.put(key, content, append=True)
        self.buffer = []


@contextmanager
def filling(folder: Path, level: int) -> Iterator[Store]:
    """A new database in a folder, whole when the block ends."""
    folder.mkdir()
    with (
        lmdb.open(str(folder), map_size=MAP, lock=False, sync=False) as database,
        (folder / "meta_info.txt").open("w", encoding="utf-8") as lines,
    ):
        store = Store(database, lines, level)
        yield store
        store.commit()
        database.sync(True)


size = subimages.size
"""The bytes that an export takes, about."""


def export(source: Source, folder: Path, numbers: Squares) -> None:
    """Write a database of originals and one of each scale, for every split."""
    for split in source.splits:
        names = {1: f"{split}_HR.lmdb"} | {scale: f"{split}_LR_x{scale}.lmdb" for scale in numbers.scales}
        with ExitStack() as stack:
            stores = {
                scale: stack.enter_context(filling(folder / name, numbers.png_level)) for scale, name in names.items()
            }
            for square in subimages.png_squares(source, split, numbers):
                stores[1].put(square.name, square.shape, square.content)
                for scale, content in square.small.items():
                    side = numbers.side // scale
                    stores[scale].put(square.name, f"({side},{side},3)", content)
