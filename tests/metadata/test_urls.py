"""URLs that name one file have one spelling and one id, and others keep theirs."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from native4k.metadata import urls

WORDS = st.text("abcXYZ019-_.~%", min_size=1, max_size=8)
PATHS = st.lists(WORDS, max_size=3).map(lambda words: "/" + "/".join(words))
NAMES = st.sampled_from(["id", "w", "size", "q"])
QUERIES = st.lists(st.tuples(NAMES, WORDS).map("=".join), max_size=3)
TRACKERS = st.sampled_from(["utm_source=x", "utm_medium=mail", "UTM_Campaign=1", "gclid=abc", "fbclid=1"])
ANYTHING = st.builds(
    "".join, st.lists(st.sampled_from([*"hHtpsS:/?#&=@. a1", "utm_id=1", "http://e", ":80", "\u2003"]))
)


def normalised(url: str | None) -> str | None:
    """The one spelling of a URL."""
    return pl.Series("url", [url], pl.String).to_frame().select(urls.normalised(pl.col("url"))).item()


@given(st.builds("{}://{}{}".format, st.sampled_from(["http", "https", "httpss"]), WORDS, ANYTHING | PATHS) | ANYTHING)
def test_a_url_that_is_plain_already_is_told_without_respelling_it(url: str) -> None:
    slowly = pl.DataFrame({"url": [url]}).select(urls.normalised_slowly(pl.col("url"))).item()
    assert normalised(url) == slowly


def asked(path: str, query: list[str]) -> str:
    """A path with its query."""
    return path + ("?" + "&".join(query) if query else "")


@given(PATHS, QUERIES)
def test_scheme_case_port_and_fragment_do_not_matter(path: str, query: list[str]) -> None:
    tail = asked(path, query)
    same = [f"http://Example.org{tail}", f"HTTPS://example.ORG:443{tail}", f"http://example.org:80{tail}#top"]
    assert [normalised(url) for url in same] == [normalised(f"https://example.org{tail}")] * 3


@given(PATHS, QUERIES, TRACKERS, st.integers(0, 3))
def test_tracking_parameters_do_not_matter(path: str, query: list[str], tracker: str, place: int) -> None:
    tracked = [*query[:place], tracker, *query[place:]]
    assert normalised("https://e.org" + asked(path, tracked)) == normalised("https://e.org" + asked(path, query))


@given(PATHS, QUERIES, QUERIES)
def test_other_parameters_matter(path: str, one: list[str], other: list[str]) -> None:
    found = [normalised("https://e.org" + asked(path, query)) for query in (one, other)]
    assert (found[0] == found[1]) == (one == other)


@given(st.builds("http://e.org{}".format, ANYTHING) | ANYTHING | st.builds("https://{}".format, st.text()))
def test_a_normalised_url_stays_as_it_is(url: str) -> None:
    once = normalised(url)
    assert normalised(once) == once


def test_urls_that_can_be_fetched_are_told_from_others() -> None:
    good = ["http://e.org", "HTTPS://e.org:8080/a b?c#d", "http://user:word@e.org/"]
    bad = ["", "e.org/a.jpg", "ftp://e.org/", "http://", "http:///a", "http://e.org/\x07", "data:image/png;base64,"]
    frame = pl.DataFrame({"url": [*good, *bad, None]})
    assert frame.select(urls.fetchable(pl.col("url"))).to_series().to_list() == [True] * 3 + [False] * 7 + [None]


def test_a_host_is_below_its_domains_and_no_others() -> None:
    frame = pl.DataFrame({"url": ["http://E.org.", "http://u:p@a.b.e.org:80/x", "http://note.org/e.org", None]})
    hosts = frame.select(urls.host(pl.col("url")))
    assert hosts.to_series().to_list() == ["e.org", "a.b.e.org", "note.org", None]
    found = hosts.select(urls.below(pl.col("url"), pl.Series(["e.org"]))).to_series().fill_null(value=False)
    assert found.to_list() == [True, True, False, False]


def test_an_id_is_sixteen_hex_digits_of_the_normalised_url_or_of_source_and_path_for_ever() -> None:
    assert urls.identify("web", "https://example.org/a.jpg") == "700caca5ae8f856f"
    same = ["http://example.org/a.jpg", " HTTPS://Example.org:443/a.jpg#b ", "https://example.org/a.jpg?utm_source=c"]
    assert {urls.identify("another", url) for url in same} == {"700caca5ae8f856f"}
    assert urls.identify("web", "https://example.org/A.jpg") != "700caca5ae8f856f"
    assert urls.identify("folder", "deep/a.png") == "bcb81f460400c526"
    assert urls.identify("folder", "deep/a.png") == urls.hash_names(pl.Series(["folder\ndeep/a.png"])).item()
    assert urls.identify("journeydb", "deep/a.png") != "bcb81f460400c526"
