"""The files of the report: statistics, a page, a text, plots and the sample, of the same sections."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from markupsafe import Markup

from native4k import tables
from native4k.analyze.estimates import intervals, plain
from native4k.analyze.number_format import format_amount, percent
from native4k.analyze.sections import Section, Table, Trees, all_sections
from native4k.page import layout

PAGE, TEXT = "report.html", "report.md"

NARROW = 24
"""Characters of all columns but the first; a table with more takes the whole width of the page."""


def write_report(trees: Trees, origin: dict[str, Any], folder: Path) -> None:
    """Write stats.json, the page, the text and the plots; origin holds the files and numbers that all was made from."""
    statistics = {name: plain(tree) | {"intervals": intervals(tree)} for name, tree in trees.items()}
    tables.write_json({"collections": statistics, "made from": origin}, folder / "stats.json")
    sections, made_from = all_sections(trees), yaml.safe_dump(origin, sort_keys=False, allow_unicode=True, width=100)
    tables.write_text(_page(sections, trees, made_from), folder / PAGE)
    tables.write_text(_markdown(sections, trees, made_from), folder / TEXT)
    for section in sections.values():
        drawn = {table.about: table.plot for table in section.tables if table.plot}
        for what, svg in (section.plots | drawn).items():
            tables.write_text(layout.svg_file(svg), folder / "plots" / f"{slug(what)}.svg")


def title(trees: Trees) -> str:
    """The title of the report."""
    return f"What {' and '.join(trees)} hold{'s' if len(trees) == 1 else ''}"


def lead(trees: Trees) -> str:
    """The number of rows that the statistics of each collection come from."""
    bases = []
    for name, tree in trees.items():
        rows, looked_at = tree["rows"], tree["looked at"]
        sample = f"a sample of {looked_at:,} of {rows:,} rows, with intervals in brackets"
        bases.append(f"{name}: all {rows:,} rows" if looked_at == rows else f"{name}: {sample}")
    return "; ".join(bases)


def headline(trees: Trees) -> str:
    """The headline numbers of a single collection."""
    if len(trees) != 1:
        return ""
    tree = next(iter(trees.values()))
    numbers = {"rows": f"{tree['rows']:,}"}
    if tree["sizes"]["rows"]:
        median = tree["sizes"]["megapixels"]["percentiles"]["50"]
        numbers["megapixels, median"] = format_amount(median and median.value)
        shares = {rule: one["share"] for rule, one in tree["sizes"]["passes"].items()}
        shown = {rule: share for rule, share in shares.items() if share.value < 1}
        numbers |= {f"pass {rule}": percent(share._replace(interval=None)) for rule, share in shown.items()}
    return layout.headline(numbers)


def _page(sections: dict[str, Section], trees: Trees, made_from: str) -> str:
    """The report as one self-contained page."""
    note = layout.paragraph("The same files and numbers give the same bytes.")
    made = note + layout.preformatted("files and numbers", made_from)
    bodies = {name: _body(section) for name, section in sections.items()}
    return layout.document(title(trees), lead(trees), {"": headline(trees), **bodies, "How it was made": made})


def _body(section: Section) -> Markup:
    """Words, plots, and tables beside each other; a table that is drawn is not written out, too."""
    shown = [layout.paragraph(section.words)] if section.words else []
    named = [*section.plots.items(), *((table.about, table.plot) for table in section.tables if table.plot)]
    shown += [layout.plots((what, "", svg) for what, svg in named)] if named else []
    written = [table for table in section.tables if not table.plot]
    shown += [layout.beside((_shown(table), is_wide(table)) for table in written)] if written else []
    return layout.join(shown)


def is_wide(table: Table) -> bool:
    """Whether a table takes more than a column of the page."""
    return sum(max(map(len, column)) for column in list(zip(table.head, *table.rows, strict=True))[1:]) > NARROW


def _shown(table: Table) -> Markup:
    about = [layout.heading(table.about)] if table.about else []
    return layout.join([*about, layout.table(table.head, table.rows)])


def _markdown(sections: dict[str, Section], trees: Trees, made_from: str) -> str:
    """The report in Markdown."""
    parts = [f"# {title(trees)}", lead(trees)]
    for name, section in sections.items():
        parts += [f"## {name}", *([section.words] if section.words else [])]
        for table in section.tables:
            parts += [*([f"**{_plain(table.about)}**"] if table.about else []), _table(table)]
        parts += [f"![{what}](plots/{slug(what)}.svg)" for what in section.plots]
    return "\n\n".join([*parts, "## How it was made", f"```yaml\n{made_from}```"]) + "\n"


def _table(table: Table) -> str:
    lines = [table.head, ["---"] * len(table.head), *table.rows]
    return "\n".join("| " + " | ".join(map(_plain, line)) + " |" for line in lines)


def _plain(words: str) -> str:
    """Text from metadata with all Markdown escaped."""
    shown = "".join(letter if letter.isprintable() else " " for letter in words)
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in shown)


def slug(words: str) -> str:
    """A title as a file name."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in words.lower()).split())


def write_sample(samples: Mapping[str, pl.DataFrame], path: Path) -> None:
    """Write the sampled rows of all collections as CSV."""
    rows = [frame.select(pl.lit(name).alias("source"), pl.all()) for name, frame in samples.items()]
    with tables.atomic_file(path) as temporary:
        pl.concat(rows, how="diagonal").write_csv(temporary)
