"""What may not be fetched: opt-out lists (one URL, host or id a line), robots.txt (RFC 9309) and X-Robots-Tag."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from native4k.errors import UserError

ID = re.compile(r"[0-9a-f]{16}")
HOST = re.compile(r"(?i)^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$")

ENTRIES = "host or id of 16 hex digits"
"""What a line of an opt-out list may be beside a URL, as errors say it."""


class Line(NamedTuple):
    """A line of a list without its comment, and the file and number to name in an error."""

    place: str
    entry: str


class OptOut(NamedTuple):
    """The ids and hosts that lists name."""

    ids: set[str]
    hosts: set[str]

    def names(self, host: str) -> bool:
        """Whether a host is one of those named, or below one."""
        labels = host.split(".")
        return any(".".join(labels[start:]) in self.hosts for start in range(len(labels)))


def read_opt_out(paths: Sequence[Path]) -> OptOut:
    """Read and merge the lists."""
    return parse_lines([line for path in paths for line in read_lines(path)], ENTRIES)


def read_lines(path: Path) -> list[Line]:
    """Read the lines of a list that are not empty; text after # is a comment."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 ({error.reason}); convert the file") from None
    entries = (re.sub(r"(?:^|\s)#.*", "", line).strip() for line in text.splitlines())
    return [Line(f"{path}: line {number}", entry) for number, entry in enumerate(entries, start=1) if entry]


def parse_lines(lines: Sequence[Line], entries: str) -> OptOut:
    """The ids and hosts that lines name; a line that names neither is an error that lists the possible entries."""
    ids, hosts, places = set(), set(), dict[str, str]()
    for place, entry in lines:
        if ID.fullmatch(entry):
            ids.add(entry)
        elif "://" in entry:
            places[entry] = place
        elif HOST.fullmatch(entry):
            hosts.add(entry.lower())
        else:
            raise UserError(f"{place}: {entry!r} is no URL, {entries}")
    return OptOut(ids | (_ids_of(places, entries) if places else set()), hosts)


def _ids_of(places: dict[str, str], entries: str) -> set[str]:
    """The ids of images at URLs; places say where each URL stands."""
    import polars as pl

    from native4k.metadata import urls

    table = pl.DataFrame({"url": sorted(places)}, schema={"url": pl.String}).with_columns(
        web=urls.fetchable(pl.col("url")), normalised=urls.normalised(pl.col("url"))
    )
    for url in table.filter(~pl.col("web"))["url"]:
        raise UserError(f"{places[url]}: {url!r} is no URL of the web, {entries}")
    return set(urls.hash_names(table["normalised"]))


MAX_ROBOTS_BYTES = 512_000
"""Of a robots.txt; RFC 9309 asks for 500 KiB at least, and what is beyond is not read."""

Rule = tuple[str, bool]
"""The start of a path, with * and $ as RFC 9309 has them, and whether it is allowed."""

TAGS = {"noai": "noai", "noimageai": "noai", "noindex": "noindex", "none": "noindex"}
"""Directive of an X-Robots-Tag -> the status it means."""

DIRECTIVES = {*TAGS, "all", "index", "follow", "nofollow", "noarchive", "nosnippet", "notranslate", "noimageindex"}
DIRECTIVES |= {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview", "indexifembedded"}
"""What may stand before a colon or alone and is no robot's name."""


def parse_robots(text: str, agent: str) -> list[Rule]:
    """The rules of a robots.txt for a robot: those of its own groups, or else those for all."""
    groups: dict[str, list[Rule]] = {}
    names: list[str] = []
    open_group = False
    for line in text.lstrip("\ufeff").splitlines():
        key, _, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "user-agent":
            names = [*names, value.lower()] if open_group else [value.lower()]
            open_group = True
            groups.setdefault(names[-1], [])
        elif key in {"allow", "disallow"}:
            open_group = False
            for name in names if value else []:
                groups[name].append((_normalise(value), key == "allow"))
    return groups.get(agent.lower(), groups.get("*", []))


def allows(rules: list[Rule], path: str) -> bool:
    """Whether a path, with its query, may be requested: the longest matching rule decides, Allow before Disallow."""
    path = _normalise(path)
    matching = [(len(start), allowed) for start, allowed in rules if _matches(start, path)]
    return max(matching, default=(0, True))[1]


def _matches(start: str, path: str) -> bool:
    """Whether a path begins as the rule says; piece by piece, so that no rule takes long."""
    whole = start.endswith("$")
    first, *pieces = start.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    place = len(first)
    last = pieces.pop() if pieces and whole else None
    for piece in pieces:
        place = path.find(piece, place)
        if place < 0:
            return False
        place += len(piece)
    if last is not None:
        return len(path) - place >= len(last) and path.endswith(last)
    return not whole or place == len(path)


def _normalise(path: str) -> str:
    """One spelling for a path: what may stand as it is does, the rest is in percent."""
    return quote(unquote_to_bytes(path), safe="/*$?=&;:@!'(),+~")


def x_robots_status(values: Iterable[str], agent: str) -> str:
    """The status that X-Robots-Tag headers mean for a robot; empty if they leave the image to it."""
    found = set()
    for value in values:
        name = ""
        for part in value.split(","):
            first, colon, rest = (text.strip().lower() for text in part.partition(":"))
            if colon and first not in DIRECTIVES and re.fullmatch(r"[\w*.-]+", first):
                name, first = first, rest
            if name in {"", "*", agent.lower()} and first in TAGS:
                found.add(TAGS[first])
    return min(found, default="")
