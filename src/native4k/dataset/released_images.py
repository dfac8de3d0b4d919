"""The lists of released images: in which split each stands for ever, its near copies with it.

`native4k release` adds to them; nothing is ever taken from them. An image is known by its id and by its bytes, so a
copy at another address is released as well. A newcomer takes the zone of the released images that it stands for.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from native4k import tables
from native4k.errors import UserError

ZONES = ("train", "val", "test")
COLUMNS = ["id", "zone", "representative", "sha256"]

CONFLICT = "conflict"
"""In place of a zone, for an image that would join two zones."""

EMPTY = pd.DataFrame(columns=COLUMNS, dtype="str")
"""The lists of a project that has released nothing."""


def read_lists(folder: Path) -> pd.DataFrame:
    """Read all lists in the folder, or fail with one line that names the row at fault."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; it holds the lists of released images, none in a new project")
    parts = [read_list(path) for path in sorted(folder.glob("*.csv"))]
    lists = pd.concat([pd.DataFrame(columns=[*COLUMNS, "where"], dtype="str"), *parts], ignore_index=True)
    for key in ("id", "sha256"):
        rows = lists.merge(lists.drop_duplicates(key), on=key, suffixes=("", "_first"))
        for row in rows[rows["zone"] != rows["zone_first"]].to_dict("records"):
            conflict = f"{key} {row[key]} is in {row['zone']}, but {row['where_first']} has it in {row['zone_first']}"
            raise UserError(f"{row['where']}: {conflict}; remove what was not released")
    return lists[COLUMNS]


def read_list(path: Path) -> pd.DataFrame:
    """Read one list, with the place of each row."""
    rows = tables.read_csv(path)
    if list(rows) != COLUMNS:
        raise UserError(f"{path}: columns {', '.join(map(str, rows))}; expected {', '.join(COLUMNS)}")
    rows["where"] = [f"{path}: line {line}" for line in range(2, len(rows) + 2)]
    wrong = rows[~rows["zone"].isin(ZONES) | (rows[COLUMNS] == "").any(axis=1)]
    if len(wrong):
        zone = wrong["zone"].iloc[0]
        raise UserError(f"{wrong['where'].iloc[0]}: zone {zone!r} is none of {', '.join(ZONES)}, or a value is missing")
    return rows


def zone_bits(table: pd.DataFrame, lists: pd.DataFrame) -> np.ndarray:
    """Look up the zones in which the lists themselves have each row, by id or by bytes: a bit a zone."""
    own, zone = np.zeros(len(table), dtype=np.int64), 1 << lists["zone"].map(ZONES.index).to_numpy(dtype=np.int64)
    for key in ("id", "sha256"):
        first = ~lists[key].duplicated().to_numpy()
        place = pd.Index(lists.loc[first, key].to_numpy(object)).get_indexer(table[key].to_numpy(object))
        own |= np.append(zone[first], 0)[place]
    return own


def released_zones(table: pd.DataFrame, lists: pd.DataFrame) -> pd.Series:
    """Find the zone that the lists give each row: empty where they give none, `conflict` where they give two.

    A released image keeps its own zone; any other one inherits that of the released images in its group.
    """
    if lists.empty:
        return pd.Series("", index=table.index, dtype="str")
    own = zone_bits(table, lists)
    group, names = pd.factorize(table["group"])
    inherited = np.zeros(len(names), dtype=np.int64)
    np.bitwise_or.at(inherited, group, own)
    inherited[names == ""] = 0
    zones = np.array(["", "train", "val", CONFLICT, "test", CONFLICT, CONFLICT, CONFLICT], dtype=object)
    return pd.Series(zones[np.where(own > 0, own, inherited[group])], index=table.index, dtype="str")


def group_around(
    table: pd.DataFrame, lists: pd.DataFrame, grouped: Callable[[pd.DataFrame], pd.DataFrame], step: str
) -> pd.DataFrame:
    """Group the table without newcomers that would stand for released images of two zones: these are a `leak`.

    Rejected before it is grouped, such a newcomer leaves the released images their own groups.
    """
    while True:
        made = grouped(table)
        if lists.empty:
            return made
        conflicting = made.loc[tables.is_kept(made) & (released_zones(made, lists) == CONFLICT), "id"]
        if conflicting.empty:
            return made
        table = tables.reject(table, table["id"].isin(conflicting), "leak", step)
