"""Reject what a preset's rules exclude, and first what somebody wants taken down, with its near copies.

Rules are applied in their order. Cuts that stand next to each other look at the same images: those that no rule before
the first of them has rejected. So "the bottom 20 % of each score" is two cuts in a row, and a range before them narrows
what they look at. With --what-if nothing is written: it says what other numbers would change, as far as the splits.
"""

import argparse
from itertools import groupby
from pathlib import Path

import pandas as pd

from native4k import params, tables
from native4k.dataset import rules, takedown
from native4k.errors import UserError


@params.params
class Params:
    """The preset that applies; name -> reason -> rule, in the order of application; how copies are taken down."""

    preset: str
    presets: dict[str, dict[str, rules.Rule]]
    takedown: takedown.Params


def active(numbers: Params) -> dict[str, rules.Rule]:
    """The rules of the preset that applies."""
    if numbers.preset not in numbers.presets:
        raise UserError(
            f"params select.preset: no {numbers.preset!r}; {rules.nearest(numbers.preset, numbers.presets)}"
        )
    return numbers.presets[numbers.preset]


def select(table: pd.DataFrame, asked: takedown.Asked | takedown.Known, numbers: Params) -> pd.DataFrame:
    """The table with a reason on each row that is to be taken down or that a rule excludes."""
    table = takedown.take_down(tables.reopen(table, "select"), asked, numbers.takedown)
    for _, block in groupby(active(numbers).items(), lambda named: isinstance(named[1], rules.Cut)):
        alive = tables.kept(table).to_numpy()
        for reason, rule in block:
            rows = rules.Rows(table, alive, f"select.presets.{numbers.preset}.{reason}")
            table = tables.reject(table, rules.outside(rule, rows), reason, "select")
    return table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step, or the numbers to try."""
    parser.add_argument("vetted", type=Path, nargs="?", help="the table from vet")
    parser.add_argument("out", type=Path, nargs="?", help="the table to write")
    parser.add_argument("--takedown", type=Path, nargs="*", default=[], help="lists of what to take down")
    parser.add_argument(
        "--what-if", nargs="+", metavar="KEY=VALUE", help="write nothing, say what these numbers would change"
    )
    parser.add_argument("--data", type=Path, default=Path("data"), help="for --what-if (default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """Select from the vetted table, or say what other numbers would select and keep."""
    if args.what_if is not None:
        from native4k.dataset import whatif

        for line in whatif.run(args.params, args.what_if, args.data):
            print(line, flush=True)
        return
    if args.vetted is None or args.out is None:
        raise UserError("expected the table from vet and the table to write, or --what-if KEY=VALUE")
    numbers = params.load(Params, args.params, "select")
    table = tables.read(args.vetted, "id", "reason")
    tables.write(select(table, takedown.read(args.takedown), numbers), args.out)
