"""Lists of images that somebody wants left alone: one URL, host or id a line."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from native4k.errors import UserError

ID = re.compile(r"[0-9a-f]{16}")
HOST = re.compile(r"(?i)^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$")

KINDS = "host or id of 16 hex digits"


class Line(NamedTuple):
    """Where a line stands, and its words."""

    where: str
    words: str


class OptOut(NamedTuple):
    """What the lists name."""

    ids: set[str]
    hosts: set[str]

    def names(self, host: str) -> bool:
        """Whether a host is one of those named, or below one."""
        labels = host.split(".")
        return any(".".join(labels[start:]) in self.hosts for start in range(len(labels)))


def read(paths: Sequence[Path]) -> OptOut:
    """The lists merged."""
    return parse_lines([line for path in paths for line in lines(path)], KINDS)


def lines(path: Path) -> list[Line]:
    """The lines of a list that are not empty; text after # is a comment."""
    stripped = (re.sub(r"(?:^|\s)#.*", "", line).strip() for line in _text(path).splitlines())
    return [Line(f"{path}: line {number}", words) for number, words in enumerate(stripped, start=1) if words]


def parse_lines(lines: Sequence[Line], kinds: str) -> OptOut:
    """The ids and hosts that lines name; a line that names neither is an error that lists the kinds."""
    ids, hosts, links = set(), set(), dict[str, str]()
    for where, words in lines:
        if ID.fullmatch(words):
            ids.add(words)
        elif "://" in words:
            links[words] = where
        elif HOST.fullmatch(words):
            hosts.add(words.lower())
        else:
            raise UserError(f"{where}: {words!r} is no URL, {kinds}")
    return OptOut(ids | (_ids_of(links, kinds) if links else set()), hosts)


def _ids_of(links: dict[str, str], kinds: str) -> set[str]:
    """The ids of images at these URLs."""
    import polars as pl

    from native4k.metadata import urls

    same = pl.DataFrame({"url": sorted(links)}, schema={"url": pl.String}).with_columns(
        web=urls.fetchable(pl.col("url")), same=urls.normalised(pl.col("url"))
    )
    for url in same.filter(~pl.col("web"))["url"]:
        raise UserError(f"{links[url]}: {url!r} is no URL of the web, {kinds}")
    return set(urls.hash_names(same["same"]))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 ({error.reason}); convert the file") from None
