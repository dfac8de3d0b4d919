"""Images that are also on somebody else's list: a benchmark's, or one's own test set; rejected or reported, by list.

A list is a table of signatures, NAME.parquet: from `native4k signatures FOLDER OUT.parquet`, or any table of ours.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from native4k import tables
from native4k.dataset.near_duplicates import signatures
from native4k.dataset.near_duplicates.band_search import NO_LEADER, Workers
from native4k.dataset.near_duplicates.signatures import Signatures
from native4k.errors import UserError

VIEW_DIGITS = 16 * sum(signatures.VIEWS.values())
"""Hex digits of the pHashes of a picture's views."""

SMALL = 4_000_000_000
"""Pairs up to which NumPy has compared all before numba is imported and has compiled; measured."""


def read_foreign_lists(folder: Path | None, actions: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Read the foreign lists by name, those that reject first; each file has an action, and each action a file."""
    files = {path.stem: path for path in sorted(folder.glob("*.parquet"))} if folder else {}
    for name in sorted(files.keys() - actions.keys()):
        raise UserError(f"{files[name]}: dedup.firewall does not say what to do; add {name}: reject, or {name}: report")
    for name in sorted(actions.keys() - files.keys()):
        where = folder / f"{name}.parquet" if folder else "no folder was given with --foreign"
        raise UserError(f"dedup.firewall.{name}: there is no such list ({where}); `native4k signatures` makes one")
    found = {}
    for name in sorted(files, key=lambda name: (actions[name] != "reject", name)):
        table = tables.read(files[name], "id", *signatures.COLUMNS)
        found[name] = table[table["phash"] != ""].sort_values("id", ignore_index=True)
        if (found[name]["view_phash"].str.len() != VIEW_DIGITS).any():
            raise UserError(f"{files[name]}: signatures of other views; make it again with `native4k signatures`")
    return found


def match_lists(
    alive: pd.DataFrame, pictures: Signatures, foreign: dict[str, pd.DataFrame], threads: int
) -> pd.DataFrame:
    """Find for each image the first list that has it or a copy of it, and which of its pictures that is: LIST/ID."""
    found = pd.DataFrame({"id": alive["id"], "foreign": ""}, alive.index)
    for name, table in foreign.items() if len(alive) else ():
        if table.empty:
            continue
        theirs = signatures.read_signatures(table, pictures.limits)
        row = first_copies(pictures, theirs, threads)
        same = alive["pixels"].map(pd.Series(table.index, index=table["pixels"]).groupby(level=0).first())
        row = np.where(same.notna(), same.fillna(-1), row).astype(int)
        hit = (row >= 0) & (found["foreign"] == "").to_numpy()
        found.loc[hit, "foreign"] = name + "/" + table["id"].to_numpy()[row[hit]]
    return found


def first_copies(pictures: Signatures, theirs: Signatures, threads: int) -> np.ndarray:
    """Find the first of their pictures that each of ours is a near duplicate of; -1 for none."""
    mine, other = (np.flatnonzero(one.informative()) for one in (pictures, theirs))
    found = np.full(len(pictures), -1)
    if len(mine) and len(other):
        both = signatures.concatenate(theirs.part(other), pictures.part(mine))
        search = match_with_numpy if len(mine) * len(other) <= SMALL else match_with_index
        first = search(both, len(other), threads)
        found[mine] = np.append(other, -1)[first]
    return found


def match_with_numpy(both: Signatures, count: int, _: int) -> np.ndarray:
    """Compare all pairs: which of the first so many each of the others is near; count for none."""
    rest = np.arange(count, len(both))
    found = np.full(len(rest), count)
    for row in range(count):
        found[both.near(row, rest) & (found == count)] = row
    return found


def match_with_index(both: Signatures, count: int, threads: int) -> np.ndarray:
    """Look the others up in an index of the first so many; count for none."""
    leader = np.full(len(both), NO_LEADER)
    with ThreadPoolExecutor(threads) as pool:
        index = both.index(count, Workers(pool, threads))
        index.insert(np.arange(count))
        index.look_up(np.arange(count, len(both)), leader)
    return np.minimum(leader[count:], count)


def list_names(foreign: "pd.Series[str]") -> "pd.Series[str]":
    """Name the list in each LIST/ID."""
    return foreign.map(lambda text: text.partition("/")[0])


def report(done: pd.DataFrame, foreign: dict[str, pd.DataFrame], actions: Mapping[str, str]) -> list[str]:
    """Say for each list how many images match it, and what became of them."""
    named = list_names(done["foreign"])
    lines = []
    for name, table in foreign.items():
        went = int((done["reason"] == f"foreign_{name}").sum())
        fate = f"{went} rejected with their copies" if actions[name] == "reject" else "reported only"
        lines.append(f"dedup: {int((named == name).sum())} images match the {len(table)} of {name}: {fate}")
    return lines
