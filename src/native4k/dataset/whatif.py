"""What other numbers would change: the funnel now and then, and who joins and leaves, by reason; nothing is written.

The steps are the real ones, run in memory. What was decided last is taken from data/scratch/dataset, if it belongs to
the features, lists and numbers at hand (not asked is whether the code has changed since), else it is decided anew.
"""

import copy
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow.parquet as pq
import yaml

from native4k import params, tables
from native4k.dataset import decide, notes, select, signs, takedown
from native4k.dataset.dedup import Params as Copies
from native4k.dataset.redo import redo
from native4k.dataset.rules import nearest
from native4k.errors import UserError

READ = ("id", "reason", "rejected_by", "sha256", "category", "detail", "width", "height", *signs.COLUMNS)
"""Of what was measured, what the steps read whatever the numbers name."""


class Change(NamedTuple):
    """A number, its value now and then."""

    key: str
    now: Any
    then: Any


def leaves(tree: Any, key: str = "") -> Iterator[str]:
    """The keys of everything in a tree, such as balance.max_ratio."""
    for name, value in tree.items():
        yield f"{key}{name}"
        if isinstance(value, dict):
            yield from leaves(value, f"{key}{name}.")


def changed(tree: dict[str, Any], words: list[str]) -> tuple[dict[str, Any], list[Change]]:
    """The numbers of this milestone with other values, and what is other."""
    tree = {step: tree.get(step, {}) for step in decide.ORDER}
    then, changes = copy.deepcopy(tree), []
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise UserError(f"--what-if {word!r}: expected KEY=VALUE, such as balance.max_ratio=2")
        *parents, last = key.split(".")
        section: Any = then
        for name in parents:
            section = section.get(name) if isinstance(section, dict) else None
        if not isinstance(section, dict) or last not in section:
            raise UserError(f"--what-if {word!r}: no such number; {nearest(key, leaves(tree))}")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError:
            raise UserError(f"--what-if {word!r}: not readable as YAML: {text!r}") from None
        changes.append(Change(key, section[last], value))
        section[last] = value
    return then, changes


def words(tree: Any) -> set[str]:
    """Every text in a tree of numbers."""
    if isinstance(tree, dict):
        return set[str]().union(*map(words, tree.values()))
    if isinstance(tree, list):
        return set[str]().union(*map(words, tree))
    return {tree} if isinstance(tree, str) else set()


def needed(names: list[str], measured: Collection[str], *trees: dict[str, Any], hosts: bool) -> list[str]:
    """The columns of a table that the steps read by these numbers, or have made themselves."""
    named = words(list(trees)) | ({"url"} if hosts or "host" in words(list(trees)) else set())
    return [name for name in names if name in READ or name in named or name not in measured]


def active(tree: dict[str, Any]) -> dict[str, Any]:
    """The numbers without the presets that do not apply."""
    section = tree["select"]
    presets = {name: rules for name, rules in section["presets"].items() if name == section["preset"]}
    return tree | {"select": section | {"presets": presets}}


class Outcome(NamedTuple):
    """The decided tables now and then, row by row the same images, and whether the first was taken as it stood."""

    now: pd.DataFrame
    then: pd.DataFrame
    stood: bool


def what_if(tree: dict[str, Any], other: dict[str, Any], where: str, folder: decide.Folder) -> Outcome:
    """What is decided by the numbers at hand, and what would be by others."""
    decide.steps(other, "--what-if", folder)  # a wrong number is said before anything is read
    if folder.clumps.exists() and folder.decided.exists():
        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(from_notes, tree, other, folder)
            if notes.stand(tree, folder):  # hashes what it all was made from, meanwhile
                return found.result()
    measured = pq.read_schema(folder.features).names
    table = tables.read(folder.features, "id", "reason", columns=needed(measured, measured, tree, other, hosts=True))
    now, since = decide.decide(table, decide.steps(tree, where, folder), "vet"), first(tree, other)
    how = decide.steps(other, "--what-if", folder)
    return Outcome(now, decide.decide(decide.before(now, since, measured), how, since), stood=False)


def first(tree: dict[str, Any], other: dict[str, Any]) -> str:
    """The first step whose numbers are other."""
    return next((step for step in decide.ORDER if tree.get(step) != other[step]), "split")


def from_notes(tree: dict[str, Any], other: dict[str, Any], folder: decide.Folder) -> Outcome:
    """The same, if what was decided last was decided from what is at hand."""
    since, noted = first(tree, other), notes.read(folder)
    how = decide.steps(other, "--what-if", folder, noted.places)
    measured, there = (pq.read_schema(path).names for path in (folder.features, folder.decided))
    taken, searched = taken_down(tree, other, folder), searches(tree, other, folder)
    named = taken != "as now"
    asked = takedown.read(folder.lists("takedown") if named else [])
    steps = {step: numbers for step, numbers in active(other).items() if step in decide.since(since)}
    names = needed(there, measured, steps, hosts=named and bool(asked.images.hosts))
    unread = set() if searched else set(signs.COLUMNS)
    if not (named or folder.lists("released") or other["split"]["together"]):
        unread.add("sha256")
    now = tables.read(folder.decided, "id", "reason", columns=[name for name in names if name not in unread])
    if taken != "searched":
        numbers = decide.numbers_of(select.Params, other, "--what-if")
        known = noted.taken if taken == "as now" else noted.taken_by(now, asked, numbers.takedown)
        how["select"] = partial(select.select, asked=known, numbers=numbers)
    if "dedup" not in searched:
        copies, anew = decide.numbers_of(Copies, other, "--what-if"), tree["dedup"] != other["dedup"]
        how["dedup"] = partial(redo, now=now, notes=noted, step=how["dedup"], numbers=copies, anew=anew)
    return Outcome(now, decide.decide(decide.before(now, since, measured), how, since), stood=True)


