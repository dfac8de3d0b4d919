"""Whatever stands in the metadata, the report's files stay what they are: a page, a text, drawings, a table."""

import csv
import re
import unicodedata
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from native4k import params
from native4k.analyze import report_files, stats
from native4k.analyze.collection_counts import CollectionCounts
from native4k.metadata.columns import COLUMNS
from native4k.sources.source import Source
from tests.analyze.conftest import ROOT

SOURCE = Source(title="all", page="", rows=None, license="", provenance="")
SECTION = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["analyze"]
READ = [name for name in COLUMNS if name not in {"provenance", "key", "declared_split"}]
EVIL = (
    "<script>alert(1)</script>|`x`\\|\n\n# big\n```\r\n<img src=x onerror=y>"
    "\x00\x07\u2028\u202e&amp;'\"[a](javascript:b)"
)
PARTS = {"html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "p", "nav", "a", "section"}
TAGS = PARTS | {
    "main",
    "dl",
    "dt",
    "dd",
    "div",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "pre",
}
DRAWN = {"svg", "rect", "text", "line"}
NAMES = st.text(
    st.sampled_from([*"ab/\\.:-_ |<>&\"'`\n\x00ÄößЖ日"]) | st.characters(exclude_categories=["Cs"]), max_size=20
)
TEXTS = st.none() | st.text(st.sampled_from([*"a1,;\"' \n\r\t|=\x00"]), max_size=6) | st.text(max_size=8)


class Page(HTMLParser):
    """The tags of a page with their attributes, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in {"meta", "rect", "line"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] == "rect":
            self.open.pop()
        if tag != "rect":
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def rows_of(words: str, count: int = 12) -> pl.DataFrame:
    """Rows with the same words wherever words can stand."""
    made = {
        "url": [f"https://{words}/{n}.jpg" for n in range(count)],
        "declared_width": [4000] * count,
        "declared_height": [3000] * count,
        "caption": [words] * count,
        "license": [words] * count,
        "language": [words] * count,
        "similarity": [0.3] * count,
        "punsafe": [0.1] * count,
        "pwatermark": [0.2] * count,
        "aesthetic": [5.5] * count,
    }
    return pl.DataFrame(made, schema={name: COLUMNS[name] for name in READ})


def report(folder: Path, words: str, file: str = "part.parquet", rule: str = "4K") -> tuple[str, str]:
    """The page and the text of a collection whose words are all hostile."""
    numbers = SECTION | {
        "rules": {rule: SECTION["rules"]["4K by pixels"]},
        "purposes": {rule: SECTION["purposes"]["SR at 4K"]},
    }
    asked = params.validate(stats.Params, numbers, "analyze")
    rows = rows_of(words)
    tally = CollectionCounts(SOURCE, asked.purposes, folder / "scratch")
    tally.add(tally.count(rows.select(tally.columns)))
    trees = {"all": stats.statistics(tally, rows, rows.height, asked, exact=True)}
    origin = {"files": {"all": [file]}, "numbers": numbers, "sampled": False}
    report_files.write_report(trees, origin, folder)
    return (folder / report_files.PAGE).read_bytes().decode(), (folder / report_files.TEXT).read_bytes().decode()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return report(tmp_path_factory.mktemp("report"), EVIL, EVIL, "<script>4K</script> & \"more\" | 'less'")


def test_hostile_words_add_no_tag_and_no_attribute_to_the_page(hostile: tuple[str, str], tmp_path: Path) -> None:
    found, tame = Page(hostile[0]), Page(report(tmp_path, "word")[0])
    assert set(found.tags) == set(tame.tags) == TAGS | DRAWN
    assert {name for name, _ in found.attributes} == {name for name, _ in tame.attributes}
    assert found.open == tame.open == []
    assert not any(value and "javascript:" in value for name, value in found.attributes if name in {"href", "src"})
    assert any("<script>alert(1)</script>|`x`" in words for words in found.words), "they are shown as they are"


def test_control_characters_do_not_reach_the_page_or_the_text(hostile: tuple[str, str]) -> None:
    page, text = hostile
    for words in (page.split("<details>")[0], text.split("```yaml")[0]):
        assert {letter for letter in words if not letter.isprintable()} == {"\n"}
    for words in hostile:
        assert {letter for letter in words if unicodedata.category(letter) == "Cc"} == {"\n"}


def test_hostile_words_stay_in_their_cell_of_a_table(hostile: tuple[str, str]) -> None:
    text = hostile[1].split("## How it was made")[0]
    tables = [block.split("\n") for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) > 8
    for lines in tables:
        bars = [line.replace("\\\\", "").replace("\\|", "").count("|") for line in lines]
        assert set(bars) == {bars[0]}
        assert lines[1] == "|" + " --- |" * (bars[0] - 1)
    assert "<script>" not in text.replace("\\<", "")
    assert "](javascript:" not in text.replace("\\]", "")


@pytest.mark.parametrize("name", [EVIL, "a\n```\n<script>", "```", "\n\n```\n\n~~~\n", "`" * 200])
def test_a_files_name_does_not_end_the_block_it_stands_in(name: str, tmp_path: Path) -> None:
    """A block is closed by the first line of as many backticks, with up to three blanks before them."""
    text = report(tmp_path, "word", name)[1]
    opened, inside = text.split("## How it was made\n\n")[1].split("yaml\n", 1)
    lines = inside.splitlines()
    closing = [number for number, line in enumerate(lines) if re.fullmatch(rf" {{0,3}}{opened}`*\s*", line)]
    assert set(opened) == {"`"}
    assert closing == [len(lines) - 1]
    assert yaml.safe_load("\n".join(lines[:-1]))["files"] == {"all": [name]}


def test_every_drawing_is_a_file_of_well_formed_xml_and_the_text_shows_all(tmp_path: Path) -> None:
    _, text = report(tmp_path, EVIL, rule="a <b> & \"c\" 'd' > e")
    paths = sorted((tmp_path / "plots").iterdir())
    bars = {"rows-that-pass.svg", "largest-hosts.svg"}  # the text has their numbers as tables
    assert len({path.name for path in paths} - bars) == text.count("![") > 5
    for path in paths:
        root = ET.parse(path).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert {"width", "height", "aria-label"} <= set(root.attrib)
        assert (f"](plots/{path.name})" in text) == (path.name not in bars)
    drawn = {element.tag.rpartition("}")[2] for path in paths for element in ET.parse(path).iter()}
    assert drawn == {"svg", "style", "rect", "title", "text", "line"}


@given(NAMES)
@example("../../etc/passwd")
@example("..\\..\\c:")
def test_a_files_name_has_no_separator_and_no_blank_in_it(words: str) -> None:
    found = report_files.slug(words)
    assert all(letter.isalnum() or letter == "-" for letter in found)
    assert not found.startswith("-")
    assert report_files.slug(found) == found


def test_a_files_name_is_its_words_in_small_letters() -> None:
    assert report_files.slug("coyo: Aspect (width / height)") == "coyo-aspect-width-height"


@given(st.lists(st.tuples(TEXTS, st.none() | st.integers(), TEXTS), min_size=1, max_size=8))
@example(
    [("a\rb", 1, "c\r"), ("", None, None), (None, -1, ""), ("\r", 0, "\r\n"), ('"', 1, ',"'), ("a\x00", 2, "\x00")]
)
def test_a_sample_reads_back_as_it_was(rows: list[tuple[str | None, int | None, str | None]]) -> None:
    schema = {"url": pl.String, "declared_width": pl.Int32, "caption": pl.String}
    kept = [(url, None if side is None else side % 10_000, caption) for url, side, caption in rows]
    frame = pl.DataFrame(kept, schema=schema, orient="row")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sample.csv"
        report_files.write_sample({"one": frame, "two": frame}, path)
        again = pl.read_csv(path, schema={"source": pl.String, **schema})
        with path.open(encoding="utf-8", newline="") as file:
            read = list(csv.reader(file))
    assert again.equals(pl.concat([frame.select(pl.lit(name).alias("source"), pl.all()) for name in ("one", "two")]))
    shown = [["" if value is None else str(value) for value in row] for row in kept]
    assert read == [["source", *schema], *(["one", *row] for row in shown), *(["two", *row] for row in shown)]


def test_samples_of_different_columns_are_one_table(tmp_path: Path) -> None:
    one, two = pl.DataFrame({"url": ["a"], "caption": ["b"]}), pl.DataFrame({"url": ["c"], "similarity": [0.25]})
    report_files.write_sample({"one": one, "two": two}, tmp_path / "sample.csv")
    assert (tmp_path / "sample.csv").read_text() == "source,url,caption,similarity\none,a,b,\ntwo,c,,0.25\n"


def tree_of(rows: int, looked_at: int) -> dict[str, Any]:
    return {"rows": rows, "looked at": looked_at}


def test_the_lead_says_of_how_many_rows_the_figures_are() -> None:
    assert report_files.lead({"a": tree_of(2000, 2000), "b": tree_of(5000, 1000)}) == (
        "a: all 2,000 rows; b: a sample of 1,000 of 5,000 rows, with intervals in brackets"
    )
    assert report_files.title({"a": {}, "b": {}}) == "What a and b hold"
    assert report_files.title({"a": {}}) == "What a holds"
