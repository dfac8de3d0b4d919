"""Reject what a preset's rules exclude, and first what somebody wants taken down, with its near copies.

Rules are applied in their order. Cuts that stand next to each other look at the same images: those that no rule before
the first of them has rejected. So "the bottom 20 % of each score" is two cuts in a row, and a range before them narrows
what they look at.
"""

import argparse
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Discriminator, Field, Tag

from native4k import params, provenance, tables
from native4k.dataset import takedown
from native4k.dataset.near_duplicates.signatures import Limits
from native4k.errors import UserError

Bound = float | None | dict[str, float | None]
Missing = Literal["reject", "pass"]

OTHER = "other"
"""Among bounds by group, the one for all groups that are not named."""

ROUNDING = 1e-9
"""Added before a product of a share is rounded down: 0.29 of 100 rows are 29, not 28.999999."""


@params.params
class Range:
    """A column's allowed range, both ends inside; null leaves a side open, a group of `per` may have its own."""

    column: str
    min: Bound
    max: Bound
    per: str | None
    missing: Missing


@params.params
class Cut:
    """A share of the images at one end of a column is dropped, in each group of `per`; equal values are alike."""

    column: str
    drop: Annotated[float, Field(ge=0, lt=1)]
    end: Literal["bottom", "top"]
    per: str | None
    missing: Missing


@params.params
class OneOf:
    """The values that a column of texts may have."""

    column: str
    one_of: list[str]
    missing: Missing


def _kind(rule: Any) -> str:
    keys = rule if isinstance(rule, dict) else vars(rule)
    return "cut" if "drop" in keys else "set" if "one_of" in keys else "range"


Rule = Annotated[
    Annotated[Range, Tag("range")] | Annotated[Cut, Tag("cut")] | Annotated[OneOf, Tag("set")], Discriminator(_kind)
]


@params.params
class Params:
    """The preset that applies; name -> reason -> rule, in the order of application; how copies are taken down."""

    preset: str
    presets: dict[str, dict[str, Rule]]
    takedown: Limits


def active_rules(numbers: Params) -> dict[str, Rule]:
    """Look up the rules of the preset that applies."""
    if numbers.preset not in numbers.presets:
        raise UserError(
            f"params select.preset: no {numbers.preset!r}; {params.suggestion(numbers.preset, numbers.presets)}"
        )
    return numbers.presets[numbers.preset]


def select(table: pd.DataFrame, requests: takedown.Requests, numbers: Params) -> pd.DataFrame:
    """The table with a reason on each row that is to be taken down or that a rule excludes."""
    table = takedown.take_down(table, requests, numbers.takedown)
    for _, block in groupby(active_rules(numbers).items(), lambda named: isinstance(named[1], Cut)):
        kept = tables.is_kept(table).to_numpy()
        for reason, rule in block:
            rows = Rows(table, kept, f"select.presets.{numbers.preset}.{reason}")
            table = tables.reject(table, rejected_by_rule(rule, rows), reason, "select")
    return table


class Rows(NamedTuple):
    """What a rule is applied to: the table, which rows are kept so far, and the rule's name in params."""

    table: pd.DataFrame
    kept: np.ndarray
    where: str

    def column(self, name: str, kind: str) -> pd.Series:
        """Take a column of numbers or of texts, or fail with the most similar name."""
        there = self.table.select_dtypes("number" if kind == "number" else ["str", "object"]).columns
        if name not in there:
            raise UserError(f"params {self.where}: no {kind} {name!r}; {params.suggestion(name, there)}")
        return self.table[name]


def rejected_by_rule(rule: Range | Cut | OneOf, rows: Rows) -> np.ndarray:
    """Tell which rows the rule rejects; a missing value is rejected or passes, as the rule says."""
    if isinstance(rule, OneOf):
        texts = rows.column(rule.column, "text")
        missing, hit = (texts.isna() | (texts == "")).to_numpy(), ~texts.isin(rule.one_of).to_numpy()
    else:
        values = rows.column(rule.column, "number").to_numpy(dtype="float64", na_value=np.nan)
        missing = np.isnan(values)
        hit = outside_range(rule, values, rows) if isinstance(rule, Range) else cut_off(rule, values, rows)
    chosen: np.ndarray = np.where(missing, rule.missing == "reject", hit)
    return chosen


def outside_range(rule: Range, values: np.ndarray, rows: Rows) -> np.ndarray:
    """Tell which values lie outside of the range."""
    low, high = (_bounds(rule, getattr(rule, side), side, rows) for side in ("min", "max"))
    return (values < np.nan_to_num(low, nan=-np.inf)) | (values > np.nan_to_num(high, nan=np.inf))


def _bounds(rule: Range, bound: Bound, side: str, rows: Rows) -> np.ndarray:
    if not isinstance(bound, dict):
        return np.array(np.nan if bound is None else bound)
    if rule.per is None:
        raise UserError(f"params {rows.where}.{side}: bounds by group, but 'per' names no column of groups")
    groups = rows.column(rule.per, "text")
    unnamed = sorted(set(groups.unique()) - set(bound)) if OTHER not in bound else []
    if unnamed:
        raise UserError(
            f"params {rows.where}.{side}: no bound for {rule.per} {unnamed[0]!r}; add it, or one for 'other'"
        )
    found = groups.map({group: bound.get(group, bound.get(OTHER)) for group in groups.unique()})
    return found.to_numpy(dtype="float64", na_value=np.nan)


def cut_off(rule: Cut, values: np.ndarray, rows: Rows) -> np.ndarray:
    """Tell which values lie below (above) the one that the kept rows are cut at, never more than the share of them."""
    signed = values if rule.end == "bottom" else -values
    codes = np.zeros(len(values), dtype=np.int64)
    if rule.per is not None:
        codes, _ = pd.factorize(rows.column(rule.per, "text"))
    counted = rows.kept & ~np.isnan(values)
    below: np.ndarray = signed < cut_values(signed[counted], codes[counted], rule.drop, codes.max(initial=0) + 1)[codes]
    return below


def cut_values(values: np.ndarray, codes: np.ndarray, drop: float, groups: int) -> np.ndarray:
    """Find for each group the smallest value that stays when a share of its values is dropped."""
    sizes = np.bincount(codes, minlength=groups)
    places = np.cumsum(sizes) - sizes + (sizes * drop + ROUNDING).astype(np.int64)
    found = np.full(groups, -np.inf)
    found[sizes > 0] = values[np.lexsort((values, codes))][places[sizes > 0]]
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("vetted", type=Path, help="the table from vet")
    parser.add_argument("out", type=Path, help="the table to write")
    parser.add_argument("--takedown", type=Path, nargs="*", default=[], help="lists of what to take down")


def run(args: argparse.Namespace) -> None:
    """Select from the vetted table."""
    numbers = params.load(Params, args.params, "select")
    table = tables.read(args.vetted, "id", "reason")
    made = provenance.made_from("select", params.read(args.params), args.vetted, sorted(args.takedown))
    tables.write(select(table, takedown.read_requests(args.takedown), numbers), args.out, made)
