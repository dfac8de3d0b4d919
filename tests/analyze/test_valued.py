"""Values are counted as by a Counter, however far apart; endings are those of the files that URLs name."""

from collections import Counter

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from native4k.analyze import valued
from native4k.analyze.tally import ALWAYS, derived
from native4k.metadata.columns import COLUMNS

NUMBERS = st.none() | st.integers(-5, 5) | st.integers(-(2**40), 2**40)
URLS = (
    st.sampled_from(["https://a.org/1.jpg", "http://b.org/2.PNG?x=1", "photos/3.tif", "", "ftp://c.org/x"]) | st.text()
)


@example([0, 2**20 - 1])
@example([-1, 2**20 - 1, None])
@example([None])
@given(st.lists(NUMBERS, max_size=20))
def test_whole_numbers_are_counted_as_by_a_counter(numbers: list[int | None]) -> None:
    found = valued.numbers(pl.Series("number", numbers, pl.Int64))
    assert found.schema == {"number": pl.Int64, "rows": pl.Int64}
    assert dict(found.rows()) == Counter(numbers)


@given(st.lists(st.none() | st.floats(-3, 3), max_size=20))
def test_scores_are_counted_in_thousandths(scores: list[float | None]) -> None:
    found = valued.stepped(pl.Series("score", scores, pl.Float64))
    assert dict(found.rows()) == Counter(score and round(score * valued.STEPS) for score in scores)


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
    assert valued.endings(rows).select("ending", "rows").rows() == [(ENDINGS[url], 1)]


@given(st.lists(st.none() | URLS, max_size=20))
def test_every_row_has_an_ending_or_none(urls: list[str | None]) -> None:
    rows = derived(framed(urls))
    assert valued.endings(rows)["rows"].sum() == len(urls)
