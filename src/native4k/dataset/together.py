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

        hosts = pl.DataFrame({"url": table["url"].to_numpy()}, schema={"url": pl.String}).select(
            urls.host(pl.col("url"))
        )
        return hosts["url"].fill_null("").to_list()
    if name not in table:
        raise UserError(f"params split.together: no column {name!r}; there are: host, {', '.join(map(str, table))}")
    return table[name].fillna("").astype("str").tolist()


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

    def join(self, shared: tuple[str, ...], told: str) -> str:
        """The zone of an image with these keys, empty if nobody gave it one; `two` joins nothing."""
        if told == TWO:
            return TWO
        roots = {self.find(key) for key in shared}
        zones = ({self.zone.get(root, "") for root in roots} | {told}) - {""}
        if len(zones) > 1 or TWO in zones:
            if told:  # it is released: what cannot be changed is noted, so that no newcomer adds to it
                self.zone |= {root: TWO if self.zone.get(root, told) != told else told for root in roots}
            return told or TWO
        zone = zones.pop() if zones else ""
        for root in roots:
            self.parent[root] = first = min(roots)
            self.zone[first] = zone
        return zone


def together(table: pd.DataFrame, told: pd.Series, columns: list[str]) -> tuple[pd.Series, pd.Series]:
    """Of each row the zone that it is told, directly or through others, and the name of what it was joined to."""
    shared = pd.Series(keys(table, columns), index=table.index, dtype="object")
    sides = Sides()
    order = table.assign(late=told == "").sort_values(["late", "id"]).index
    zones = pd.Series({row: sides.join(shared[row], told[row]) for row in order}, dtype="str").reindex(table.index)
    names: dict[str, str] = {}
    for key in sides.parent:
        root, name = sides.find(key), hashlib.sha256(key.encode()).hexdigest()
        names[root] = min(name, names.get(root, name))
    roots = shared.map(lambda row: sides.find(row[0]) if row else "")
    late = roots.map(sides.zone).fillna("")  # joined later to what was told
    zones = zones.mask(zones == "", late)
    return zones, roots.map(names).fillna("")
