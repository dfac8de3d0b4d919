"""Estimates as text, and tables that compare collections: a row for each name, a column for each collection."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from native4k.analyze.estimates import Estimate
from native4k.page import plots

Tree = dict[str, Any]
Trees = Mapping[str, Tree]
"""Collection -> its statistics."""


class Table(NamedTuple):
    """A table with its title."""

    about: str
    head: list[str]
    rows: list[list[str]]


def percent(figure: Estimate | None) -> str:
    """A share in percent, with its interval."""
    if figure is None:
        return "-"
    digits = 1 if figure.value >= 0.1 else 2  # noqa: PLR2004
    return _with_interval(figure, lambda value: _percent(value, digits), " %")


def _percent(share: float, digits: int) -> str:
    shown = f"{100 * share:.{digits}f}"
    if share in {0, 1}:
        return f"{100 * share:.0f}"
    return (
        f"under {10**-digits:g}" if not float(shown) else f"over {100 - 10**-digits:g}" if shown == "100.0" else shown
    )


def format_amount(figure: Estimate | float | None) -> str:
    """A number with its interval."""
    if figure is None:
        return "-"
    return _with_interval(figure if isinstance(figure, Estimate) else Estimate(figure), format_number)


def format_number(value: float) -> str:
    """A number with three digits, or as a whole number with thousands separators."""
    if abs(value) >= 100 or value == int(value):  # noqa: PLR2004
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-3 else "under 0.001"  # noqa: PLR2004


def _with_interval(figure: Estimate, shown: Any, unit: str = "") -> str:
    interval = "" if figure.interval is None else f" ({' to '.join(map(shown, figure.interval))})"
    return f"{shown(figure.value)}{unit}{interval}"


def or_dash(words: str | None) -> str:
    """The text, or a dash where there is none."""
    return words or "-"


def select_keys(trees: Trees, *keys: str) -> dict[str, Tree]:
    """The subtree of each collection at a path of keys; empty where there is none."""
    found = dict(trees)
    for key in keys:
        found = {name: tree.get(key) or {} for name, tree in found.items()}
    return found


def comparison_table(about: str, trees: Trees, shown: Any = percent, names: Iterable[str] = ()) -> Table:
    """A table with a row for each name that some collection has and a column for each collection."""
    rows = list(names) or list(dict.fromkeys(name for tree in trees.values() for name in tree))
    values = [[name, *(shown(tree.get(name)) for tree in trees.values())] for name in rows]
    return Table(about, ["", *trees], values)


def summary_table(trees: Trees, part: str, measures: Iterable[str], about: str = "") -> Table:
    """A table of min, percentiles, max and mean, with a column for each measure of each collection."""
    columns = {
        plot_title(trees, name, measure): flatten_summary(tree)
        for measure in measures
        for name, tree in select_keys(trees, part, measure).items()
        if tree
    }
    return comparison_table(about, columns, format_amount)


def plot_title(trees: Trees, name: str, what: str) -> str:
    """The title of a plot or table, with the name of the collection where there are several."""
    return what if len(trees) == 1 else f"{name}: {what}" if what else name


def flatten_summary(tree: Tree) -> Tree:
    """A summary as one level: min, percentiles, max, mean."""
    between = {"median" if key == "50" else f"{key} %": value for key, value in tree["percentiles"].items()}
    return {"min": tree["min"], **between, "max": tree["max"], "mean": tree["mean"]}


def nonempty(tables: Iterable[Table]) -> list[Table]:
    """The tables that have rows."""
    return [table for table in tables if table.rows]


def histogram_plots(trees: Trees, title: str, *keys: str) -> dict[str, str]:
    """Title -> plot of the histogram of each collection at a path of keys."""
    made: dict[str, str] = {}
    for name, tree in select_keys(trees, *keys).items():
        if tree:
            about = plot_title(trees, name, title)
            made[about] = plots.columns(tree["edges"], tree["shares"], about)
    return made
