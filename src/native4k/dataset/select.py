"""Reject what a preset's rules exclude, and first what somebody wants taken down, with its near copies.

Rules are applied in their order. Cuts that stand next to each other look at the same images: those that no rule before
the first of them has rejected. So "the bottom 20 % of each score" is two cuts in a row, and a range before them narrows
what they look at.
"""

import argparse
from itertools import groupby
from pathlib import Path

import pandas as pd

from native4k import params, tables
from native4k.dataset import rules, takedown
from native4k.dataset.near_duplicates.signatures import Limits
from native4k.errors import UserError


@params.params
class Params:
    """The preset that applies; name -> reason -> rule, in the order of application; how copies are taken down."""

    preset: str
    presets: dict[str, dict[str, rules.Rule]]
    takedown: Limits


def active(numbers: Params) -> dict[str, rules.Rule]:
    """Look up the rules of the preset that applies."""
    if numbers.preset not in numbers.presets:
        raise UserError(
            f"params select.preset: no {numbers.preset!r}; {rules.did_you_mean(numbers.preset, numbers.presets)}"
        )
    return numbers.presets[numbers.preset]


def select(table: pd.DataFrame, requests: takedown.Requests, numbers: Params) -> pd.DataFrame:
    """The table with a reason on each row that is to be taken down or that a rule excludes."""
    table = takedown.take_down(table, requests, numbers.takedown)
    for _, block in groupby(active(numbers).items(), lambda named: isinstance(named[1], rules.Cut)):
        kept = tables.kept(table).to_numpy()
        for reason, rule in block:
            rows = rules.Rows(table, kept, f"select.presets.{numbers.preset}.{reason}")
            table = tables.reject(table, rules.rejected_by_rule(rule, rows), reason, "select")
    return table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("vetted", type=Path, help="the table from vet")
    parser.add_argument("out", type=Path, help="the table to write")
    parser.add_argument("--takedown", type=Path, nargs="*", default=[], help="lists of what to take down")


def run(args: argparse.Namespace) -> None:
    """Select from the vetted table."""
    numbers = params.load(Params, args.params, "select")
    table = tables.read(args.vetted, "id", "reason")
    tables.write(select(table, takedown.read_requests(args.takedown), numbers), args.out)