def taken_down(tree: dict[str, Any], other: dict[str, Any], folder: decide.Folder) -> str:
    """How it is known who is to be taken down: as now, from clumps, or searched."""
    numbers = decide.numbers_of(select.Params, other, "--what-if").takedown
    if tree["select"]["takedown"] == other["select"]["takedown"]:
        return "as now"
    phashes = takedown.read(folder.lists("takedown")).phashes
    return "searched" if phashes or not notes.cover(folder, numbers) else "from clumps"


def searches(tree: dict[str, Any], other: dict[str, Any], folder: decide.Folder) -> dict[str, str]:
    """The steps that must look for copies among all images, and why."""
    since, dedup = first(tree, other), other["dedup"]
    found = {}
    if since in {"vet", "select"} and taken_down(tree, other, folder) == "searched":
        found["select"] = "who is taken down goes by a pHash, or by looser copies than `clumps` noted"
    if since in {"balance", "split"}:
        return found
    if dedup["embedding"] or tree["dedup"]["embedding"]:
        found["dedup"] = "copies by embedding"
    elif tree["dedup"] != dedup and (dedup["firewall"] or tree["dedup"]["firewall"]):
        found["dedup"] = "other copies of what foreign lists name"
    elif not notes.cover(folder, decide.numbers_of(Copies, other, "--what-if")):
        found["dedup"] = "copies by looser numbers than `clumps` noted"
    return found


SECONDS = 25e-6
"""An image's share of a search of all; measured."""


def run(numbers: Path, asked: list[str], root: Path) -> Iterator[str]:
    """What is printed for a file of numbers, those to try, and a data folder."""
    tree, folder = params.read(numbers), decide.Folder(root)
    other, changes = changed(tree, asked)
    if folder.clumps.exists():
        count = pq.read_metadata(folder.clumps).num_rows
        for step, why in searches(tree, other, folder).items():
            yield f"{step} searches all {count:,} images ({why}): about {2 + count * SECONDS:.0f} s"
    yield from said(changes, what_if(tree, other, str(numbers), folder))


FUNNEL = ("fetch", "probe", "score", "label", *decide.ORDER)


def said(changes: list[Change], outcome: Outcome) -> Iterator[str]:
    """The lines that are printed."""
    now, then = outcome.now, outcome.then
    if not outcome.stood:
        yield "data/scratch/dataset is of other features, lists or numbers: the state now was decided anew"
    yield "; ".join(f"{change.key}: {change.now} now, {change.then} then" for change in changes)
    counts = (
        pd.DataFrame({name: counted(table) for name, table in (("now", now), ("then", then))}).fillna(0).astype(int)
    )
    yield f"{'':<32}{'now':>12}{'then':>12}{'change':>12}"
    yield row("candidates", len(now), len(then))
    for step, reason in sorted(counts.index, key=place):
        if step:
            yield row(f"{step}: {reason}", *-counts.loc[(step, reason)])
    stays, would = tables.kept(now).to_numpy(), tables.kept(then).to_numpy()
    yield row("kept", stays.sum(), would.sum())
    for name in sorted({*now["split"].unique(), *then["split"].unique()} - {""}):
        yield row(f"  {name}", (now["split"] == name).sum(), (then["split"] == name).sum())
    yield moved("join", now["reason"][would & ~stays], "now")
    yield moved("leave", then["reason"][stays & ~would], "then")
    moves = stays & would & (now["split"].to_numpy() != then["split"].to_numpy())
    yield f"{moves.sum():,} stay and change their split"


def counted(table: pd.DataFrame) -> "pd.Series[int]":
    """How many images each step rejected for each reason."""
    return tables.funnel(table).set_index(["rejected_by", "reason"])["rows"]


def place(named: tuple[str, str]) -> tuple[int, str]:
    """Where a step's reason stands in the funnel."""
    step, reason = named
    return FUNNEL.index(step) if step in FUNNEL else -1, reason


def row(name: str, now: int, then: int) -> str:
    """A line of the funnel."""
    change = f"{then - now:>+12,}" if then != now else ""
    return f"{name:<32}{now:>12,}{then:>12,}{change}"


def moved(verb: str, reasons: "pd.Series[str]", when: str) -> str:
    """How many images join or leave, by the reason that is not theirs in the other case."""
    counts = reasons.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    by = ", ".join(f"{reason} {count:,}" for reason, count in counts.items())
    return f"{len(reasons):,} {verb}{f', {when} rejected as: {by}' if len(reasons) else ''}"
