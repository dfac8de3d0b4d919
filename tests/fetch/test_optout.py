"""Lists of those who want to be left alone: what a line may be, and one line where it is none of that."""

import re
from pathlib import Path

import pytest

from native4k.errors import UserError
from native4k.fetch import optout
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
    assert optout.read([tmp_path / "one.txt", tmp_path / "two.txt", tmp_path / "empty.txt"]) == optout.OptOut(
        ids={
            "0123456789abcdef",
            identify("web", "https://example.org/a.jpg?size=1"),
            identify("web", "https://example.org/b.jpg"),
        },
        hosts={"photos.example.net", "my-site.example"},
    )


def test_no_lists_name_nobody() -> None:
    assert optout.read([]) == optout.OptOut(set(), set())


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
        optout.read([path])


def test_a_list_that_is_not_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_bytes(b"example.org\nm\xfcller.example\n")
    with pytest.raises(UserError, match=r"out\.txt: not UTF-8 \(invalid start byte\); convert the file"):
        optout.read([tmp_path / "out.txt"])
