"""Say what other numbers would change: the funnel now and then, who joins and leaves, by reason; nothing is written.

The steps of the dataset are run in memory on data/features and the lists in the data folder, as the rules run them.
"""

import argparse
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow.parquet as pq
import yaml

from native4k import params, tables
from native4k.dataset.dedup import RANKED
from native4k.dataset.near_duplicates.signatures import COLUMNS as SIGNATURES
from native4k.dataset.rules import did_you_mean
from native4k.errors import UserError
from native4k.whatif.steps import ORDER, load_steps, run_steps

READ = ("id", "reason", "rejected_by", "sha256", "category", *RANKED, *SIGNATURES)
"""The measured columns that the steps read whatever the numbers name."""

FUNNEL = ("fetch", "probe", "score", "label", *ORDER)


class Change(NamedTuple):
    """A number, its value now and then."""

    key: str
    now: Any
    then: Any


class Outcome(NamedTuple):
    """The decided tables now and then, row by row the same images."""

    now: pd.DataFrame
    then: pd.DataFrame


def keys_of(tree: Any, prefix: str = "") -> Iterator[str]:
    """List the keys of everything in a tree, such as balance.max_ratio."""
    for name, value in tree.items():
        yield f"{prefix}{name}"
        if isinstance(value, dict):
            yield from keys_of(value, f"{prefix}{name}.")


def change_numbers(tree: dict[str, Any], words: list[str]) -> tuple[dict[str, Any], list[Change]]:
    """Set the dataset's numbers to other values, and list what is other."""
    tree = {step: tree.get(step, {}) for step in ORDER}
    then, changes = copy.deepcopy(tree), []
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise UserError(f"{word!r}: expected KEY=VALUE, such as balance.max_ratio=2")
        *parents, last = key.split(".")
        section: Any = then
        for name in parents:
            section = section.get(name) if isinstance(section, dict) else None
        if not isinstance(section, dict) or last not in section:
            raise UserError(f"{word!r}: no such number; {did_you_mean(key, keys_of(tree))}")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError:
            raise UserError(f"{word!r}: not readable as YAML: {text!r}") from None
        changes.append(Change(key, section[last], value))
        section[last] = value
    return then, changes


def texts_in(tree: Any) -> set[str]:
    """Collect every text in a tree of numbers."""
    if isinstance(tree, dict):
        return set[str]().union(*map(texts_in, tree.values()))
    if isinstance(tree, list):
        return set[str]().union(*map(texts_in, tree))
    return {tree} if isinstance(tree, str) else set()


def columns_needed(measured: list[str], *trees: dict[str, Any]) -> list[str]:
    """Choose the measured columns that the steps read by these numbers; lists may name hosts."""
    named = {"url", *texts_in(list(trees))}
    return [name for name in measured if name in READ or name in named]


def what_if(tree: dict[str, Any], other: dict[str, Any], where: str, data: Path) -> Outcome:
    """Decide by the numbers at hand and by others; steps before the first changed one are run once."""
    now, then = load_steps(tree, where, data), load_steps(other, "whatif", data)
    features = data / "features/images.parquet"
    columns = columns_needed(pq.read_schema(features).names, tree, other) if features.exists() else None
    table = tables.read(features, "id", "reason", columns=columns)
    made = {"": table} | run_steps(table, now, ORDER[0])
    first = next((step for step in ORDER if tree.get(step) != other[step]), ORDER[-1])
    before = ["", *ORDER][ORDER.index(first)]
    return Outcome(made[ORDER[-1]], run_steps(made[before], then, first)[ORDER[-1]])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The numbers to try."""
    parser.add_argument("changes", nargs="+", metavar="KEY=VALUE", help="a number to try, balance.max_ratio=2")
    parser.add_argument("--data", type=Path, default=Path("data"), help="the data folder (default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """Print what other numbers would change."""
    tree = params.read(args.params)
    other, changes = change_numbers(tree, args.changes)
    for line in report_lines(changes, what_if(tree, other, str(args.params), args.data)):
        print(line)


def report_lines(changes: list[Change], outcome: Outcome) -> Iterator[str]:
    """Say what changes, line by line."""
    now, then = outcome.now, outcome.then
    yield "; ".join(f"{change.key}: {change.now} now, {change.then} then" for change in changes)
    counts = (
        pd.DataFrame({name: count_reasons(table) for name, table in (("now", now), ("then", then))})
        .fillna(0)
        .astype(int)
    )
    yield f"{'':<32}{'now':>12}{'then':>12}{'change':>12}"
    yield funnel_line("candidates", len(now), len(then))
    for step, reason in sorted(counts.index, key=funnel_order):
        if step:
            yield funnel_line(f"{step}: {reason}", *-counts.loc[(step, reason)])
    stays, would = tables.kept(now).to_numpy(), tables.kept(then).to_numpy()
    yield funnel_line("kept", stays.sum(), would.sum())
    for name in sorted({*now["split"].unique(), *then["split"].unique()} - {""}):
        yield funnel_line(f"  {name}", (now["split"] == name).sum(), (then["split"] == name).sum())
    yield movement_line("join", now["reason"][would & ~stays], "now")
    yield movement_line("leave", then["reason"][stays & ~would], "then")
    moves = stays & would & (now["split"].to_numpy() != then["split"].to_numpy())
    yield f"{moves.sum():,} stay and change their split"


def count_reasons(table: pd.DataFrame) -> "pd.Series[int]":
    """Count the images that each step rejected for each reason."""
    return tables.funnel(table).set_index(["rejected_by", "reason"])["rows"]


def funnel_order(named: tuple[str, str]) -> tuple[int, str]:
    """Where a step's reason stands in the funnel."""
    step, reason = named
    return FUNNEL.index(step) if step in FUNNEL else -1, reason


def funnel_line(name: str, now: int, then: int) -> str:
    """A line of the funnel."""
    change = f"{then - now:>+12,}" if then != now else ""
    return f"{name:<32}{now:>12,}{then:>12,}{change}"


def movement_line(verb: str, reasons: "pd.Series[str]", when: str) -> str:
    """Say how many images join or leave, by the reason that is not theirs in the other case."""
    counts = reasons.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    by = ", ".join(f"{reason} {count:,}" for reason, count in counts.items())
    return f"{len(reasons):,} {verb}{f', {when} rejected as: {by}' if len(reasons) else ''}"
