"""One self-contained HTML page: no script, nothing loaded from anywhere, readable on a phone, light and dark."""

import base64
from collections.abc import Sequence
from html import escape
from typing import Any

from native4k import images
from native4k.report.found import number

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Whatever stands in a caption, the browser loads nothing and runs nothing."""

COLOURS = """
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #1f2328; --soft: #6a6f76; --hair: #e2dfd8; --kept: #33658a;
  --lost: #c8553d; --card: #f3f1eb; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e4e2dd; --soft: #989ca3; --hair: #30343a;
  --kept: #7fb2d6; --lost: #e5806a; --card: #1e2125; } }
"""

DRAWN = """
svg { display: block; overflow: visible; }
svg text { font-size: 13px; fill: var(--ink); font-variant-numeric: lining-nums tabular-nums; }
svg .step { fill: var(--soft); font-style: italic; }
svg .count, svg .tick { fill: var(--soft); }
svg .tick { font-size: 11.5px; }
svg .strong { fill: var(--ink); }
svg .total { font-weight: 600; }
svg rect.kept { fill: var(--kept); }
svg rect.lost { fill: var(--lost); }
svg rect.rest { fill: var(--hair); }
svg .grid, svg .axis { stroke: var(--hair); }
svg .bound { stroke: var(--ink); stroke-dasharray: 3 3; }
svg .mean { stroke: var(--ink); stroke-width: 2; }
svg .dot { fill: var(--kept); fill-opacity: .65; }
svg .curve { fill: none; stroke: var(--kept); stroke-width: 2; stroke-linejoin: round;
  vector-effect: non-scaling-stroke; }
"""
"""Of plots, in the page and in files of their own."""

LAYOUT = """
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 3rem 1.25rem 5rem; max-width: 58rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif; }
h1, h2, h3 { font-family: "Iowan Old Style", "Palatino Linotype", Palatino, Charter, Georgia, "Liberation Serif", serif;
  font-weight: 600; line-height: 1.2; text-wrap: balance; }
h1 { font-size: 2.6rem; letter-spacing: -.015em; margin: 0; }
h2 { font-size: 1.6rem; margin: 4.5rem 0 .6rem; padding-top: 1.1rem; border-top: 1px solid var(--hair); }
h3 { font-size: 1.12rem; margin: 2.2rem 0 .5rem; }
h3 small { font: .85rem/1 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  color: var(--soft); margin-left: .4rem; }
p { max-width: 40rem; margin: .5rem 0 1rem; text-wrap: pretty; }
p.lead { font-size: 1.15rem; color: var(--soft); }
nav { margin: 1.2rem 0 0; font-size: .9rem; display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; }
nav a { color: var(--kept); text-decoration: none; border-bottom: 1px solid var(--hair); }
nav a:hover { border-color: currentColor; }
dl.heads { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.4rem, 1fr)); gap: 1.6rem 1.2rem;
  margin: 2.4rem 0 0; }
dl.heads div { border-top: 2px solid var(--ink); padding-top: .6rem; }
dl.heads dt { font-size: .84rem; line-height: 1.35; color: var(--soft); }
dl.heads dd { margin: 0 0 .2rem; font: 600 1.9rem/1.1 "Iowan Old Style", "Palatino Linotype", Palatino, Charter,
  Georgia, "Liberation Serif", serif; font-variant-numeric: lining-nums tabular-nums; }
dl.heads > div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: lining-nums tabular-nums; min-width: 55%; }
th, td { padding: .36rem 0 .36rem 1.4rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--hair); }
th { font-weight: 500; color: var(--soft); vertical-align: bottom; }
th:first-child, td:first-child { padding-left: 0; text-align: left; white-space: normal; overflow-wrap: anywhere;
  min-width: 7rem; }
tbody tr.sum td { border-top: 1px solid var(--soft); font-weight: 600; }
td b { color: var(--kept); }
code, pre, .id { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
  font-size: .84em; }
pre { overflow: auto; background: var(--card); padding: 1rem; border-radius: 4px; line-height: 1.45;
  max-height: 34rem; }
details { margin: 1rem 0; }
summary { cursor: pointer; color: var(--kept); }
.gallery { display: flex; flex-wrap: wrap; gap: 1rem .9rem; margin: .7rem 0 1.2rem; }
figure { margin: 0; }
.gallery { --height: 6.4rem; }
.gallery figure { flex: var(--aspect) 1 calc(var(--aspect) * var(--height)); max-width: calc(var(--aspect) * 8.4rem); }
.gallery::after { content: ""; flex: 1000 0 0; }
.gallery img { width: 100%; height: auto; display: block; background: var(--card); border-radius: 2px; }
.pair { display: flex; gap: 2px; }
.pair img { flex: 1 1 0; min-width: 0; align-self: flex-start; }
figcaption { font-size: .78rem; line-height: 1.35; color: var(--soft); margin-top: .35rem; }
figcaption b { color: var(--ink); font-weight: 500; }
.strip { margin: 1rem 0 1.6rem; overflow-x: auto; }
.strip > * { min-width: 36rem; }
.strip img { width: 100%; height: auto; display: block; border-radius: 2px; }
.thirds { display: grid; grid-template-columns: repeat(3, 1fr); text-align: center; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 1.4rem 2.5rem; }
body svg[role] { width: 100%; margin: .8rem 0; }
@media (max-width: 34rem) { body { padding-top: 1.6rem; } h1 { font-size: 2rem; } h2 { margin-top: 3.2rem; }
  .gallery { --height: 5.2rem; gap: .8rem .6rem; } svg text { font-size: 12px; } svg .tick { font-size: 11px; }
  th, td { padding-left: 1rem; } dl.heads { grid-template-columns: repeat(2, 1fr); } }
