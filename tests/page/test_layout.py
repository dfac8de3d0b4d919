"""Text is escaped wherever it enters a page, and the style sheets and templates are part of the package."""

import ast
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from native4k.page import layout

ROOT = Path(__file__).parents[2]
HOSTILE = "\"><script>alert('1')</script>&\x00\u202e"
SHOWN = "&#34;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;  "


@pytest.mark.parametrize(
    "html",
    [
        layout.paragraph(HOSTILE),
        layout.heading("a", HOSTILE),
        layout.code(HOSTILE),
        layout.headline({HOSTILE: HOSTILE}),
        layout.table([HOSTILE], [[HOSTILE]]),
        layout.details(HOSTILE, Markup()),
        layout.plots([(HOSTILE, HOSTILE, Markup("<svg/>"))]),
        layout.image_link(HOSTILE),
        layout.gallery([layout.PARTS.figure(HOSTILE, [{"aspect": 1.5, "picture": HOSTILE}], [HOSTILE], HOSTILE)]),
        layout.PARTS.caption("a", (HOSTILE, HOSTILE), HOSTILE),
        layout.PARTS.pair_caption(HOSTILE, [{"id": HOSTILE, "split": HOSTILE}], copy=True),
        layout.PARTS.panels([(HOSTILE, HOSTILE)], [(HOSTILE, HOSTILE)], HOSTILE, slider=True),
        layout.PARTS.captioned([(HOSTILE, HOSTILE, HOSTILE)]),
        layout.PARTS.image_rows([dict.fromkeys(("id", "name", "outcome", "why", "measures"), HOSTILE)]),
    ],
)
def test_text_is_escaped_in_every_part(html: Markup) -> None:
    assert "<script" not in html
    assert SHOWN[:20] in html
    assert "\x00" not in html


def test_text_on_demand_keeps_its_lines_and_is_escaped() -> None:
    shown = '<pre tabindex="0">a\n&lt;b&gt;</pre>'
    assert layout.preformatted("all", "a\n<b>") == f"<details><summary>all</summary>{shown}</details>"


def test_titles_and_headings_of_a_page_are_escaped() -> None:
    text = layout.document(HOSTILE, HOSTILE, {"": "<p>first</p>", HOSTILE: "<p>second</p>"})
    assert "<script" not in text
    assert "<p>first</p>" in text


def test_a_number_that_is_best_is_bold() -> None:
    rows: list[list[Any]] = [["a", 1.0, None], ["b", 2.0, 3]]
    assert "<td><b>2.0000</b></td><td>3</td>" in layout.table(["", "x", "y"], rows, best=[None, 2.0]).replace("\n", "")


@pytest.mark.parametrize("name", ["colours.css", "plots.css", "style.css", "compare.js", "templates/parts.html"])
def test_style_sheets_and_templates_are_package_data(name: str) -> None:
    assert resources.files("native4k.page").joinpath(name).is_file()


@pytest.mark.parametrize("package", ["page", "analyze", "publish", "report"])
def test_what_shows_something_imports_the_page_and_not_another_or_the_command_line(package: str) -> None:
    others = {f"native4k.{name}" for name in ("analyze", "publish", "report", "cli")} - {f"native4k.{package}"}
    for path in (ROOT / "src/native4k" / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
                assert not [name for name in names if any(f"{name}.".startswith(f"{one}.") for one in others)], path
