"""The steps of the milestone one after another in memory, on what a data folder holds: what --what-if runs."""

import json
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from native4k import params, tables
from native4k.dataset import balance, dedup, firewall, released, select, split, takedown, vet

ORDER = ("vet", "select", "dedup", "balance", "split")

THREADS = 2
"""Of the near search; no result depends on it."""

Step = Callable[[pd.DataFrame], pd.DataFrame]


class Folder(NamedTuple):
    """Where a data folder has what this milestone reads and makes."""

    root: Path

    @property
    def features(self) -> Path:
        """What was measured."""
        return self.root / "features/images.parquet"

    @property
    def decided(self) -> Path:
        """What was decided last."""
        return self.root / "scratch/dataset/split.parquet"

    @property
    def clumps(self) -> Path:
        """Which images may be copies of each other, and what the last decision was made from."""
        return self.root / "scratch/dataset/clumps.parquet"

    def lists(self, name: str) -> list[Path]:
        """The lists in one of the folders in git: votes, takedown, released, foreign."""
        return sorted(path for path in (self.root / name).glob("*") if path.suffix in {".csv", ".txt", ".parquet"})

    def files(self) -> dict[str, Path]:
        """All that decisions depend on, and what was decided: those that are there, by name."""
        lists = (path for name in ("votes", "takedown", "released", "foreign") for path in self.lists(name))
        every = (self.features, *lists, self.decided)
        return {path.relative_to(self.root).as_posix(): path for path in every if path.exists()}

    def seen(self) -> dict[str, list[int]]:
        """What of each file changes when it is written, or another is put in its place, be it by a link or a folder."""
        found = {name: path.stat() for name, path in self.files().items()}
        return {name: [one.st_dev, one.st_ino, one.st_size, one.st_ctime_ns] for name, one in found.items()}

    def made_from(self, tree: dict[str, Any], known: dict[str, str] | None = None) -> dict[str, str]:
        """The numbers, and the hashes of the files; some may be known."""
        hashes = dict(known or {})
        todo = {name: path for name, path in self.files().items() if name not in hashes}
        with ThreadPoolExecutor(THREADS) as pool:
            hashes |= zip(todo, pool.map(tables.digest, todo.values()), strict=True)
        numbers = {step: tree.get(step) for step in ORDER}
        return {"files": json.dumps(hashes, sort_keys=True), "numbers": json.dumps(numbers, sort_keys=True)}


def numbers_of(cls: type[Any], tree: dict[str, Any], where: str) -> Any:
    """A step's numbers."""
    name = cls.__module__.rpartition(".")[2]
    return params.validate(cls, tree.get(name), f"{where}: {name}")


def vetted(table: pd.DataFrame, votes: Path, numbers: vet.Params) -> pd.DataFrame:
    """The table vetted by a folder's votes, which are read only then."""
    return vet.vet(table, vet.read_votes(votes), numbers)


def selected(table: pd.DataFrame, lists: list[Path], numbers: select.Params) -> pd.DataFrame:
    """The selected table without what lists take down, which are read only then."""
    return select.select(table, takedown.read(lists), numbers)


def steps(tree: dict[str, Any], where: str, folder: Folder, place: split.Places = split.places) -> dict[str, Step]:
    """Step -> what it makes of a table, by these numbers and by what the folder holds."""
    numbers = partial(numbers_of, tree=tree, where=where)
    lists, copies = released.read(folder.root / "released"), numbers(dedup.Params)
    foreign = firewall.lists(folder.root / "foreign", copies.firewall)
    grouped: Step = partial(dedup.dedup, numbers=copies, threads=THREADS, foreign=foreign)
    if copies.embedding is not None:
        grouped = partial(embedded, path=folder.root / "features/embeddings.parquet", grouped=grouped)
    return {
        "vet": partial(vetted, votes=folder.root / "votes", numbers=numbers(vet.Params)),
        "select": partial(selected, lists=folder.lists("takedown"), numbers=numbers(select.Params)),
        "dedup": partial(released.apart, lists=lists, grouped=grouped, step="dedup"),
        "balance": partial(balance.balance, numbers=numbers(balance.Params)),
        "split": partial(split.split, numbers=numbers(split.Params), lists=lists, place=place),
    }


def embedded(table: pd.DataFrame, path: Path, grouped: Step) -> pd.DataFrame:
    """The table grouped by embeddings too."""
    return grouped(dedup.embedded(table, path)).drop(columns="embedding")


def since(step: str) -> tuple[str, ...]:
    """A step and all that follow it."""
    return ORDER[ORDER.index(step) :]


def before(table: pd.DataFrame, step: str, measured: Collection[str]) -> pd.DataFrame:
    """A decided table as it was before a step: without what that step and those after it said."""
    table = tables.reopen(table, *since(step))
    if step in {"balance", "split"}:
        return table
    voted = {"votes", "verdict"} if step != "vet" else set()
    return table[[name for name in table.columns if name in measured or name in voted]]


def decide(table: pd.DataFrame, how: dict[str, Step], first: str) -> pd.DataFrame:
    """The table after a step and all that follow it."""
    for step in since(first):
        table = how[step](table)
    return table
