"""A collection is counted the same however its rows come in; hosts are those of each URL."""

from itertools import accumulate, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native4k.analyze import stats
from native4k.analyze.collection_counts import CollectionCounts, Sample
from native4k.analyze.estimates import Estimate, Estimator
from native4k.analyze.fitness_criteria import Criterion, Purpose
from native4k.metadata.columns import COLUMNS, SCORES
from native4k.sources.source import Source

ALL = Source(title="all", page="", rows=None, license="", provenance="")
BARE = Source(title="bare", page="", rows=None, license="", provenance="", columns={"url": ("URL",), "license": ("L",)})
PURPOSES = {"it": Purpose(images=1, criteria={"wide": Criterion(column="width", min=10, max=None, share=0.5)})}
READ = ("url", "declared_width", "declared_height", "caption", "license", "language", *SCORES)
SCHEMA = {name: COLUMNS[name] for name in READ}

URLS = (
    st.sampled_from(["https://a.org/1.jpg", "http://b.org/2.PNG?x=1", "photos/3.tif", "", "ftp://c.org/x"]) | st.text()
)
WORDS = st.none() | st.sampled_from(["", " ", "a b", "x"]) | st.text(max_size=3)
SIDES = st.none() | st.sampled_from([-1, 1, 9, 10, 4000])
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.lists(
    st.tuples(st.none() | URLS, SIDES, SIDES, WORDS, WORDS, WORDS, *[NUMBERS] * len(SCORES)), min_size=1, max_size=30
)

Row = tuple[Any, ...]


def framed(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def ordered(counts: pl.DataFrame) -> list[tuple[Any, ...]]:
    """The values with their rows, the most frequent first, null last of equals."""
    return counts.sort("rows", counts.columns[0], descending=[True, False], nulls_last=True).rows()


def counted(parts: list[list[Row]], folder: Path, source: Source = ALL) -> dict[str, Any]:
    """All that is counted, in an order of its own."""
    made = CollectionCounts(source, PURPOSES, folder)
    for part in parts:
        made.add(made.count(framed(part).select(made.columns)))
    names = {"caption_length": "captions", "origin": "hosts", "ending": "endings"}
    tables = {names.get(name, name): ordered(one.counted()) for name, one in made.values.items()}
    return {
        "rows": made.rows,
        "sums": dict(made.sums),
        "urls": made.hashes["url"].repeats(),
        "told": made.hashes["caption"].repeats(),
        "sizes": made.sizes.pairs().rows(),
        **tables,
    }


@settings(max_examples=5)
@given(ROWS, st.lists(st.integers(0, 30), max_size=5))
def test_a_collection_is_counted_the_same_in_any_pieces(rows: list[Row], cuts: list[int]) -> None:
    ends = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [rows[start:end] for start, end in pairwise(ends)]
    with TemporaryDirectory() as folder:
        whole = counted([rows], Path(folder) / "whole")
        assert counted(parts, Path(folder) / "pieces") == whole
    assert whole["rows"] == len(rows)


def test_what_a_source_never_says_is_not_counted(tmp_path: Path) -> None:
    row: Row = ("https://a.org/1.jpg", None, None, "a", "CC0", "en", 0.1, 0.1, 0.1, 5.0)
    found = counted([[row]], tmp_path, BARE)
    assert set(found) == {"rows", "sums", "urls", "told", "sizes", "captions", "hosts", "endings", "license"}
    assert found["license"] == [("CC0", 1)]


def test_scores_are_counted_in_thousandths_up_to_a_bound(tmp_path: Path) -> None:
    scores = [0.3, 0.2996, 0.3004, 0.3006, 0.0, -0.0004, None, None, 7.123456, -2.5, 1e6, 1e300, -1e300, 123_456.7891]
    rows: list[Row] = [("", None, None, None, None, None, score, *[None] * 3) for score in scores]
    often, once = [(300, 3), (0, 2), (10**9, 2), (None, 2)], [-(10**9), -2500, 301, 7123, 123_456_789]
    assert counted([rows], tmp_path)["similarity"] == [*often, *((score, 1) for score in once)]


def test_repeats_are_those_of_urls_and_captions_that_are_there(tmp_path: Path) -> None:
    urls = ["https://a.org/1", "https://a.org/1", "https://A.org/1", "", "", None]
    captions = ["a", "b", "a", " ", " ", None]
    rows: list[Row] = [(*pair, *[None] * 6) for pair in zip(urls, [None] * 6, [None] * 6, captions, strict=True)]
    found = counted([rows], tmp_path)
    assert (found["urls"], found["told"]) == ((3, 2, 2), (3, 2, 2))
    assert {key: found["sums"][key] for key in ("no_url", "blank")} == {"no_url": 3, "blank": 3}


@pytest.mark.parametrize("caption", [None, "", " ", "\n\t", "\u2003\u00a0"])
def test_a_caption_of_blanks_is_no_caption_and_has_no_length(caption: str | None, tmp_path: Path) -> None:
    found = counted([[("", None, None, caption, *[None] * 6)]], tmp_path)
    assert (found["sums"]["blank"], found["captions"]) == (1, [(0, 1)])


def test_a_caption_is_as_long_as_its_letters(tmp_path: Path) -> None:
    rows: list[Row] = [("", None, None, caption, *[None] * 6) for caption in ("größer", "日落", "👍", " a ")]
    assert counted([rows], tmp_path)["captions"] == [(1, 1), (2, 1), (3, 1), (6, 1)]


HOSTS = {
    "https://example.org/a.jpg": "example.org",
    "HTTPS://Example.ORG/A.JPG": "example.org",
    "http://example.org": "example.org",
    "http://e.org": "e.org",
    "http://a/b": "a",
    "https://e.org.": "e.org",
    "https://e.org?from=/a/b": "e.org",
    "https://e.org#/a/b": "e.org",
    "https://e.org:8443/a": "e.org",
    "https://user@e.org/a": "e.org",
    "https://user:word@e.org:80/a": "e.org",
    "https://e.org/user@other.org/a": "e.org",
    "https://e.org/http://other.org/a": "e.org",
    "https://münchen.example/straße/ü.jpg": "münchen.example",
    "https://例え.テスト/画像/あ.jpg": "例え.テスト",
    "ftp://e.org/a": None,
    "http:///a/b": None,
    "https://": None,
    "photos/2020/1.jpg": None,
    "/home/somebody/1.jpg": None,
    "1.jpg": None,
    "data:image/png;base64,AAAA": None,
    "//e.org/a.jpg": None,
}


@pytest.mark.parametrize("url", HOSTS)
def test_a_host_is_that_of_its_url_or_there_is_none(url: str, tmp_path: Path) -> None:
    made = CollectionCounts(ALL, PURPOSES, tmp_path)
    made.add(made.count(framed([(url, *[None] * 9)]).select(made.columns)))
    found = stats.hosts(made.values["origin"], {}, Estimator(None))
    assert found["top hosts"] == ({HOSTS[url]: Estimate(1.0)} if HOSTS[url] else {})
    assert found["not of the web"] == Estimate(0.0 if HOSTS[url] else 1.0)


def test_rows_without_a_url_have_no_host(tmp_path: Path) -> None:
    made = CollectionCounts(ALL, PURPOSES, tmp_path)
    made.add(made.count(framed([(None, *[None] * 9), ("", *[None] * 9)]).select(made.columns)))
    assert made.values["origin"].counted().rows() == []


def drawn(size: int, seed: int, frames: list[int]) -> list[int]:
    """The numbers of the rows that are drawn of frames of such heights."""
    rows = pl.DataFrame({"row": range(sum(frames))}, schema={"row": pl.Int64})
    return sampled(size, seed, rows, frames)["row"].to_list()


def sampled(size: int, seed: int, rows: pl.DataFrame, frames: list[int]) -> pl.DataFrame:
    """The rows that are drawn, where the frames have such heights; two are always looked at before one is taken."""
    sample, starts = Sample(size, seed), list(accumulate(frames, initial=0))
    numbered = list(sample.numbered(rows[start:end] for start, end in pairwise(starts)))
    assert ([first for first, _ in numbered], sample.rows) == (starts[:-1], len(rows))
    for at in range(0, len(numbered), 2):
        for drawn in [sample.candidates(*one) for one in numbered[at : at + 2]]:
            sample.add(drawn)
    return sample.drawn()


def surprise(found: list[int], wanted: float) -> float:
    """Chi square of counts that should be equal."""
    return sum((count - wanted) ** 2 / wanted for count in found)


@given(st.lists(st.integers(0, 90), min_size=1, max_size=12), st.integers(1, 60), st.integers(0, 2**63))
def test_the_rows_do_not_depend_on_the_frames(frames: list[int], size: int, seed: int) -> None:
    whole = [sum(frames)]
    if whole != [0]:
        assert drawn(size, seed, frames) == drawn(size, seed, whole)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**63))
