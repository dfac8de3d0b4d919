"""The steps of the dataset one after another in memory, on what a data folder holds."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from native4k import params
from native4k.dataset import balance, dedup, released, select, split, takedown, vet
from native4k.dataset.near_duplicates import foreign_lists
from native4k.whatif.earlier_groups import earlier_groups

ORDER = ("vet", "select", "dedup", "balance", "split")

THREADS = 2
"""Of the search for near duplicates; no result depends on it."""

Step = Callable[[pd.DataFrame], pd.DataFrame]


def load_steps(tree: dict[str, Any], where: str, data: Path) -> dict[str, Step]:
    """Make each step a function of a table alone, by these numbers and by what the data folder holds."""

    def numbers(cls: type[Any], step: str) -> Any:
        return params.validate(cls, tree.get(step), f"{where}: {step}")

    requests = takedown.read_requests(sorted((data / "takedown").glob("*.txt")))
    lists, copies = released.read_lists(data / "released"), numbers(dedup.Params, "dedup")
    foreign = foreign_lists.read_foreign_lists(data / "foreign", copies.firewall)
    group: Step = partial(dedup.dedup, numbers=copies, threads=THREADS, foreign=foreign)
    if copies.embedding is not None:
        group = partial(_group_by_embeddings, path=data / "features/embeddings.parquet", group=group)
    group = partial(released.group_around, lists=lists, grouped=group, step="dedup")
    made_from = dedup.made_from(copies, lists, foreign)
    path = data / "scratch/dataset/dedup.parquet"
    earlier = partial(earlier_groups, path=path, numbers=copies, lists=lists, made_from=made_from)
    return {
        "vet": partial(vet.vet, votes=vet.read_votes(data / "votes"), numbers=numbers(vet.Params, "vet")),
        "select": partial(select.select, requests=requests, numbers=numbers(select.Params, "select")),
        "dedup": partial(_reuse_or_group, earlier=earlier, group=group),
        "balance": partial(balance.balance, numbers=numbers(balance.Params, "balance")),
        "split": partial(split.split, numbers=numbers(split.Params, "split"), lists=lists),
    }


def _reuse_or_group(
    table: pd.DataFrame, earlier: Callable[[pd.DataFrame], pd.DataFrame | None], group: Step
) -> pd.DataFrame:
    """Take the groups of the last run where it grouped this very table, or group it."""
    found = earlier(table)
    return group(table) if found is None else found


def _group_by_embeddings(table: pd.DataFrame, path: Path, group: Step) -> pd.DataFrame:
    """Group the table by embeddings too."""
    return group(dedup.join_embeddings(table, path)).drop(columns="embedding")


def run_steps(table: pd.DataFrame, steps: dict[str, Step], first: str) -> dict[str, pd.DataFrame]:
    """Run a step and all that follow it; the table after each."""
    made = {}
    for step in ORDER[ORDER.index(first) :]:
        made[step] = table = steps[step](table)
    return made
