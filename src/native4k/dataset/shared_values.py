"""Images that must be in one zone: those that share a host, an author, an album, directly or through others.

The images are taken one by one, released ones first, then by id; each joins the keys it has. A newcomer
that would join keys of two zones is rejected. What is joined is named by the first of its keys in the order of their
hashes. So with one column the name, and with it the zone, never changes; with several a newcomer may join what was
apart, and then only what is released stays where it was.
"""

import hashlib

import pandas as pd

from native4k.dataset.released_images import CONFLICT
from native4k.errors import UserError


def keys(table: pd.DataFrame, columns: list[str]) -> list[tuple[str, ...]]:
    """List the values that each image may share with others; an empty value is shared with no image."""
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


class ZoneSets:
    """Disjoint sets of keys (union-find), and the zone that released images gave each set."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}
        self.zone: dict[str, str] = {}

    def find(self, key: str) -> str:
        """Find the root of the key's set."""
        root = key
        while (above := self.parent.setdefault(root, root)) != root:
            root = above
        while self.parent[key] != root:
            self.parent[key], key = root, self.parent[key]
        return root

    def join(self, shared: tuple[str, ...], given: str, listed: bool) -> str:
        """Join the keys of an image and return its zone, empty if none is given; `conflict` joins nothing."""
        roots = {self.find(key) for key in shared} if given != CONFLICT else set()
        zones = ({self.zone.get(root, "") for root in roots} | {given}) - {""}
        if len(zones) > 1 and listed:  # it stays; what cannot be changed is noted, so that no newcomer adds to it
            self.zone |= {root: given if self.zone.get(root, "") in {"", given} else CONFLICT for root in roots}
            return given
        if len(zones) > 1 or CONFLICT in zones:
            return CONFLICT
        zone = zones.pop() if zones else ""
        for root in roots:
            self.parent[root] = first = min(roots)
            self.zone[first] = zone
        return zone


def join_shared(
    table: pd.DataFrame, given: pd.Series, listed: pd.Series, columns: list[str]
) -> tuple[pd.Series, pd.Series]:
    """Find each row's zone, given directly or through shared values, and the name of the set it was joined to."""
    shared = pd.Series(keys(table, columns), index=table.index, dtype="object")
    sets = ZoneSets()
    order = table.assign(newcomer=~listed).sort_values(["newcomer", "id"]).index
    zones = {row: sets.join(shared[row], given[row], listed[row]) for row in order}
    names: dict[str, str] = {}
    for key in sets.parent:
        root, name = sets.find(key), hashlib.sha256(key.encode()).hexdigest()
        names[root] = min(name, names.get(root, name))
    roots = [sets.find(row[0]) if row else "" for row in shared]
    late = [sets.zone.get(root, "") for root in roots]  # joined afterwards to a zone
    ends = [zones[row] or zone for row, zone in zip(table.index, late, strict=True)]
    set_names = [names.get(root, "") for root in roots]
    return pd.Series(ends, index=table.index, dtype="str"), pd.Series(set_names, index=table.index, dtype="str")
