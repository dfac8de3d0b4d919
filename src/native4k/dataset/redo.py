"""Look for copies only in the clumps of images that other numbers select or leave out; elsewhere nothing changes."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from native4k import tables
from native4k.dataset.decide import Step

Signed = Callable[[pd.DataFrame, np.ndarray], pd.DataFrame]
"""Some rows of a table, with what tells copies."""


def redo(table: pd.DataFrame, now: pd.DataFrame, clump: np.ndarray, step: Step, signed: Signed) -> pd.DataFrame:
    """What dedup makes of a newly selected table, from what was decided of the same images row by row."""
    after = tables.reopen(now, "balance", "split")
    was, is_ = tables.kept(tables.reopen(after, "dedup")).to_numpy(), tables.kept(table).to_numpy()
    alone = np.bincount(clump, minlength=len(clump))[clump] == 1
    stirred = np.zeros(len(clump), dtype=bool)
    stirred[clump[was != is_]] = True
    some = np.flatnonzero(stirred[clump] & ~alone)
    done = step(signed(table, some))
    made = [name for name in done.columns if name in now.columns and name not in table.columns]
    columns = {name: after[name].copy() for name in made}
    rejected = ~is_ | (after["rejected_by"] != "dedup").to_numpy()
    for name in ("reason", "rejected_by"):
        columns[name] = table[name].where(rejected, after[name])
    for name, column in columns.items():
        column.iloc[some] = done[name].to_numpy()
    for rows in (np.flatnonzero(alone & is_ & ~was), np.flatnonzero(alone & was & ~is_)):
        if len(rows):
            one = step(signed(table, rows[:1])).iloc[0]
            for name in made:
                own = one[name] == one["id"]
                columns[name].iloc[rows] = table["id"].iloc[rows].to_numpy() if own else one[name]
    return table.assign(**columns)
