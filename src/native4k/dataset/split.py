"""Put images into train, val, test and reserve: a hash of the group puts it in a zone for ever.

The exact sizes are taken from the front of a zone, category by category; what is left over in the zones of val and
test is reserve, never train.
"""

import argparse
import hashlib
from pathlib import Path

import pandas as pd

from native4k import params, tables

RESERVE = "reserve"


@params.params
class Held:
    """A held-out split: how many images, from which share of the hash's range."""

    size: int
    zone: float


@params.params
class Params:
    """The two held-out splits; the rest of the range is train's zone."""

    val: Held
    test: Held


def position(group: str) -> float:
    """The group's place in [0, 1), for ever."""
    return int.from_bytes(hashlib.sha256(f"split {group}".encode()).digest()[:6], "big") / 2**48


def split(table: pd.DataFrame, numbers: Params) -> pd.DataFrame:
    """The table with `split`: train, val, test or reserve for the kept, empty for the rejected."""
    place = table["group"].map(position)
    zone = pd.Series("train", index=table.index)
    zone = zone.mask(place < numbers.test.zone + numbers.val.zone, "val").mask(place < numbers.test.zone, "test")
    kept = tables.kept(table)
    chosen = zone.where(kept, "")
    for name, held in (("val", numbers.val), ("test", numbers.test)):
        inside = kept & (zone == name)
        taken = table.index.isin(front(table[inside].assign(place=place), held.size))
        chosen = chosen.mask(inside & ~taken, RESERVE)
    return table.assign(split=chosen)


def front(zone: pd.DataFrame, size: int) -> pd.Index:
    """The first images of a zone, the categories taking turns."""
    ordered = zone.sort_values(["place", "id"])
    turn = ordered.groupby("category").cumcount()
    return ordered.assign(turn=turn).sort_values(["turn", "category", "place", "id"]).index[:size]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("balanced", type=Path, help="the table from balance")
    parser.add_argument("out", type=Path, help="the table to write")


def run(args: argparse.Namespace) -> None:
    """Split the balanced table and say so where a split is short."""
    numbers = params.load(Params, args.params, "split")
    table = split(tables.read(args.balanced, "id", "reason", "group", "category"), numbers)
    counts = table["split"].value_counts()
    for name, held in (("val", numbers.val), ("test", numbers.test)):
        if counts.get(name, 0) < held.size:
            print(f"split: {name} is short: {counts.get(name, 0)} of {held.size} images are in its zone")
    tables.write(table, args.out)
