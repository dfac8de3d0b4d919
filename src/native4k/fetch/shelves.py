"""Rows laid aside on disk, shard by shard."""

import shutil
from pathlib import Path

import polars as pl
import pyarrow as pa

SPILL = 200_000
"""Rows held in memory before they are laid aside by shard."""


class Shelves:
    """Rows laid aside by shard on disk, so that memory does not grow with the collection."""

    def __init__(self, folder: Path, shards: int, empty: pl.DataFrame) -> None:
        self.folder, self.shards, self.empty = folder, shards, empty
        self.held: list[pl.DataFrame] = []
        self.writers: dict[int, pa.RecordBatchStreamWriter] = {}
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def add(self, rows: pl.DataFrame) -> None:
        """Lay rows aside."""
        self.held.append(rows)
        if sum(frame.height for frame in self.held) >= SPILL:
            self._spill()

    def _spill(self) -> None:
        if not self.held:
            return
        rows = pl.concat(self.held)
        self.held = []
        place = (pl.col("id").str.head(8).str.to_integer(base=16) * self.shards // 2**32).alias("shard")
        for (shard,), frame in rows.with_columns(place).partition_by("shard", as_dict=True, include_key=False).items():
            table = frame.to_arrow()
            if shard not in self.writers:
                self.writers[shard] = pa.ipc.new_stream(str(self.folder / f"{shard}.arrows"), table.schema)
            self.writers[shard].write_table(table)

    def shelf(self, shard: int) -> pl.DataFrame:
        """All rows of a shard; nothing can be added any more."""
        self._spill()
        if shard not in self.writers:
            return self.empty
        self.writers[shard].close()
        with pa.memory_map(str(self.folder / f"{shard}.arrows")) as file:
            return pl.DataFrame(pa.ipc.open_stream(file).read_all())
