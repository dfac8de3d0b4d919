"""The lists of released images: in which split each stands for ever, its near copies with it.

`native4k release` adds to them; nothing is ever taken from them. An image is known by its id and by its bytes, so a
copy at another address is told as well. A newcomer takes the side of the released images that it stands for.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from native4k import tables
from native4k.errors import UserError

ZONES = ("train", "val", "test")
COLUMNS = ["id", "zone", "representative", "sha256"]

TWO = "two"
"""What is told of an image that would join two zones."""

NONE = pd.DataFrame(columns=COLUMNS, dtype="str")
"""The lists of a project that has released nothing."""


def read(folder: Path) -> pd.DataFrame:
    """All lists in the folder, or one line that names the row at fault."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; it holds the lists of released images, none in a new project")
    parts = [part(path) for path in sorted(folder.glob("*.csv"))]
    lists = pd.concat([pd.DataFrame(columns=[*COLUMNS, "where"], dtype="str"), *parts], ignore_index=True)
    for known in ("id", "sha256"):
        rows = lists.merge(lists.drop_duplicates(known), on=known, suffixes=("", "_first"))
        for row in rows[rows["zone"] != rows["zone_first"]].to_dict("records"):
            said = f"{known} {row[known]} is in {row['zone']}, but {row['where_first']} has it in {row['zone_first']}"
            raise UserError(f"{row['where']}: {said}; remove what was not released")
    return lists[COLUMNS]


def part(path: Path) -> pd.DataFrame:
    """One list, with the place of each row."""
    try:
        rows = pd.read_csv(path, dtype="str", keep_default_na=False)
    except ValueError as error:  # pandas' parser errors and a wrong encoding are all of this kind
        raise UserError(f"{path}: not readable as CSV: {' '.join(str(error).split())}") from None
    if list(rows) != COLUMNS:
        raise UserError(f"{path}: columns {', '.join(map(str, rows))}; expected {', '.join(COLUMNS)}")
    rows["where"] = [f"{path}: line {line}" for line in range(2, len(rows) + 2)]
    wrong = rows[~rows["zone"].isin(ZONES) | (rows[COLUMNS] == "").any(axis=1)]
    if len(wrong):
        zone = wrong["zone"].iloc[0]
        raise UserError(f"{wrong['where'].iloc[0]}: zone {zone!r} is none of {', '.join(ZONES)}, or a value is missing")
    return rows


def bits(table: pd.DataFrame, lists: pd.DataFrame) -> np.ndarray:
    """The zones in which the lists themselves have each row, by id or by bytes: a bit a zone."""
    own, zone = np.zeros(len(table), dtype=np.int64), 1 << lists["zone"].map(ZONES.index).to_numpy(dtype=np.int64)
    for known in ("id", "sha256"):
        first = ~lists[known].duplicated().to_numpy()
        place = pd.Index(lists.loc[first, known].to_numpy(object)).get_indexer(table[known].to_numpy(object))
        own |= np.append(zone[first], 0)[place]
    return own


def told(table: pd.DataFrame, lists: pd.DataFrame) -> pd.Series:
    """The zone that the lists tell of each row, empty where they tell none, `two` where they tell two.

    A released image keeps its own zone; any other one inherits that of the released images in its group.
    """
    if lists.empty:
        return pd.Series("", index=table.index, dtype="str")
    own = bits(table, lists)
    group, names = pd.factorize(table["group"])
    inherited = np.zeros(len(names), dtype=np.int64)
    np.bitwise_or.at(inherited, group, own)
    inherited[names == ""] = 0
    zones = np.array(["", "train", "val", TWO, "test", TWO, TWO, TWO], dtype=object)
    return pd.Series(zones[np.where(own > 0, own, inherited[group])], index=table.index, dtype="str")


def apart(
    table: pd.DataFrame, lists: pd.DataFrame, grouped: Callable[[pd.DataFrame], pd.DataFrame], step: str
) -> pd.DataFrame:
    """The table grouped, without newcomers that would stand for released images of two zones: these are a `leak`.

    Rejected before it is grouped, such a newcomer leaves the released images their own groups.
    """
    while True:
        made = grouped(table)
        if lists.empty:
            return made
        torn = made.loc[tables.kept(made) & (told(made, lists) == TWO), "id"]
        if torn.empty:
            return made
        table = tables.reject(table, table["id"].isin(torn), "leak", step)
