"""The groups that dedup found when it last ran, taken where it would find them again."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from native4k import tables
from native4k.dataset import dedup

UNGROUPED = {"group": "", "representative": "", "match": "", "distance": -1, "fine_distance": -1, "foreign": ""}
"""The columns that dedup adds, beside those by embedding, and what stands there for a rejected image."""


def earlier_groups(
    table: pd.DataFrame, path: Path, numbers: dedup.Params, lists: pd.DataFrame, made_from: str
) -> pd.DataFrame | None:
    """Return what dedup would make of a table, or None where its last run does not say.

    It does if code, numbers, lists and all that dedup reads of the images are the same, no image joins the survivors,
    and none leaves whose copies stay. Then the groups of the others stay as they are: whether an image represents
    others depends on the representatives before it alone, and all that were near one that leaves have left with it.
    """
    if numbers.embedding is not None or not path.exists() or tables.metadata(path).get(dedup.MADE_FROM) != made_from:
        return None
    read = ["id", "sha256", *dedup.columns_read(numbers)]
    earlier = pq.read_table(path, columns=[*read, "reason", "rejected_by", *UNGROUPED]).to_pandas()
    if len(earlier) != len(table) or not all(earlier[name].equals(table[name]) for name in read):
        return None
    own = (earlier["rejected_by"] == "dedup").to_numpy()
    was, is_ = tables.kept(earlier).to_numpy() | own, tables.kept(table).to_numpy()
    gone = was & ~is_
    if gone.any() and (earlier["nativeness"][was] == "upscaled").any():  # who leaves may have shown others enlarged
        return None
    if (is_ & ~was).any() or earlier["representative"][is_].isin(earlier["id"][gone]).any():
        return None
    if not gone.any():
        reasons = {name: earlier[name].where(own, table[name]) for name in ("reason", "rejected_by")}
        return table.assign(**reasons, **earlier[list(UNGROUPED)])
    if not lists.empty:  # who leaves may have made others of its group a leak
        return None
    made = {name: earlier[name].mask(gone, value) for name, value in UNGROUPED.items()}
    return dedup.reject_copies(table.assign(**made), numbers)
