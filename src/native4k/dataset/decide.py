"""The steps of the milestone one after another in memory, on what a data folder holds: what --what-if runs."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from native4k import params, tables
from native4k.dataset import balance, dedup, select, split, takedown, vet

ORDER = ("vet", "select", "dedup", "balance", "split")

LONG = ("url", "caption", "license", "provenance", "language", "key", "declared_split")
"""Columns of long texts, read only where a number names them."""

Step = Callable[[pd.DataFrame], pd.DataFrame]


class Folder(NamedTuple):
    """What a data folder holds for this milestone."""

    features: Path
    votes: Path
    takedown: Path
    made: Path

    def inputs(self) -> list[Path]:
        """Every file that decisions depend on, beside the numbers."""
        return [self.features, *sorted(self.votes.glob("*.csv")), *sorted(self.takedown.glob("*.txt"))]


def folder(root: Path) -> Folder:
    """The places of a data folder."""
    return Folder(
        root / "features/images.parquet", root / "votes", root / "takedown", root / "scratch/dataset/split.parquet"
    )


class Decided(NamedTuple):
    """Names of the columns that stand before a step, and the step."""

    steps: dict[str, Step]


def steps(tree: dict[str, Any], where: str, given: Folder) -> dict[str, Step]:
    """Step -> what it makes of a table, by these numbers and by what the folder holds."""

    def numbers(cls: type[Any]) -> Any:
        name = cls.__module__.rpartition(".")[2]
        return params.validate(cls, tree.get(name), f"{where}: {name}")

    asked = takedown.read(sorted(given.takedown.glob("*.txt")))
    return {
        "vet": partial(vet.vet, votes=vet.read_votes(given.votes), numbers=numbers(vet.Params)),
        "select": partial(select.select, asked=asked, numbers=numbers(select.Params)),
        "dedup": partial(dedup.dedup, numbers=numbers(dedup.Params), threads=THREADS),
        "balance": partial(balance.balance, numbers=numbers(balance.Params)),
        "split": partial(split.split, numbers=numbers(split.Params)),
    }


def before(table: pd.DataFrame, step: str, measured: Sequence[str]) -> pd.DataFrame:
    """The table as it was before a step: without what that step and those after it decided."""
    earlier, later = ORDER[: ORDER.index(step)], ORDER[ORDER.index(step) :]
    table = tables.reopen(table, *later)
    if "dedup" in earlier:
        return table
    voted = ["votes", "verdict"] if "vet" in earlier else []
    return table[[name for name in table.columns if name in measured or name in voted]]
