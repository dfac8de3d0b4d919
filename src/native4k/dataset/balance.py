"""Cap the categories at a multiple of the smallest, or at a quota for each; the best-scored stay, ties by id.

A category without any image left does not count as the smallest; a quota larger than its category takes all of it.
Images without a category are left out, or kept and not counted.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field

from native4k import params, provenance, tables
from native4k.dataset.select import ROUNDING
from native4k.errors import UserError
from native4k.measure.columns import UNKNOWN


@params.params
class Best:
    """The column by which images are ranked, and which of its ends is best; the unmeasured come last."""

    column: str
    highest: bool


@params.params
class Params:
    """The largest ratio of categories or a quota for each, never both; who stays; images without a category."""

    max_ratio: Annotated[float, Field(ge=1)] | None
    quotas: dict[str, Annotated[int, Field(ge=0)]] | None
    best: Best
    keep_unknown: bool


def balance(table: pd.DataFrame, numbers: Params) -> pd.DataFrame:
    """The table with a reason on the rows above their category's cap."""
    if not numbers.keep_unknown:
        table = tables.reject(table, table["category"] == UNKNOWN, "no_category", "balance")
    most = caps(sizes(table), numbers)
    codes, names = pd.factorize(table["category"])
    cap = np.array([most.get(name, np.inf) for name in names])[codes]
    return tables.reject(table, ranks(table, numbers.best) >= cap, "category_full", "balance")


def sizes(table: pd.DataFrame) -> dict[str, int]:
    """Count the images that each category has left; zero where all of its images are rejected."""
    categorised = table.loc[table["category"] != UNKNOWN, ["category", "reason"]]
    left = (categorised["reason"] == "").groupby(categorised["category"]).sum()
    return {str(name): int(count) for name, count in left.items() if name}


def caps(counts: dict[str, int], numbers: Params) -> dict[str, int]:
    """Find how many images each category may keep; no entry for a category that is not capped."""
    if numbers.max_ratio is not None and numbers.quotas is not None:
        raise UserError("params balance: max_ratio and quotas exclude each other; set one of them to null")
    if numbers.quotas is not None:
        unnamed = [name for name, count in counts.items() if count and name not in numbers.quotas]
        if unnamed:
            raise UserError(f"params balance.quotas: none for {unnamed[0]!r}; add one (0 leaves all of it out)")
        return numbers.quotas
    smallest = min((count for count in counts.values() if count), default=0)
    return {} if numbers.max_ratio is None else dict.fromkeys(counts, int(smallest * numbers.max_ratio + ROUNDING))


def ranks(table: pd.DataFrame, best: Best) -> np.ndarray:
    """Find each row's place in its category, the best first; -1 for what is rejected or has no category."""
    there = table.select_dtypes("number").columns
    if best.column not in there:
        advice = params.suggestion(best.column, there)
        raise UserError(f"params balance.best.column: no number {best.column!r}; {advice}")
    rows = np.flatnonzero(tables.is_kept(table) & (table["category"] != UNKNOWN))
    alive = table[["category", best.column, "id"]].iloc[rows].reset_index(drop=True)
    if not alive["id"].is_monotonic_increasing:
        alive = alive.sort_values("id")
    ordered = alive.sort_values(best.column, ascending=not best.highest, na_position="last", kind="stable")
    place = np.full(len(table), -1)
    place[rows[ordered.index]] = ordered.groupby("category").cumcount()
    return place


def shortage_lines(counts: dict[str, int], numbers: Params) -> Iterator[str]:
    """Say which categories have no image left, or fewer than their quota."""
    for name, quota in sorted((dict.fromkeys(counts, 1) | (numbers.quotas or {})).items()):
        if counts.get(name, 0) < quota:
            wanted = f" of {quota}" if numbers.quotas else ""
            yield f"balance: {name} is short: {counts.get(name, 0)}{wanted} images are left"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("deduped", type=Path, help="the table from dedup")
    parser.add_argument("out", type=Path, help="the table to write")


def run(args: argparse.Namespace) -> None:
    """Balance the deduplicated table, and say which categories are short."""
    numbers = params.load(Params, args.params, "balance")
    table = tables.read(args.deduped, "id", "reason", "category")
    for line in shortage_lines(sizes(table), numbers):
        print(line)
    made = provenance.made_from("balance", params.read(args.params), args.deduped)
    tables.write(balance(table, numbers), args.out, made)
