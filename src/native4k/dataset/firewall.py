"""Images that are also on somebody else's list: a benchmark's, or one's own test set; rejected or reported, by list.

A list is a table of signatures, NAME.parquet: from `native4k signatures FOLDER OUT.parquet`, or any table of ours.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from native4k import tables
from native4k.dataset import near, signs
from native4k.errors import UserError

FEW = 4_000_000_000
"""Pairs up to which NumPy has compared all before numba is imported and has compiled; measured."""


def lists(folder: Path | None, actions: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """The foreign lists by name, those that reject first; each file has an action, and each action a file."""
    files = {path.stem: path for path in sorted(folder.glob("*.parquet"))} if folder else {}
    for name in sorted(files.keys() - actions.keys()):
        raise UserError(f"{files[name]}: dedup.firewall does not say what to do; add {name}: reject, or {name}: report")
    for name in sorted(actions.keys() - files.keys()):
        where = folder / f"{name}.parquet" if folder else "no folder was given with --foreign"
        raise UserError(f"dedup.firewall.{name}: there is no such list ({where}); `native4k signatures` makes one")
    found = {}
    for name in sorted(files, key=lambda name: (actions[name] != "reject", name)):
        table = tables.read(files[name], "id", *signs.COLUMNS)
        found[name] = table[table["phash"] != ""].sort_values("id", ignore_index=True)
    return found


def guard(
    alive: pd.DataFrame, pictures: signs.Signs, min_bits: int, foreign: dict[str, pd.DataFrame], threads: int
) -> pd.DataFrame:
    """For each image the first list that has it or a copy of it, and as which of its pictures: LIST/ID, or nothing."""
    found = pd.DataFrame({"id": alive["id"], "foreign": ""})
    for name, table in foreign.items() if len(alive) else ():
        if table.empty:
            continue
        theirs = signs.of(table, pictures.radius, pictures.verify, middles=pictures.views > 1, min_bits=min_bits)
        if theirs.views != pictures.views:
            raise UserError(f"the foreign list {name!r} has other middles; make it again with `native4k signatures`")
        row = matches(pictures, theirs, min_bits, threads)
        same = alive["pixels"].map(pd.Series(table.index, index=table["pixels"]).groupby(level=0).first())
        row = np.where(same.notna(), same.fillna(-1), row).astype(int)
        hit = (row >= 0) & (found["foreign"] == "").to_numpy()
        found.loc[hit, "foreign"] = name + "/" + table["id"].to_numpy()[row[hit]]
    return found


def matches(pictures: signs.Signs, theirs: signs.Signs, min_bits: int, threads: int) -> np.ndarray:
    """The first of their pictures that each is a copy of; -1 for none."""
    mine, other = (np.flatnonzero(signs.telling(one.shorts[0], min_bits)) for one in (pictures, theirs))
    found = np.full(len(pictures), -1)
    if len(mine) and len(other):
        both = signs.joined(theirs.part(other), pictures.part(mine))
        first = few(both, len(other)) if len(mine) * len(other) <= FEW else many(both, len(other), threads)
        found[mine] = np.append(other, -1)[first]
    return found


def few(both: signs.Signs, count: int) -> np.ndarray:
    """Which of the first so many each of the others is a copy of; count for none. All pairs are compared."""
    rest = np.arange(count, len(both))
    found = np.full(len(rest), count)
    for row in range(count):
        found[both.near(row, rest) & (found == count)] = row
    return found


def many(both: signs.Signs, count: int, threads: int) -> np.ndarray:
    """The same by an index."""
    leader = np.full(len(both), near.NOBODY)
    with ThreadPoolExecutor(threads) as pool:
        index = both.index(count, near.Team(pool, threads))
        index.insert(np.arange(count))
        index.look(np.arange(count, len(both)), leader)
    return np.minimum(leader[count:], count)


def list_names(foreign: "pd.Series[str]") -> "pd.Series[str]":
    """The list in each LIST/ID."""
    return foreign.map(lambda text: text.partition("/")[0])


def report(done: pd.DataFrame, foreign: dict[str, pd.DataFrame], actions: Mapping[str, str]) -> list[str]:
    """A line for each list: how many images match it, and what became of them."""
    named = list_names(done["foreign"])
    lines = []
    for name, table in foreign.items():
        went = int((done["reason"] == f"foreign_{name}").sum())
        fate = f"{went} rejected with their copies" if actions[name] == "reject" else "reported only"
        lines.append(f"dedup: {int((named == name).sum())} images match the {len(table)} of {name}: {fate}")
    return lines
