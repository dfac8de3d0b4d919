"""Look for copies only in the clumps that other numbers stir; elsewhere nothing changes."""

import numpy as np
import pandas as pd

from native4k import tables
from native4k.dataset import dedup
from native4k.dataset.decide import Step
from native4k.dataset.notes import Notes

READ = ("id", "sha256", "reason", "rejected_by")
"""What dedup reads beside what tells copies and the best of them."""


def redo(
    table: pd.DataFrame, now: pd.DataFrame, notes: Notes, step: Step, numbers: dedup.Params, *, anew: bool
) -> pd.DataFrame:
    """What dedup makes of a newly selected table, from what was decided of the same images row by row.

    Stirred are the clumps in which an image comes or goes; all, if dedup's own numbers are new. An image that is alone
    is a copy of none, so it is looked at only if it comes and foreign lists guard the dataset.
    """
    after = tables.reopen(now, "balance", "split")
    was, is_ = tables.kept(tables.reopen(after, "dedup")).to_numpy(), tables.kept(table).to_numpy()
    clump, alone = notes.clump, notes.alone
    stirred = np.full(len(clump), anew)
    stirred[clump[was != is_]] = True
    come, gone = alone & is_ & ~was, alone & was & ~is_
    some = np.flatnonzero(stirred[clump] & ~alone | come & bool(numbers.firewall))
    read = table[[name for name in table.columns if name in {*READ, *dedup.decisive(numbers)}]]
    done = step(notes.signed(read, some))
    made = [name for name in done.columns if name in now.columns and name not in table.columns]
    columns = {name: after[name].copy() for name in made}
    rejected = ~is_ | (after["rejected_by"] != "dedup").to_numpy()
    for name in ("reason", "rejected_by"):
        columns[name] = table[name].where(rejected, after[name])
    for name, column in columns.items():
        column.iloc[some] = done[name].to_numpy()
    for rows in (np.flatnonzero(come & (not numbers.firewall)), np.flatnonzero(gone)):
        if len(rows):
            one = step(notes.signed(read, rows[:1])).iloc[0]
            for name in made:
                own = one[name] == one["id"]
                columns[name].iloc[rows] = table["id"].iloc[rows].to_numpy() if own else one[name]
    return table.assign(**columns)
