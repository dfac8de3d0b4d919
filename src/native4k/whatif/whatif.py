"""Say what other numbers would change: the funnel now and then, who joins and leaves, by reason; nothing is written.

The steps of the dataset are run in memory on data/features and the lists in the data folder, as the rules run them.
"""

import argparse
import copy
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml

from native4k import params, provenance, tables
from native4k.dataset import balance, dedup, released_images, select, split, takedown, vet
from native4k.dataset.near_duplicates import foreign_lists, signatures
from native4k.errors import UserError

ORDER = ("vet", "select", "dedup", "balance", "split")

READ = {
    "vet": (),
    "select": ("url", "sha256", *signatures.COLUMNS),
    "dedup": (*signatures.COLUMNS, *dedup.RANKED),
    "balance": ("category",),
    "split": ("url", "sha256", "category"),
}
"""The measured columns that each step reads whatever the numbers name."""

DECIDED = ("id", "reason", "rejected_by", "votes", "verdict", takedown.WITHHELD, *dedup.UNGROUPED, "cosine")
"""The columns that say what was decided so far."""

THREADS = 2
"""Of the search for near duplicates; no result depends on it."""

Step = Callable[[pd.DataFrame], pd.DataFrame]

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
            raise UserError(f"{word!r}: no such number; {params.suggestion(key, keys_of(tree))}")
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


def columns_needed(there: list[str], steps: Sequence[str], *trees: dict[str, Any]) -> list[str]:
    """Choose the columns of a table that some steps read by these numbers."""
    named = {*DECIDED}.union(
        *(READ[step] for step in steps), *(texts_in(tree.get(step)) for tree in trees for step in steps)
    )
    return [name for name in there if name in named]


def load_steps(tree: dict[str, Any], where: str, data: Path) -> dict[str, Step]:
    """Make each step a function of a table alone, by these numbers and by the lists in the data folder."""

    def numbers(cls: type[Any], step: str) -> Any:
        return params.validate(cls, tree.get(step), f"{where}: {step}")

    copies, lists = numbers(dedup.Params, "dedup"), released_images.read_lists(data / "released")
    foreign = foreign_lists.read_foreign_lists(data / "foreign", copies.firewall)
    group: Step = partial(dedup.dedup, numbers=copies, threads=THREADS, foreign=foreign)
    if copies.embedding is not None:
        group = partial(_group_by_embeddings, path=data / "features/embeddings.parquet", group=group)
    group = partial(released_images.group_around, lists=lists, grouped=group, step="dedup")
    return {
        "vet": partial(_vet, data=data, numbers=numbers(vet.Params, "vet")),
        "select": partial(_select, data=data, numbers=numbers(select.Params, "select")),
        "dedup": group,
        "balance": partial(balance.balance, numbers=numbers(balance.Params, "balance")),
        "split": partial(split.split, numbers=numbers(split.Params, "split"), lists=lists),
    }


def _vet(table: pd.DataFrame, data: Path, numbers: vet.Params) -> pd.DataFrame:
    """Vet the table by the votes at hand."""
    return vet.vet(table, vet.read_votes(data / "votes"), numbers)


def _select(table: pd.DataFrame, data: Path, numbers: select.Params) -> pd.DataFrame:
    """Select from the table by the requests at hand."""
    return select.select(table, takedown.read_requests(sorted((data / "takedown").glob("*.txt"))), numbers)


def _group_by_embeddings(table: pd.DataFrame, path: Path, group: Step) -> pd.DataFrame:
    """Group the table by embeddings too."""
    return group(dedup.join_embeddings(table, path)).drop(columns="embedding")


def standing_tables(tree: dict[str, Any], data: Path) -> dict[str, Path]:
    """Find the tables of the last run that are of the code, numbers and files at hand; "" names the features."""
    embeddings = data / "features/embeddings.parquet" if tree["dedup"].get("embedding") else None
    files = {
        "vet": sorted((data / "votes").glob("*.csv")),
        "select": sorted((data / "takedown").glob("*.txt")),
        "dedup": dedup.files_read(data / "released", data / "foreign", embeddings),
        "balance": [],
    }
    found = {"": data / "features/images.parquet"}
    for step, listed in files.items():
        before, path = list(found.values())[-1], data / f"scratch/dataset/{step}.parquet"
        if (
            not path.exists()
            or not provenance.made_from(step, tree, before, listed).items() <= tables.metadata(path).items()
        ):
            break
        found[step] = path
    return found


def run_steps(table: pd.DataFrame, steps: dict[str, Step], names: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Run some steps; the table after each."""
    made = {}
    for name in names:
        made[name] = table = steps[name](table)
    return made


def reuse_groups(table: pd.DataFrame, now: pd.DataFrame, group: Step) -> pd.DataFrame:
    """Take the groups of the decided table where the very images of this one were grouped, or group it."""
    if not now["rejected_by"].isin(["", *ORDER[ORDER.index("dedup") :]]).equals(tables.is_kept(table)):
        return group(table)
    own = now["rejected_by"] == "dedup"
    reasons = {name: now[name].where(own, table[name]) for name in ("reason", "rejected_by")}
    return table.assign(**reasons, **now[[name for name in (*dedup.UNGROUPED, "cosine") if name in now]])


def what_if(tree: dict[str, Any], other: dict[str, Any], where: str, data: Path) -> Outcome:
    """Decide by the numbers at hand and by others: only what no table of the last run says."""
    now, then = load_steps(tree, where, data), load_steps(other, "whatif", data)
    standing, order = standing_tables(tree, data), ("", *ORDER)
    last = list(standing)[-1]
    first = next((step for step in ORDER if tree.get(step) != other[step]), ORDER[-1])

    def load(step: str) -> pd.DataFrame:
        left = order[order.index(step) + 1 :]
        columns = columns_needed(tables.columns(standing[step]), left, tree, other)
        return tables.read(standing[step], columns=columns)

    made = {last: load(last)}
    made |= run_steps(made[last], now, order[order.index(last) + 1 :])
    decided, before = made[ORDER[-1]], order[order.index(first) - 1]
    if tree.get("dedup") == other["dedup"]:
        then["dedup"] = partial(reuse_groups, now=decided, group=then["dedup"])
    begin = made[before] if before in made else load(before)
    return Outcome(decided, run_steps(begin, then, order[order.index(first) :])[ORDER[-1]])


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
    stays, would = tables.is_kept(now).to_numpy(), tables.is_kept(then).to_numpy()
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
