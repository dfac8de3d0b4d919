"""Images that must stand on one side: those that share a host, an author, an album, directly or through others.

The images are taken one by one, those that the lists tell first, then by id; each joins the keys it has. A newcomer
that would join keys of two zones is rejected. What is joined is named by the first of its keys in the order of their
hashes. So with one column the name, and with it the zone, never changes; with several a newcomer may join what was
apart, and then only what the lists tell stays where it was.
"""

import hashlib

import pandas as pd

from native4k.dataset.released import TWO
from native4k.errors import UserError


def keys(table: pd.DataFrame, columns: list[str]) -> list[tuple[str, ...]]:
    """What each image shares with others; an empty value is shared with nobody."""
    parts = [[f"{name}:{value}" if value else "" for value in _values(table, name)] for name in columns]
    return [tuple(filter(None, row)) for row in zip(*parts, strict=True)]


def _values(table: pd.DataFrame, name: str) -> list[str]:
    if name == "host" and name not in table:
        import polars as pl

        from native4k.metadata import urls

        found = pl.DataFrame({"url": table["url"].tolist()}, schema={"url": pl.String})
        return found.select(urls.host(pl.col("url")).fill_null(""))["url"].to_list()
    if name not in table:
        raise UserError(f"params split.together: no column {name!r}; there are: host, {', '.join(map(str, table))}")
    return ["" if pd.isna(value) else str(value) for value in table[name]]


class Sides:
    """Keys that were joined, and the zone that released images gave them."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}
        self.zone: dict[str, str] = {}

    def find(self, key: str) -> str:
        """What the key was joined to."""
        root = key
        while (above := self.parent.setdefault(root, root)) != root:
            root = above
        while self.parent[key] != root:
            self.parent[key], key = root, self.parent[key]
        return root

    def join(self, shared: tuple[str, ...], told: str, listed: bool) -> str:
        """The zone of an image with these keys, empty if nobody gave it one; `two` joins nothing."""
        roots = {self.find(key) for key in shared} if told != TWO else set()
        zones = ({self.zone.get(root, "") for root in roots} | {told}) - {""}
        if len(zones) > 1 and listed:  # it stays; what cannot be changed is noted, so that no newcomer adds to it
            self.zone |= {root: told if self.zone.get(root, "") in {"", told} else TWO for root in roots}
            return told
        if len(zones) > 1 or TWO in zones:
            return TWO
        zone = zones.pop() if zones else ""
        for root in roots:
            self.parent[root] = first = min(roots)
            self.zone[first] = zone
        return zone


def together(
    table: pd.DataFrame, told: pd.Series, listed: pd.Series, columns: list[str]
) -> tuple[pd.Series, pd.Series]:
    """Of each row the zone that it is told, directly or through others, and the name of what it was joined to."""
    shared = pd.Series(keys(table, columns), index=table.index, dtype="object")
    sides = Sides()
    order = table.assign(newcomer=~listed).sort_values(["newcomer", "id"]).index
    zones = {row: sides.join(shared[row], told[row], listed[row]) for row in order}
    names: dict[str, str] = {}
    for key in sides.parent:
        root, name = sides.find(key), hashlib.sha256(key.encode()).hexdigest()
        names[root] = min(name, names.get(root, name))
    roots = [sides.find(row[0]) if row else "" for row in shared]
    late = [sides.zone.get(root, "") for root in roots]  # joined afterwards to what was told
    ends = [zones[row] or zone for row, zone in zip(table.index, late, strict=True)]
    called = [names.get(root, "") for root in roots]
    return pd.Series(ends, index=table.index, dtype="str"), pd.Series(called, index=table.index, dtype="str")