@media print { body { max-width: none; } figure, tr { break-inside: avoid; } }
"""

WIDE = 640
"""Pixels of a plot that is a file of its own."""

STYLE = COLOURS + DRAWN + LAYOUT


def safe(words: Any) -> str:
    """Words for the page: without control characters, with nothing that HTML would take for its own."""
    return escape("".join(letter if letter.isprintable() else " " for letter in str(words)))


def short(words: str, limit: int = 160) -> str:
    """The beginning of a long text."""
    return words if len(words) <= limit else words[: limit - 1] + "…"


def document(title: str, lead: str, sections: dict[str, str]) -> str:
    """The whole page; the first section stands without a heading."""
    names = [name for name in sections if name]
    links = "".join(f'<a href="#{anchor(name)}">{safe(name)}</a>' for name in names)
    parts = [
        f'<section id="{anchor(name)}"><h2>{safe(name)}</h2>\n{body}</section>' if name else body
        for name, body in sections.items()
    ]
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{safe(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>",
            f'<header><h1>{safe(title)}</h1>\n<p class="lead">{safe(lead)}</p>\n<nav>{links}</nav></header>',
            *parts,
            "</body>\n</html>\n",
        ]
    )


def drawing(svg: str) -> str:
    """A plot as a file of its own."""
    opened = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" font-family="sans-serif" '
    style = f"<style>{COLOURS}{DRAWN}svg {{ background: var(--paper); }}</style>"
    return svg.replace("<svg ", opened, 1).replace(">", f">{style}", 1) + "\n"


def anchor(name: str) -> str:
    """A section's name in the page's address."""
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower())


def heads(numbers: dict[str, str]) -> str:
    """The headline numbers: what -> how much."""
    rows = (f"<div><dt>{safe(what)}</dt><dd>{safe(value)}</dd></div>" for what, value in numbers.items())
    return f'<dl class="heads">{"".join(rows)}</dl>'


def table(head: Sequence[str], rows: Sequence[Sequence[Any]], last: str = "", best: Sequence[Any] = ()) -> str:
    """A table; last is the class of the last row, best the value of each column that is set in bold."""
    lines = []
    for place, row in enumerate(rows):
        kind = f' class="{last}"' if last and place == len(rows) - 1 else ""
        cells = (
            _cell(value, value is not None and column < len(best) and value == best[column])
            for column, value in enumerate(row)
        )
        lines.append(f"<tr{kind}>{''.join(cells)}</tr>")
    names = "".join(f"<th>{safe(name)}</th>" for name in head)
    return (
        f'<div class="wide"><table><thead><tr>{names}</tr></thead>\n<tbody>{chr(10).join(lines)}</tbody></table></div>'
    )


def _cell(value: Any, strong: bool) -> str:
    words = safe(number(value))
    return f"<td>{f'<b>{words}</b>' if strong else words}</td>"


def paragraph(words: str) -> str:
    """A paragraph of plain text."""
    return f"<p>{safe(words)}</p>"


def heading(words: str, note: str = "") -> str:
    """A heading within a section, with a quiet note."""
    return f"<h3>{safe(words)}{f' <small>{safe(note)}</small>' if note else ''}</h3>"


def folded(about: str, words: str) -> str:
    """Words as they stand, line by line, shown on demand."""
    return f"<details><summary>{safe(about)}</summary><pre>{escape(words)}</pre></details>"


def picture(content: bytes, alt: str) -> str:
    """An image with its bytes in the page."""
    kind, width, height = images.header(content)
    data = base64.b64encode(content).decode()
    words = safe(short(alt))
    size = f'width="{width}" height="{height}"'
    return f'<img {size} alt="{words}" title="{words}" src="data:image/{kind.lower()};base64,{data}">'


def fitted(content: bytes, limit: int) -> bytes:
    """The bytes as they are if they are few enough, else the picture encoded anew, and smaller until it fits."""
    if len(content) <= limit:
        return content
    image = images.decode(content)
    side = max(image.size)
    while len(content) > limit and side >= 64:  # noqa: PLR2004
        content = images.thumbnail(image, side)
        side = side * 3 // 4
    return content
