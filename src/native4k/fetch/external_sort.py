"""Rows sorted by id that need not fit into memory, read again shard by shard."""

import shutil
from itertools import pairwise
from pathlib import Path
from threading import Lock

import polars as pl
import pyarrow as pa

SPILL = 300_000
"""Rows in the buffer before they are written to disk: some 150 MB."""


class ExternalSort:
    """Rows sorted by id, in memory or on disk, shard by shard; several threads may add and read."""

    def __init__(self, folder: Path, shards: int, empty: pl.DataFrame) -> None:
        self.folder, self.shards = folder, shards
        self.begins = pl.Series([f"{-(-(shard << 32) // shards):08x}" for shard in range(shards)])
        self.buffer: list[pl.DataFrame] = [empty]
        self.rest = empty
        self.places: list[list[tuple[int, int]]] = []
        self.lock = Lock()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def add(self, rows: pl.DataFrame) -> None:
        """Add rows."""
        with self.lock:
            self.buffer.append(rows)
            if sum(frame.height for frame in self.buffer) >= SPILL:
                self._spill()

    def _spill(self) -> None:
        rows = self._ordered()
        with pa.ipc.new_file(self._file(len(self.places) - 1), rows.clear().to_arrow().schema) as writer:
            for begin, end in self.places[-1]:
                writer.write_batch(pa.RecordBatch.from_struct_array(rows[begin:end].to_struct().to_arrow()))

    def _ordered(self) -> pl.DataFrame:
        """Sort and empty the buffer, and note where each shard begins and ends."""
        rows = pl.concat(self.buffer).sort("id")
        self.buffer = [rows.clear()]
        self.places.append(list(pairwise([*rows["id"].search_sorted(self.begins), rows.height])))
        return rows

    def close(self) -> None:
        """Sort the last rows; none may be added any more."""
        self.rest = self._ordered()

    def shard_rows(self, shard: int) -> pl.DataFrame:
        """All rows of a shard."""
        begin, end = self.places[-1][shard]
        return pl.concat(
            [*(self._spilled(number, shard) for number in range(len(self.places) - 1)), self.rest[begin:end]]
        )

    def _spilled(self, number: int, shard: int) -> pl.DataFrame:
        with pa.memory_map(self._file(number)) as file:
            return pl.DataFrame(pa.ipc.open_file(file).get_batch(shard))

    def _file(self, number: int) -> str:
        return str(self.folder / f"{number}.arrow")
