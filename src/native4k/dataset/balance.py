"""Cap the largest categories, so that none is more than a given multiple of the smallest; the most detailed stay."""

import argparse
from pathlib import Path

import pandas as pd

from native4k import params, tables
from native4k.measure.words import UNKNOWN


@params.params
class Params:
    """The cap, and what happens to images without a category."""

    max_ratio: float
    keep_unknown: bool


def balance(table: pd.DataFrame, numbers: Params) -> pd.DataFrame:
    """The table with a reason on the rows above their category's cap."""
    if not numbers.keep_unknown:
        table = tables.reject(table, table["category"] == UNKNOWN, "no_category", "balance")
    alive = table[tables.kept(table) & (table["category"] != UNKNOWN)]
    sizes = alive["category"].value_counts()
    if sizes.empty:
        return table
    cap = int(sizes.min() * numbers.max_ratio)
    ranked = alive.sort_values(["detail", "id"], ascending=[False, True])
    place = ranked.groupby("category").cumcount()
    above = table.index.isin(place.index[place >= cap])
    return tables.reject(table, above, "category_full", "balance")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("deduped", type=Path, help="the table from dedup")
    parser.add_argument("out", type=Path, help="the table to write")


def run(args: argparse.Namespace) -> None:
    """Balance the deduplicated table."""
    numbers = params.load(Params, args.params, "balance")
    tables.write(balance(tables.read(args.deduped, "id", "reason", "category", "detail"), numbers), args.out)
