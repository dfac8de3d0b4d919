"""Apply the thresholds: a named reason for each column that must lie in a range."""

import argparse
from pathlib import Path

import pandas as pd

from native4k import params, tables
from native4k.errors import UserError


@params.params
class Threshold:
    """A column's allowed range; null leaves a side open."""

    column: str
    min: float | None
    max: float | None


@params.params
class Params:
    """Reason -> threshold, in the order in which they are applied."""

    thresholds: dict[str, Threshold]


def select(table: pd.DataFrame, numbers: Params) -> pd.DataFrame:
    """The table with a reason on each row outside a range; an unmeasured value is outside."""
    for reason, threshold in numbers.thresholds.items():
        measured = table.select_dtypes("number").columns
        if threshold.column not in measured:
            there = ", ".join(measured)
            raise UserError(f"params select.thresholds.{reason}: no number {threshold.column!r}; there are: {there}")
        value = table[threshold.column]
        low = float("-inf") if threshold.min is None else threshold.min
        high = float("inf") if threshold.max is None else threshold.max
        table = tables.reject(table, ~value.between(low, high), reason, "select")
    return table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("vetted", type=Path, help="the table from vet")
    parser.add_argument("out", type=Path, help="the table to write")


def run(args: argparse.Namespace) -> None:
    """Select from the vetted table."""
    numbers = params.load(Params, args.params, "select")
    tables.write(select(tables.read(args.vetted, "id", "reason"), numbers), args.out)
