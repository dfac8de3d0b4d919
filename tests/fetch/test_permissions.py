"""Opt-out lists, robots.txt as RFC 9309 reads it, and X-Robots-Tag."""

import re
from pathlib import Path

import pytest

from native4k.errors import UserError
from native4k.fetch import permissions
from native4k.metadata.urls import identify


def test_a_line_is_a_url_a_host_or_an_id_and_the_lists_are_merged(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(
        "# those who wrote to us\n\n"
        "https://example.org/a.jpg?size=1#top\n"
        "  HTTP://Example.org:80/b.jpg  # asked in May\n"
        "Photos.Example.net\t# and everything below it\n"
        "0123456789abcdef\n"
    )
    (tmp_path / "two.txt").write_bytes(
        b"\xef\xbb\xbfhttps://example.org/b.jpg?utm_source=x\r\nphotos.example.net\r\nmy-site.example"
    )
    (tmp_path / "empty.txt").touch()
    assert permissions.read_opt_out(
        [tmp_path / "one.txt", tmp_path / "two.txt", tmp_path / "empty.txt"]
    ) == permissions.OptOut(
        ids={
            "0123456789abcdef",
            identify("web", "https://example.org/a.jpg?size=1"),
            identify("web", "https://example.org/b.jpg"),
        },
        hosts={"photos.example.net", "my-site.example"},
    )


def test_no_lists_name_nobody() -> None:
    assert permissions.read_opt_out([]) == permissions.OptOut(set(), set())


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("example", "URL"),
        ("0123456789abcdef0", "URL"),
        ("0123456789ABCDEF", "URL"),
        ("example.org/a.jpg", "URL"),
        ("*.example.org", "URL"),
        ("two.example words.example", "URL"),
        ("s3://bucket/a.jpg", "URL of the web"),
        ("ftp://example.org/a.jpg", "URL of the web"),
        ("https://", "URL of the web"),
        ("see https://example.org/a.jpg", "URL of the web"),
    ],
)
def test_a_line_that_is_none_of_these_is_named(tmp_path: Path, line: str, what: str) -> None:
    path = tmp_path / "out.txt"
    path.write_text(f"# a remark\nexample.org\n{line}\nhttps://example.org/a.jpg\n")
    message = f"{path}: line 3: {line!r} is no {what}, host or id of 16 hex digits"
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        permissions.read_opt_out([path])


def test_a_list_that_is_not_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_bytes(b"example.org\nm\xfcller.example\n")
    with pytest.raises(UserError, match=r"out\.txt: not UTF-8 \(invalid start byte\); convert the file"):
        permissions.read_opt_out([tmp_path / "out.txt"])


def allows(text: str, path: str) -> bool:
    return permissions.allows(permissions.parse_robots(text, "native4k"), path)


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
    assert permissions.x_robots_status(values, "native4k") == expected
