"""Figures in words, and laid beside each other in tables with a column a collection; plots with a title each."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from native4k.analyze.figures import Figure
from native4k.report import plots

Tree = dict[str, Any]
Trees = Mapping[str, Tree]
"""Collection -> its figures."""


class Table(NamedTuple):
    """A table with what it is about."""

    about: str
    head: list[str]
    rows: list[list[str]]


def percent(figure: Figure | None) -> str:
    """A share, and the interval it lies in."""
    if figure is None:
        return "-"
    digits = 1 if figure.value >= 0.1 else 2  # noqa: PLR2004
    return _between(figure, lambda value: _percent(value, digits), " %")


def _percent(share: float, digits: int) -> str:
    shown = f"{100 * share:.{digits}f}"
    if share in {0, 1}:
        return f"{100 * share:.0f}"
    return (
        f"under {10**-digits:g}" if not float(shown) else f"over {100 - 10**-digits:g}" if shown == "100.0" else shown
    )


def amount(figure: Figure | float | None) -> str:
    """A number, and the interval it lies in."""
    if figure is None:
        return "-"
    return _between(figure if isinstance(figure, Figure) else Figure(figure), short)


def short(value: float) -> str:
    """Three digits, or a whole number with its thousands."""
    if abs(value) >= 100 or value == int(value):  # noqa: PLR2004
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-3 else "under 0.001"  # noqa: PLR2004


def _between(figure: Figure, shown: Any, unit: str = "") -> str:
    interval = "" if figure.interval is None else f" ({' to '.join(map(shown, figure.interval))})"
    return f"{shown(figure.value)}{unit}{interval}"


def written(words: str | None) -> str:
    """What is written already, or a dash."""
    return words or "-"


def beside(trees: Trees, *keys: str) -> dict[str, Tree]:
    """What each collection has at some keys; nothing where it has nothing."""
    found = dict(trees)
    for key in keys:
        found = {name: tree.get(key) or {} for name, tree in found.items()}
    return found


def compared(about: str, trees: Trees, shown: Any = percent, names: Iterable[str] = ()) -> Table:
    """A row for each name that some collection has, a column for each collection."""
    rows = list(names) or list(dict.fromkeys(name for tree in trees.values() for name in tree))
    values = [[name, *(shown(tree.get(name)) for tree in trees.values())] for name in rows]
    return Table(about, ["", *trees], values)


def summaries(trees: Trees, part: str, measures: Iterable[str], about: str = "") -> Table:
    """Least to greatest, and the mean; a column for each measure of each collection."""
    columns = {
        titled(trees, name, measure): flat(tree)
        for measure in measures
        for name, tree in beside(trees, part, measure).items()
        if tree
    }
    return compared(about, columns, amount)


def titled(trees: Trees, name: str, what: str) -> str:
    """What is shown, and of which collection where there are several."""
    return what if len(trees) == 1 else f"{name}: {what}" if what else name


def flat(tree: Tree) -> Tree:
    """A summary with its percentiles in their place."""
    between = {"median" if key == "50" else f"{key} %": value for key, value in tree["percentiles"].items()}
    return {"least": tree["min"], **between, "greatest": tree["max"], "mean": tree["mean"]}


def filled(tables: Iterable[Table]) -> list[Table]:
    """The tables that say something."""
    return [table for table in tables if table.rows]


def drawn(trees: Trees, title: str, *keys: str) -> dict[str, str]:
    """One plot a collection, of the histogram that it has at some keys."""
    made = {}
    for name, tree in beside(trees, *keys).items():
        if tree:
            about = titled(trees, name, title)
            made[about] = plots.columns(tree["edges"], tree["shares"], about)
    return made
