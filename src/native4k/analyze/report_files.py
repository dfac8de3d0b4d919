"""The files of the report: a page, a text, plots and the sample, all written from the same sections."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from markupsafe import Markup

from native4k import tables
from native4k.analyze.comparison_tables import Table, Trees, format_amount, percent
from native4k.analyze.sections import Section
from native4k.metadata.read import Collection
from native4k.page import layout

PAGE, TEXT = "report.html", "report.md"

Sections = Mapping[str, Section]


def origin(collections: list[Collection], numbers: dict[str, Any], *, sampled: bool) -> dict[str, Any]:
    """The files and numbers that the statistics were made from."""
    files = {one.name: [part.name for part in one.parts] for one in collections}
    return {"files": files, "numbers": numbers, "sampled": sampled}


def origin_text(made_from: dict[str, Any]) -> str:
    """The files and numbers as YAML text."""
    return str(yaml.safe_dump(made_from, sort_keys=False, allow_unicode=True, width=100))


def title(trees: Trees) -> str:
    """The title of the report."""
    return f"What {' and '.join(trees)} hold{'s' if len(trees) == 1 else ''}"


def lead(trees: Trees) -> str:
    """The number of rows that the statistics of each collection come from."""
    return "; ".join(_basis(name, tree) for name, tree in trees.items())


def _basis(name: str, tree: dict[str, Any]) -> str:
    if tree["looked at"] == tree["rows"]:
        return f"{name}: all {tree['rows']:,} rows"
    return f"{name}: a sample of {tree['looked at']:,} of {tree['rows']:,} rows, with intervals in brackets"


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


def write_page(sections: Sections, trees: Trees, text: str, folder: Path) -> None:
    """Write the report as one self-contained page; the text names its inputs."""
    bodies = {name: _body(section) for name, section in sections.items()}
    made = layout.paragraph("The same files and numbers give the same bytes.") + layout.preformatted(
        "files and numbers", text
    )
    whole = {"": headline(trees), **bodies, "How it was made": made}
    tables.write_text(layout.document(title(trees), lead(trees), whole), folder / PAGE)


def _body(section: Section) -> Markup:
    shown = [layout.paragraph(section.words)] if section.words else []
    shown += [layout.plots((what, "", svg) for what, svg in section.plots.items())] if section.plots else []
    for about, head, rows in section.tables:
        shown += [layout.heading(about)] if about else []
        shown.append(layout.table(head, rows))
    return layout.join(shown)


def write_markdown(sections: Sections, trees: Trees, text: str, folder: Path) -> None:
    """Write the report in Markdown."""
    parts = [f"# {title(trees)}", lead(trees)]
    for name, section in sections.items():
        parts += [f"## {name}", *([section.words] if section.words else [])]
        for table in section.tables:
            parts += [*([f"**{_plain(table.about)}**"] if table.about else []), _table(table)]
        parts += [f"![{what}](plots/{slug(what)}.svg)" for what in section.plots]
    parts += ["## How it was made", f"```yaml\n{text}```"]
    tables.write_text("\n\n".join(parts) + "\n", folder / TEXT)


def _table(table: Table) -> str:
    lines = [table.head, ["---"] * len(table.head), *table.rows]
    return "\n".join("| " + " | ".join(map(_plain, line)) + " |" for line in lines)


def _plain(words: str) -> str:
    """Text from metadata with all Markdown escaped."""
    shown = "".join(letter if letter.isprintable() else " " for letter in words)
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in shown)


def write_plots(sections: Sections, folder: Path) -> None:
    """Write every plot as an SVG file."""
    for section in sections.values():
        for what, svg in section.plots.items():
            tables.write_text(layout.svg_file(svg), folder / f"{slug(what)}.svg")


def slug(words: str) -> str:
    """A title as a file name."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in words.lower()).split())


def write_sample(samples: Mapping[str, pl.DataFrame], path: Path) -> None:
    """Write the sampled rows of all collections as CSV."""
    rows = [frame.select(pl.lit(name).alias("source"), pl.all()) for name, frame in samples.items()]
    with tables.atomic_file(path) as temporary:
        pl.concat(rows, how="diagonal").write_csv(temporary)
