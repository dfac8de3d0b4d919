"""What `clumps` noted of each image, for select --what-if, beside what tells copies."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from native4k import tables
from native4k.dataset import dedup, signs, split, takedown
from native4k.dataset.decide import Folder

LOOSEST = "loosest"
"""Where the notes' schema says by which numbers clumps were made."""

SEEN = "seen"
"""Where it says which files were there, as the system knows them; before they were hashed."""


class Notes(NamedTuple):
    """Of each row of the decided table its clump, if it is alone there, its place in the split, if it is taken down."""

    clump: np.ndarray
    alone: np.ndarray
    place: np.ndarray
    taken: takedown.Known
    folder: Folder

    def places(self, kept: pd.DataFrame) -> np.ndarray:
        """The places of kept images, as split.places says; an image that stands for itself has its own."""
        found, other = self.place[kept.index], (kept["group"] != kept["id"]).to_numpy()
        found[other] = split.position(kept["group"][other])
        return found

    def taken_by(self, table: pd.DataFrame, asked: takedown.Asked, numbers: takedown.Params) -> takedown.Known:
        """Who is taken down by other numbers; a near copy is in the same clump."""
        named = takedown.named(table, asked)
        some = np.flatnonzero(np.isin(self.clump, self.clump[named]) & ~self.alone)
        part = self.signed(table, some) if len(some) else table.iloc[:0]
        near = np.zeros(len(table), dtype=bool)
        near[some] = takedown.near(part, named[some], asked, numbers) if len(some) else False
        return takedown.Known(named, near)

    def signed(self, table: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
        """Some rows of a table with their clumps and with what tells copies."""
        part = table.iloc[rows].assign(**{dedup.CLUMP: self.clump[rows]})
        names = [name for name in signs.COLUMNS if name not in table.columns]
        where = self.folder.decided if self.alone[rows].any() else self.folder.clumps
        return part.assign(**partly(where, names, rows).set_axis(part.index))


def read(folder: Folder) -> Notes:
    """All but what tells copies."""
    table = tables.read(folder.clumps, columns=["clump", "place", *takedown.Known._fields])
    clump, place, *taken = (column.to_numpy() for _, column in table.items())
    alone = np.bincount(clump, minlength=len(clump))[clump] == 1
    return Notes(clump, alone, place, takedown.Known(*taken), folder)


def partly(path: Path, names: list[str], rows: np.ndarray) -> pd.DataFrame:
    """Some columns of some rows of a table, of which no more is read than must be."""
    file = pq.ParquetFile(path)
    sizes = np.array([file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)])
    group = np.searchsorted(np.cumsum(sizes), rows, side="right")
    asked = np.isin(np.arange(len(sizes)), group)
    left_out = np.cumsum(np.where(asked, 0, sizes))[group]  # rows before, in groups that are not read
    found: pd.DataFrame = file.read_row_groups(np.flatnonzero(asked), names).take(rows - left_out).to_pandas()
    return found


def cover(folder: Folder, numbers: dedup.Params | takedown.Params) -> bool:
    """Whether the clumps hold for these numbers of dedup, or of what is taken down; those of earlier code never do."""
    by = json.loads(tables.metadata(folder.clumps).get(LOOSEST, "null"))
    return by is not None and bool(
        numbers.radius <= by["radius"] and numbers.verify <= by["verify"] and numbers.min_bits >= by["min_bits"]
    )


def stand(tree: dict[str, Any], folder: Folder) -> bool:
    """Whether what was decided last was made from these numbers and from what the folder holds."""
    noted = tables.metadata(folder.clumps)
    here = folder.made_from(tree, untouched(folder, noted))
    return SEEN in noted and all(noted.get(name) == value for name, value in here.items())


def untouched(folder: Folder, noted: dict[str, str]) -> dict[str, str]:
    """The noted hashes of files that are still the very ones, with nothing written since."""
    hashes, seen = (json.loads(noted.get(name, "{}")) for name in ("files", SEEN))
    return {name: hashes[name] for name, now in folder.seen().items() if seen.get(name) == now}
