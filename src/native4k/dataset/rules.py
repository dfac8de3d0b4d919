"""Rules of select: a range, a cut by rank, or a set of values that a column must lie in."""

import difflib
from collections.abc import Iterable
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Discriminator, Field, Tag

from native4k import params
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


class Rows(NamedTuple):
    """What a rule is applied to: the table, which rows are kept so far, and the rule's name in params."""

    table: pd.DataFrame
    kept: np.ndarray
    where: str

    def column(self, name: str, kind: str) -> pd.Series:
        """Take a column of numbers or of texts, or fail with the most similar name."""
        there = self.table.select_dtypes("number" if kind == "number" else ["str", "object"]).columns
        if name not in there:
            raise UserError(f"params {self.where}: no {kind} {name!r}; {did_you_mean(name, there)}")
        return self.table[name]


def did_you_mean(name: str, there: Iterable[str]) -> str:
    """Suggest the most similar name, or list all that there are."""
    names = list(map(str, there))
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(names)}"


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
