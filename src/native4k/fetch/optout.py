"""Lists of images that somebody wants left alone: one URL, host or id a line."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from native4k.errors import UserError
from native4k.metadata import urls

ID = re.compile(r"[0-9a-f]{16}")
HOST = re.compile(r"(?i)^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$")


class OptOut(NamedTuple):
    """What the lists name."""

    ids: set[str]
    hosts: set[str]

    def names(self, host: str) -> bool:
        """Whether a host is one of those named, or below one."""
        labels = host.split(".")
        return any(".".join(labels[start:]) in self.hosts for start in range(len(labels)))


def read(paths: Sequence[Path]) -> OptOut:
    """The lists merged; text after # is a remark."""
    ids, hosts, links = set(), set(), dict[str, str]()
    for path in paths:
        for number, line in enumerate(_text(path).splitlines(), start=1):
            words = re.sub(r"(?:^|\s)#.*", "", line).strip()
            if ID.fullmatch(words):
                ids.add(words)
            elif "://" in words:
                links[words] = f"{path}: line {number}"
            elif HOST.fullmatch(words):
                hosts.add(words.lower())
            elif words:
                raise UserError(f"{path}: line {number}: {words!r} is no URL, host or id of 16 hex digits")
    same = pl.DataFrame({"url": sorted(links)}, schema={"url": pl.String}).with_columns(
        web=urls.fetchable(pl.col("url")), same=urls.normalised(pl.col("url"))
    )
    for url in same.filter(~pl.col("web"))["url"]:
        raise UserError(f"{links[url]}: {url!r} is no URL of the web, host or id of 16 hex digits")
    return OptOut(ids | {hashlib.sha256(url.encode()).hexdigest()[:16] for url in same["same"]}, hosts)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 ({error.reason}); convert the file") from None
