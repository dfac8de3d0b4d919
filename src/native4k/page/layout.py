"""One self-contained HTML page: nothing loaded from anywhere, readable on a phone, light and dark, without script too.

Everything that is not Markup is escaped where it enters a template, so text from metadata can never act as HTML.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from native4k.page.metrics_files import number

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Whatever stands in a caption, the browser loads nothing, and runs nothing but the page's own script, by its hash."""

COLOURS, PLOTS, STYLE, COMPARE = (
    Path(__file__).with_name(name).read_text(encoding="utf-8")
    for name in ("colours.css", "plots.css", "style.css", "compare.js")
)
"""Style sheets, of which colours and plots are also part of SVG files; the script of pages that compare pictures."""

SVG_WIDTH = 640
"""Pixels of a plot that is a file of its own."""


def printable(value: Any) -> Any:
    """Text without control characters; Markup and other values as they are."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return "".join(letter if letter.isprintable() else " " for letter in value)


def anchor(name: str) -> str:
    """The id of a section, as links name it."""
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower())


TEMPLATES = Environment(
    loader=PackageLoader("native4k.page"),
    autoescape=True,
    finalize=printable,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
TEMPLATES.filters |= {"anchor": anchor, "number": number}
PARTS: Any = TEMPLATES.get_template("parts.html").module


def short(text: str, limit: int = 160) -> str:
    """The beginning of a long text."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def document(title: str, lead: str, sections: dict[str, str], script: str = "") -> str:
    """The whole page; bodies of sections are HTML, and the section without a name has no heading."""
    bodies = {name: Markup(body) for name, body in sections.items()}  # noqa: S704  # made by this module
    own = {"style": Markup(COLOURS + PLOTS + STYLE), "script": Markup(script)}  # noqa: S704
    return TEMPLATES.get_template("document.html").render(
        title=title, lead=lead, sections=bodies, policy=policy(script), **own
    )


def policy(script: str) -> str:
    """What the browser may load and run: of scripts, the page's own alone."""
    if not script:
        return POLICY
    return f"{POLICY}; script-src 'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def svg_file(svg: str) -> str:
    """A plot as a file of its own."""
    start = f'<svg xmlns="http://www.w3.org/2000/svg" width="{SVG_WIDTH}" font-family="sans-serif" '
    style = f"<style>{COLOURS}{PLOTS}svg {{ background: var(--paper); }}</style>"
    return str(svg).replace("<svg ", start, 1).replace(">", f">{style}", 1) + "\n"


def join(parts: Iterable[str]) -> Markup:
    """Pieces of HTML, one a line."""
    return Markup("\n").join(parts)


def headline(numbers: dict[str, str]) -> Markup:
    """The headline numbers: name -> number."""
    return PARTS.headline(numbers)


def table(head: Sequence[str], rows: Sequence[Sequence[Any]], last: str = "", best: Sequence[Any] = ()) -> Markup:
    """A table; last is the class of the last row, best the value of each column that is set in bold."""
    return PARTS.table(head, rows, last, best)


def paragraph(text: str) -> Markup:
    """A paragraph of plain text."""
    return PARTS.paragraph(text)


def heading(text: str, note: str = "") -> Markup:
    """A heading within a section, with a quiet note."""
    return PARTS.heading(text, note)


def code(text: str) -> Markup:
    """Text in a fixed-width font."""
    return PARTS.code(text)


def image_link(id_: str) -> Markup:
    """An image's id as a link to its row."""
    return PARTS.image_link(id_)


def details(summary: str, content: Markup) -> Markup:
    """Content that is shown on demand."""
    return PARTS.details(summary, content)


def preformatted(summary: str, text: str) -> Markup:
    """Text with its line breaks, shown on demand."""
    return details(summary, PARTS.preformatted(Markup.escape(text)))


def plots(named: Iterable[tuple[str, str, str]]) -> Markup:
    """Plots beside each other, each with a heading and a note."""
    return PARTS.plots(list(named))


def gallery(figures: Iterable[Markup]) -> Markup:
    """Figures in rows of one height."""
    return PARTS.gallery(list(figures))


def beside(parts: Iterable[tuple[Markup, bool]]) -> Markup:
    """Parts beside each other, as many as the page is wide; some take all of its width."""
    return PARTS.beside(list(parts))
