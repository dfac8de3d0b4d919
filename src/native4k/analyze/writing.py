"""The report's files: a page, a text, plots and the sample, all written from the same sections."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from native4k import tables
from native4k.analyze.contents import Section
from native4k.analyze.laid import Table, Trees, amount, percent
from native4k.metadata.read import Collection
from native4k.report import page as html

PAGE, TEXT = "report.html", "report.md"

Sections = Mapping[str, Section]


def origin(collections: list[Collection], numbers: dict[str, Any], *, sampled: bool) -> dict[str, Any]:
    """What the figures were made from."""
    files = {one.name: [part.name for part in one.parts] for one in collections}
    return {"files": files, "numbers": numbers, "sampled": sampled}


def told(made_from: dict[str, Any]) -> str:
    """The same for a person."""
    return str(yaml.safe_dump(made_from, sort_keys=False, allow_unicode=True, width=100))


def title(trees: Trees) -> str:
    """What the report is called."""
    return f"What {' and '.join(trees)} hold{'s' if len(trees) == 1 else ''}"


def lead(trees: Trees) -> str:
    """How many rows the figures come from."""
    return "; ".join(_basis(name, tree) for name, tree in trees.items())


def _basis(name: str, tree: dict[str, Any]) -> str:
    if tree["looked at"] == tree["rows"]:
        return f"{name}: all {tree['rows']:,} rows"
    return f"{name}: a sample of {tree['looked at']:,} of {tree['rows']:,} rows, with intervals in brackets"


def heads(trees: Trees) -> str:
    """The numbers that come first, of a single collection."""
    if len(trees) != 1:
        return ""
    tree = next(iter(trees.values()))
    numbers = {"rows": f"{tree['rows']:,}"}
    if tree["sizes"]["rows"]:
        median = tree["sizes"]["megapixels"]["percentiles"]["50"]
        numbers["megapixels, median"] = amount(median and median.value)
        shares = {rule: one["share"] for rule, one in tree["sizes"]["passes"].items()}
        shown = {rule: share for rule, share in shares.items() if share.value < 1}
        numbers |= {f"pass {rule}": percent(share._replace(interval=None)) for rule, share in shown.items()}
    return html.heads(numbers)


def page(sections: Sections, trees: Trees, text: str, folder: Path) -> None:
    """The report as one self-contained page; the text says what it was made from."""
    bodies = {name: _body(section) for name, section in sections.items()}
    made = html.paragraph("The same files and numbers give the same bytes.") + html.folded("files and numbers", text)
    whole = {"": heads(trees), **bodies, "How it was made": made}
    tables.write_text(html.document(title(trees), lead(trees), whole), folder / PAGE)


def _body(section: Section) -> str:
    drawn = "".join(f"<div>{html.heading(what)}{svg}</div>" for what, svg in section.plots.items())
    shown = [html.paragraph(section.words)] if section.words else []
    shown += [f'<div class="plots">{drawn}</div>'] if drawn else []
    for about, head, rows in section.tables:
        shown += [html.heading(about)] if about else []
        shown.append(html.table(head, rows))
    return "\n".join(shown)


def markdown(sections: Sections, trees: Trees, text: str, folder: Path) -> None:
    """The report in Markdown."""
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
    """Words that Markdown takes for nothing else: they come from metadata."""
    shown = "".join(letter if letter.isprintable() else " " for letter in words)
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in shown)


def drawings(sections: Sections, folder: Path) -> None:
    """Every plot as a file."""
    for section in sections.values():
        for what, svg in section.plots.items():
            tables.write_text(html.drawing(svg), folder / f"{slug(what)}.svg")


def slug(words: str) -> str:
    """Words as a file's name."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in words.lower()).split())


def sample(samples: Mapping[str, pl.DataFrame], path: Path) -> None:
    """The rows that were drawn of each collection, in our columns."""
    rows = [frame.select(pl.lit(name).alias("source"), pl.all()) for name, frame in samples.items()]
    with tables.whole(path) as temporary:
        pl.concat(rows, how="diagonal").write_csv(temporary)