def test_there_are_as_many_as_wanted_or_all_each_once_and_in_order(rows: int, size: int, seed: int) -> None:
    found = drawn(size, seed, [rows // 2, rows - rows // 2])
    assert len(found) == min(size, rows)
    assert all(before < after for before, after in pairwise(found))
    assert set(found) <= set(range(rows))


def test_all_rows_are_drawn_where_they_are_few() -> None:
    assert drawn(1000, 0, [3, 0, 4]) == list(range(7))


def test_all_columns_of_a_row_stay_together_as_they_are() -> None:
    rows = pl.DataFrame({"row": range(500), "text": [None if n % 3 else f"{n}" for n in range(500)]})
    found = sampled(50, 7, rows, [60] * 8 + [20])
    assert found.equals(rows.filter(pl.col("row").is_in(found["row"].implode())))
    assert found.columns == rows.columns


def test_another_seed_draws_other_rows() -> None:
    samples = [set(drawn(100, seed, [10_000])) for seed in range(20)]
    shared = [len(one & other) for one, other in pairwise(samples)]
    assert max(shared) < 10, "1 of 100 is to be expected"


def test_a_larger_sample_holds_the_smaller_one_of_its_seed() -> None:
    assert set(drawn(50, 3, [400, 600])) < set(drawn(80, 3, [1000]))


def test_each_row_is_drawn_as_often_as_any_other() -> None:
    found = [row for seed in range(400) for row in drawn(10, seed, [30, 20])]
    often = [found.count(row) for row in range(50)]
    assert 20 < surprise(often, 80) < 70, "chi square of 49 degrees is 39 on average here, 0.8 * 49"


def test_neighbours_are_not_drawn_together_more_often_than_others() -> None:
    samples = [drawn(10, seed, [50]) for seed in range(400)]
    near = sum(after - before == 1 for sample in samples for before, after in pairwise(sample))
    assert near == pytest.approx(400 * 49 * (10 * 9) / (50 * 49), rel=0.12)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_sample_of_many_rows_is_spread_evenly(seed: int) -> None:
    found = drawn(2000, seed, [7000] * 20)
    blocks = [sum(start <= row < start + 7000 for row in found) for start in range(0, 140_000, 7000)]
    digits = [sum(row % 10 == digit for row in found) for digit in range(10)]
    assert surprise(blocks, 100) < 43.8, "one in a thousand of 19 degrees is more"
    assert surprise(digits, 200) < 27.9, "one in a thousand of 9 degrees is more"
