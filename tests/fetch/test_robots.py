"""What a host asks of robots, as RFC 9309 reads it, and the tags of its answers."""

import pytest

from native4k.fetch import robots


def allows(text: str, path: str) -> bool:
    return robots.allows(robots.parse(text, "native4k"), path)


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /private", "/privately/a", False),
        ("User-agent: *\nDisallow: /private/", "/privately/a", True),
        ("USER-AGENT: *\r\nDISALLOW: /\r\nALLOW: /public", "/public/a", True),
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),
        ("User-agent: *\nDisallow: /a/b\nAllow: /a", "/a/b/c", False),
        ("User-agent: *\nDisallow: /*.png$", "/a/b.png", False),
        ("User-agent: *\nDisallow: /*.png$", "/a/b.png?x=1", True),
        ("User-agent: *\nDisallow: /*/b*c", "/a/bxc", False),
        ("User-agent: *\nDisallow: /a*a$", "/a", True),
        ("User-agent: *\nDisallow: /*?size=", "/a?size=2", False),
        ("User-agent: *\nDisallow: /%7Ejoe/b%C3%BCcher", "/~joe/bücher", False),
        ("User-agent: native4k\nDisallow: /a\n\nUser-agent: *\nDisallow: /", "/b", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Native4K\nDisallow: /a", "/b", True),
        ("User-agent: a\nUser-agent: native4k\nDisallow: /\n", "/b", False),
        ("User-agent: a\nDisallow: /x\nUser-agent: native4k\nDisallow: /\n", "/b", False),
        ("User-agent: native4kids\nDisallow: /", "/b", True),
        ("\ufeffUser-agent: * # all\nDisallow: /a # and below", "/a/b", False),
        ("Disallow: /", "/a", True),
        ("<!doctype html><p>Disallow: /</p>", "/a", True),
        ("User-agent\nDisallow /\n:::\n\0\0\0", "/a", True),
        ("User-agent: *\nSitemap: x\nCrawl-delay: 9\nDisallow: /", "/a", False),
    ],
)
def test_rules_are_read_as_the_standard_says(text: str, path: str, expected: bool) -> None:
    assert allows(text, path) is expected


def test_no_rule_takes_long() -> None:
    assert allows("User-agent: *\nDisallow: /" + "*a" * 2000 + "$", "/" + "a" * 2000 + "b")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], ""),
        ([""], ""),
        (["all"], ""),
        (["noai"], "noai"),
        (["NoImageAI"], "noai"),
        (["noindex"], "noindex"),
        (["none"], "noindex"),
        (["nofollow, noindex"], "noindex"),
        (["noindex", "noai"], "noai"),
        (["native4k: noai, nofollow"], "noai"),
        (["googlebot: noai, noindex"], ""),
        (["googlebot: nofollow", "noindex"], "noindex"),
        (["googlebot: nofollow, native4k: noindex"], "noindex"),
        (["max-snippet: 9, noai"], "noai"),
        (["unavailable_after: 25 Jun 2010 15:00:00 PST, noindex"], "noindex"),
        (["noindexing"], ""),
    ],
)
def test_tags_mean_a_status_for_us_alone(values: list[str], expected: str) -> None:
    assert robots.x_robots_status(values, "native4k") == expected
