"""ValueCounts are those of a Counter, and repeats those of brute force, however the rows come in."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from native4k.analyze import value_counts
from native4k.analyze.collection_counts import ALWAYS, derived
from native4k.analyze.value_counts import Hashes, Repeats, ValueCounts
from native4k.metadata.columns import COLUMNS

WORDS = st.none() | st.sampled_from("abcde") | st.text(max_size=2)
PARTS = st.lists(st.lists(WORDS, max_size=12), min_size=1, max_size=12)
ENDS = [0, 1, 2**56 - 1, 2**56, 2**63, 2**64 - 2, 2**64 - 1]
NUMBERS = st.lists(st.sampled_from(ENDS) | st.integers(0, 2**64 - 1), max_size=30)


def added(parts: list[list[str | None]], limit: int = 1000) -> ValueCounts:
    made = ValueCounts("word", limit=limit)
    for part in parts:
        words = pl.DataFrame({"word": part}, schema={"word": pl.String})
        made.add(words.with_columns(rows=pl.lit(1, pl.Int64)))
    return made


def ordered(made: ValueCounts) -> list[tuple[Any, int]]:
    """The values with their rows, the most frequent first."""
    return sorted(made.counted().rows(), key=lambda row: (-row[1], row[0]))


def repeats(parts: list[list[int]], folder: Path) -> Repeats:
    made = Hashes(folder)
    for part in parts:
        made.add(np.array(part, dtype=np.uint64))
    return made.repeats()


@given(PARTS)
def test_values_are_counted_as_by_a_counter(parts: list[list[str | None]]) -> None:
    found = added(parts).counted().rows()
    assert sorted(found, key=repr) == sorted(Counter(word for part in parts for word in part).items(), key=repr)


def test_values_that_are_counted_already_are_taken_in_with_their_rows() -> None:
    made = ValueCounts("word")
    made.add(pl.DataFrame({"word": ["a", "b", "a"], "rows": [3, 4, 1]}))
    made.add(pl.DataFrame({"word": ["b"], "rows": [5]}))
    assert ordered(made) == [("b", 9), ("a", 4)]


def test_nothing_to_count_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="no rows to count word of"):
        ValueCounts("word").counted()


def test_the_rarest_values_beyond_the_limit_lose_their_names() -> None:
    made = added([list("aaaaabbbbcccdde")], limit=4)
    assert (ordered(made), made.unnamed) == ([("a", 5), ("b", 4)], 6)


def test_as_many_values_as_the_limit_keep_their_names() -> None:
    made = added([list("aaaaabbbbcccdd")], limit=4)
    assert (ordered(made), made.unnamed) == ([("a", 5), ("b", 4), ("c", 3), ("d", 2)], 0)


@given(PARTS, st.integers(2, 8))
def test_no_row_is_lost_with_its_name_and_none_is_counted_twice(parts: list[list[str | None]], limit: int) -> None:
    made = added(parts, limit)
    found = dict(made.counted().rows())
    true = Counter(word for part in parts for word in part)
    assert sum(found.values()) + made.unnamed == true.total()
    assert len(found) <= limit
    assert all(rows <= true[word] for word, rows in found.items())


def test_a_value_that_is_frequent_throughout_keeps_its_name_and_all_its_rows() -> None:
    made = added([["a", "a", "a", f"{n}", f"{n}'"] for n in range(50)], limit=6)
    assert ordered(made)[0] == ("a", 150)
    assert sum(made.counted()["rows"]) + made.unnamed == 250


@settings(max_examples=15)
@given(st.lists(NUMBERS, max_size=6), st.integers(1, 25))
def test_repeats_are_those_of_brute_force_over_any_shares(parts: list[list[int]], held: int) -> None:
    counted = Counter(number for part in parts for number in part).values()
    wanted = Repeats(sum(counted), len(counted), sum(rows for rows in counted if rows > 1))
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(value_counts, "AT_ONCE", held)
        patch.setattr(value_counts, "BLOCK", 1 + held // 2)
        assert repeats(parts, Path(folder) / "hashes") == wanted


def test_the_least_and_the_greatest_hash_repeat_as_others_do(tmp_path: Path) -> None:
    assert repeats([ENDS, [0, 2**64 - 1], [0]], tmp_path / "hashes") == Repeats(10, 7, 5)


def test_without_hashes_nothing_repeats(tmp_path: Path) -> None:
    assert repeats([], tmp_path / "none") == repeats([[], []], tmp_path / "empty") == Repeats(0, 0, 0)


def test_hashes_of_another_run_are_not_counted_with_ours(tmp_path: Path) -> None:
    repeats([[1, 2]], tmp_path / "hashes")
    with pytest.raises(FileExistsError):
        Hashes(tmp_path / "hashes")


INTEGERS = st.none() | st.integers(-5, 5) | st.integers(-(2**40), 2**40)
URLS = (
    st.sampled_from(["https://a.org/1.jpg", "http://b.org/2.PNG?x=1", "photos/3.tif", "", "ftp://c.org/x"]) | st.text()
)


@example([0, 2**20 - 1])
@example([-1, 2**20 - 1, None])
@example([None])
@given(st.lists(INTEGERS, max_size=20))
def test_whole_numbers_are_counted_as_by_a_counter(numbers: list[int | None]) -> None:
    found = value_counts.count_integers(pl.Series("number", numbers, pl.Int64))
    assert found.schema == {"number": pl.Int64, "rows": pl.Int64}
    assert dict(found.rows()) == Counter(numbers)


@given(st.lists(st.none() | st.floats(-3, 3), max_size=20))
def test_scores_are_counted_in_thousandths(scores: list[float | None]) -> None:
    found = value_counts.count_scores(pl.Series("score", scores, pl.Float64))
    assert dict(found.rows()) == Counter(score and round(score * value_counts.STEPS) for score in scores)


def framed(urls: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame({"url": urls}, {"url": pl.String}).with_columns(
        pl.lit(None, COLUMNS[name]).alias(name) for name in ALWAYS[1:]
    )


ENDINGS = {
    "https://e.org/a.jpg": "jpg",
    "https://e.org/a.JPEG": "jpeg",
    "https://e.org/a.b/c.webp": "webp",
    "https://e.org/a.tar.xhtml": "xhtml",
    "https://e.org/a.png?w=100&v=1.2": "png",
    "https://e.org/a.png?": "png",
    "https://e.org/a.png?next=/b.jpg": "png",
    "https://e.org/image?file=b.jpg": None,
    "https://e.org/a.gif#top": "gif",
    "https://e.org/a.gif#top?x": "gif",
    "https://e.org/a.gif?x#top": "gif",
    "https://e.org/a": None,
    "https://e.org/a.": None,
    "https://e.org/a.j": None,
    "https://e.org/a.abcdef": None,
    "https://e.org/.jpg/": None,
    "https://e.org/": None,
    "https://e.org": None,
    "https://e.org?a=1.jpg": None,
    "https://example.com:8080": None,
    "photos/1.tiff": "tiff",
    "1.bmp": "bmp",
    "data:image/png;base64,AAAA": None,
    "https://e.org/straße/ü.jpg": "jpg",
    "": None,
    None: None,
}


@pytest.mark.parametrize("url", ENDINGS)
def test_an_ending_is_that_of_the_file_that_the_url_names(url: str | None) -> None:
    rows = derived(framed([url]))
    assert value_counts.count_endings(rows).select("ending", "rows").rows() == [(ENDINGS[url], 1)]


@given(st.lists(st.none() | URLS, max_size=20))
def test_every_row_has_an_ending_or_none(urls: list[str | None]) -> None:
    rows = derived(framed(urls))
    assert value_counts.count_endings(rows)["rows"].sum() == len(urls)
