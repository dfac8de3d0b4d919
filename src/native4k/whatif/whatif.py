"""Say what other numbers would change: the funnel now and then, who joins and leaves, by reason; nothing is written.

The steps of the dataset are run in memory on data/features and the lists in the data folder, as the rules run them.
"""

import argparse
import copy
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from native4k import params, tables
from native4k.dataset import balance, dedup, released_images, select, split, takedown, vet
from native4k.dataset.dedup import RANKED
from native4k.dataset.near_duplicates import foreign_lists
from native4k.dataset.near_duplicates.signatures import COLUMNS as SIGNATURES
from native4k.errors import UserError

READ = ("id", "reason", "rejected_by", "sha256", "category", *RANKED, *SIGNATURES)
"""The measured columns that the steps read whatever the numbers name."""

ORDER = ("vet", "select", "dedup", "balance", "split")

THREADS = 2
"""Of the search for near duplicates; no result depends on it."""

Step = Callable[[pd.DataFrame], pd.DataFrame]

UNGROUPED = {"group": "", "representative": "", "match": "", "distance": -1, "fine_distance": -1, "foreign": ""}
"""The columns that dedup adds, beside those by embedding, and what stands there for a rejected image."""

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


def columns_needed(measured: list[str], *trees: dict[str, Any]) -> list[str]:
    """Choose the measured columns that the steps read by these numbers; lists may name hosts."""
    named = {"url", *texts_in(list(trees))}
    return [name for name in measured if name in READ or name in named]


class Decisions(NamedTuple):
    """What people decided: votes, what is taken down, and what was released."""

    votes: pd.DataFrame
    requests: takedown.Requests
    lists: pd.DataFrame


def read_decisions(data: Path) -> Decisions:
    """Read people's decisions from the data folder."""
    requests = takedown.read_requests(sorted((data / "takedown").glob("*.txt")))
    return Decisions(vet.read_votes(data / "votes"), requests, released_images.read_lists(data / "released"))


def load_steps(tree: dict[str, Any], where: str, data: Path, decisions: Decisions) -> dict[str, Step]:
    """Make each step a function of a table alone, by these numbers and by what people decided."""

    def numbers(cls: type[Any], step: str) -> Any:
        return params.validate(cls, tree.get(step), f"{where}: {step}")

    (votes, requests, lists), copies = decisions, numbers(dedup.Params, "dedup")
    foreign = foreign_lists.read_foreign_lists(data / "foreign", copies.firewall)
    group: Step = partial(dedup.dedup, numbers=copies, threads=THREADS, foreign=foreign)
    if copies.embedding is not None:
        group = partial(_group_by_embeddings, path=data / "features/embeddings.parquet", group=group)
    group = partial(released_images.group_around, lists=lists, grouped=group, step="dedup")
    made_from = partial(dedup.made_from, numbers=copies, lists=lists, foreign=foreign)
    path = data / "scratch/dataset/dedup.parquet"
    earlier = partial(earlier_groups, path=path, numbers=copies, lists=lists, made_from=made_from)
    return {
        "vet": partial(vet.vet, votes=votes, numbers=numbers(vet.Params, "vet")),
        "select": partial(select.select, requests=requests, numbers=numbers(select.Params, "select")),
        "dedup": partial(_reuse_or_group, earlier=earlier, group=group),
        "balance": partial(balance.balance, numbers=numbers(balance.Params, "balance")),
        "split": partial(split.split, numbers=numbers(split.Params, "split"), lists=lists),
    }


def _reuse_or_group(
    table: pd.DataFrame, earlier: Callable[[pd.DataFrame], pd.DataFrame | None], group: Step
) -> pd.DataFrame:
    """Take the groups of the last run where it grouped this very table, or group it."""
    found = earlier(table)
    return group(table) if found is None else found


def _group_by_embeddings(table: pd.DataFrame, path: Path, group: Step) -> pd.DataFrame:
    """Group the table by embeddings too."""
    return group(dedup.join_embeddings(table, path)).drop(columns="embedding")


def run_steps(table: pd.DataFrame, steps: dict[str, Step], first: str) -> dict[str, pd.DataFrame]:
    """Run a step and all that follow it; the table after each."""
    made = {}
    for step in ORDER[ORDER.index(first) :]:
        made[step] = table = steps[step](table)
    return made


def earlier_groups(
    table: pd.DataFrame, path: Path, numbers: dedup.Params, lists: pd.DataFrame, made_from: Callable[[str], str]
) -> pd.DataFrame | None:
    """Return what dedup would make of a table, or None where its last run does not say.

    It does if code, numbers, lists and all that dedup reads of the images are the same, no image joins the survivors,
    and none leaves whose copies stay. Then the groups of the others stay as they are: whether an image represents
    others depends on the representatives before it alone, and all that were near one that leaves have left with it.
    """
    if table.empty or numbers.embedding is not None or not path.exists():
        return None
    if tables.metadata(path).get(dedup.MADE_FROM) != made_from(dedup.hash_columns(table, numbers)):
        return None
    earlier = pq.read_table(path, columns=["reason", "rejected_by", *UNGROUPED]).to_pandas()
    own = (earlier["rejected_by"] == "dedup").to_numpy()
    was, is_ = tables.is_kept(earlier).to_numpy() | own, tables.is_kept(table).to_numpy()
    gone = was & ~is_
    if gone.any() and (table["nativeness"][was] == "upscaled").any():  # who leaves may have shown others enlarged
        return None
    if (is_ & ~was).any() or _any_in(earlier["representative"][is_], table["id"][gone]):
        return None
    if not gone.any():
        reasons = {name: earlier[name].where(own, table[name]) for name in ("reason", "rejected_by")}
        return table.assign(**reasons, **earlier[list(UNGROUPED)])
    if not lists.empty:  # who leaves may have made others of its group a leak
        return None
    made = {name: earlier[name].mask(gone, value) for name, value in UNGROUPED.items()}
    return dedup.reject_copies(table.assign(**made), numbers)


def _any_in(texts: "pd.Series[str]", values: "pd.Series[str]") -> bool:
    """Whether a text is among some values; several times as quick as pandas' own."""
    kind = pa.large_string()
    return bool(pc.any(pc.is_in(pa.array(texts, kind), pa.array(values, kind))).as_py())


def what_if(tree: dict[str, Any], other: dict[str, Any], where: str, data: Path) -> Outcome:
    """Decide by the numbers at hand and by others; steps before the first changed one are run once."""
    decisions = read_decisions(data)
    now, then = load_steps(tree, where, data, decisions), load_steps(other, "whatif", data, decisions)
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
