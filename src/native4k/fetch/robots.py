"""Rules for robots: a host's robots.txt (RFC 9309) and the X-Robots-Tag of its responses."""

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote_to_bytes

MAX_ROBOTS_BYTES = 512_000
"""Of a robots.txt; RFC 9309 asks for 500 KiB at least, and what is beyond is not read."""

Rule = tuple[str, bool]
"""The start of a path, with * and $ as RFC 9309 has them, and whether it is allowed."""

TAGS = {"noai": "noai", "noimageai": "noai", "noindex": "noindex", "none": "noindex"}
"""Directive of an X-Robots-Tag -> the status it means."""

DIRECTIVES = {*TAGS, "all", "index", "follow", "nofollow", "noarchive", "nosnippet", "notranslate", "noimageindex"}
DIRECTIVES |= {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview", "indexifembedded"}
"""What may stand before a colon or alone and is no robot's name."""


def parse(text: str, agent: str) -> list[Rule]:
    """The rules for a robot: those of its own groups, or else those for all."""
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
    fitting = [(len(start), allowed) for start, allowed in rules if _matches(start, path)]
    return max(fitting, default=(0, True))[1]


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
