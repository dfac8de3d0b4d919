"""Our columns of metadata, and how a source's own become them: the one place that checks names and types."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

import polars as pl

from native4k.errors import UserError
from native4k.sources.source import OURS, Source

SIZES = ("declared_width", "declared_height")
SCORES = ("similarity", "punsafe", "pwatermark", "aesthetic")
COLUMNS: dict[str, type[pl.DataType]] = {
    name: pl.Int64 if name in SIZES else pl.Float64 if name in SCORES else pl.String for name in OURS
}

MAX_SIDE = 1_000_000
"""Pixels; no image format of the web holds more, and the product of two such sides is far from overflow."""

IMPOSSIBLE = -1
"""A declared side that is there and cannot be one: not a number, not whole, not positive, or above MAX_SIDE."""

SHOWN = 20
"""Columns of a file that an error message lists."""

ColumnNames = Mapping[str, str]
"""Our column -> the column of a file that holds it."""


def match_columns(names: Iterable[str], source: Source, where: str) -> ColumnNames:
    """Which of a file's columns hold ours, or one line that says what is missing, what is there, and what is near."""
    there = list(names)
    exact, folded = set(there), {name.lower(): name for name in reversed(there)}
    found = {}
    for ours, spellings in source.spellings.items():
        name = next((name for name in spellings if name in exact), None)
        name = name or next((folded[name.lower()] for name in spellings if name.lower() in folded), None)
        if name is not None:
            found[ours] = name
    needed = ("url", *SIZES) if source.has_sizes else ("url",)
    for ours in needed:
        if ours not in found:
            raise UserError(_missing(source.spellings[ours], there, where))
    return found


def _missing(spellings: tuple[str, ...], there: list[str], where: str) -> str:
    lower = {name.lower(): name for name in there}
    near = [lower[name] for one in spellings for name in get_close_matches(one.lower(), lower, 1, 0.7)]
    nearest = f"; the nearest is {near[0]!r}" if near else ""
    more = f" and {len(there) - SHOWN:,} more" if len(there) > SHOWN else ""
    listed = ", ".join(there[:SHOWN]) + more
    wanted = " or ".join(repr(name) for name in spellings)
    return f"{where}: column {wanted} is missing{nearest}; there are: {listed or 'none'}; is it another source's file?"


def expressions(schema: Mapping[str, pl.DataType], source: Source, where: str) -> dict[str, pl.Expr]:
    """Each of our columns, computed from a file's own and its name; null where the source does not know."""
    found = match_columns(schema, source, where)
    made = {}
    for ours, kind in COLUMNS.items():
        if ours not in found:
            made[ours] = pl.lit(None, kind)
        elif kind == pl.Int64:
            made[ours] = _side(pl.col(found[ours]), schema[found[ours]])
        elif kind == pl.Float64:
            made[ours] = _score(pl.col(found[ours]), schema[found[ours]], f"{where}: column {found[ours]!r}")
        else:
            made[ours] = _text(pl.col(found[ours]), schema[found[ours]], f"{where}: column {found[ours]!r}")
    split = re.search(source.split, where) if source.split else None
    if split and "declared_split" not in found:
        made["declared_split"] = pl.lit(split[1])
    for ours, own in (("license", source.license), ("provenance", source.provenance)):
        if ours in found:
            made[ours] = pl.when(made[ours] != "").then(made[ours]).otherwise(pl.lit(own))
        else:
            made[ours] = pl.lit(own)
    return {ours: made[ours].alias(ours) for ours in COLUMNS}


def _side(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    number = column
    if kind == pl.String:
        stripped = column.str.strip_chars()
        column = pl.when(stripped != "").then(stripped)
        number = column.cast(pl.Float64, strict=False)
    elif not kind.is_numeric():
        number = pl.lit(None, pl.Float64)
    absent, good = column.is_null(), number.is_between(1, MAX_SIDE)
    if not kind.is_integer():
        absent |= number.is_nan()  # a missing number, as pandas writes it
        good &= number.floor() == number
    sides = pl.when(good).then(number.cast(pl.Int64, strict=False))
    return sides.when(absent).then(pl.lit(None, pl.Int64)).otherwise(pl.lit(IMPOSSIBLE, pl.Int64))


def _score(column: pl.Expr, kind: pl.DataType, where: str) -> pl.Expr:
    if kind == pl.String:
        column = column.str.strip_chars()
    elif not (kind.is_numeric() or kind == pl.Null):
        raise UserError(f"{where}: expected numbers, found {kind}")
    number = column.cast(pl.Float64, strict=False)
    unsigned = pl.when(number == 0).then(0.0)  # or equal rows would have two spellings
    return unsigned.when(number.is_finite()).then(number)


def _text(column: pl.Expr, kind: pl.DataType, where: str) -> pl.Expr:
    if kind == pl.String:
        return column
    if kind.is_nested():
        raise UserError(f"{where}: expected text, found {kind}")
    return column.cast(pl.String)
