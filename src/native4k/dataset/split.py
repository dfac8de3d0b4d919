"""Put images into train, val, test and reserve: a hash puts each group into a zone for ever.

The exact sizes are taken from the front of a zone; what is left over in the zones of val and test is reserve, never
train. Released images and what stands for them keep their zone, and come first in val and test.
Images that share a value of the columns `together` are in one zone; a newcomer that would join two is a `leak`.
"""

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from native4k import params, tables
from native4k.dataset import released_images
from native4k.dataset.shared_values import join_shared

RESERVE = "reserve"


@params.params
class HeldOut:
    """A held-out split: how many images, from which share of the hash's range."""

    size: Annotated[int, Field(ge=0)]
    zone: Annotated[float, Field(ge=0, le=1)]


@params.params
class Params:
    """The two held-out splits (the rest is train's zone), the categories' shares in them, and what stays together."""

    val: HeldOut
    test: HeldOut
    strata: Literal["equal", "proportional"]
    together: list[str]

    def __post_init__(self) -> None:
        """The zones fit into the hash's range."""
        if self.val.zone + self.test.zone > 1:
            raise ValueError("the zones of val and test are more than the whole range")


def position(groups: pd.Series) -> np.ndarray:
    """Place each group in [0, 1), for ever: the first 48 bits of a hash."""
    starts = [hashlib.sha256(f"split {group}".encode()).digest()[:6] for group in groups.tolist()]
    digits = np.frombuffer(b"".join(starts), np.uint8).reshape(-1, 6)
    return digits @ 256.0 ** np.arange(5, -1, -1) / 2**48  # exact: below 2**53


def split(table: pd.DataFrame, numbers: Params, lists: pd.DataFrame) -> pd.DataFrame:
    """The table with `zone` and `split` (train, val, test or reserve) for the kept, both empty for the rejected."""
    read = list(table) if numbers.together else ["id", "group", "category", *([] if lists.empty else ["sha256"])]
    kept = table.loc[tables.is_kept(table), read]
    kept = kept.assign(given=released_images.released_zones(table, lists)[kept.index], place=position(kept["group"]))
    zones = zones_of(kept, numbers, lists)
    table = tables.reject(table, zones.reindex(table.index) == released_images.CONFLICT, "leak", "split")
    kept = kept.assign(zone=zones)[zones != released_images.CONFLICT]
    weights = kept["category"].value_counts() if numbers.strata == "proportional" else None
    chosen = kept["zone"].copy()
    for name, held in (("val", numbers.val), ("test", numbers.test)):
        inside = kept[kept["zone"] == name]
        chosen[inside.index.difference(take_front(inside, held.size, weights))] = RESERVE
    ends = {"zone": kept["zone"], "split": chosen}
    return table.assign(**{name: ended.reindex(table.index).fillna("") for name, ended in ends.items()})


def zones_of(kept: pd.DataFrame, numbers: Params, lists: pd.DataFrame) -> pd.Series:
    """Find the zone of each kept image: the released one, else by the hash of what stays together."""
    zones, place = kept["given"], kept["place"]
    if numbers.together:
        listed = pd.Series(released_images.zone_bits(kept, lists) > 0, index=kept.index)
        zones, names = join_shared(kept, kept["given"], listed, numbers.together)
        place = place.where(names == "", position(names))
    return zones.where(zones != "", zones_at(place, numbers))


def zones_at(place: pd.Series, numbers: Params) -> np.ndarray:
    """Find the zones at places in [0, 1)."""
    held = numbers.test.zone + numbers.val.zone
    return np.select([place < numbers.test.zone, place < held], ["test", "val"], "train")


def take_front(zone: pd.DataFrame, size: int, weights: pd.Series | None) -> pd.Index:
    """Choose the images of a zone that fill a split: released ones first, then the front of the zone.

    The categories take turns; by weights, a category's n-th image has its turn at (2n - 1) / weight (Sainte-Laguë).
    """
    ordered = zone.assign(newcomer=zone["given"] == "").sort_values(["newcomer", "place", "id"])
    turn = 2 * ordered.groupby("category").cumcount() + 1
    ordered["turn"] = turn if weights is None else turn / ordered["category"].map(weights)
    return ordered.sort_values(["newcomer", "turn", "category", "place", "id"]).index[:size]


def shortage_lines(table: pd.DataFrame, numbers: Params, lists: pd.DataFrame) -> Iterator[str]:
    """Say which split is short, and how many released images are gone."""
    counts, kept = table["split"].value_counts(), table[tables.is_kept(table)]
    for name, held in (("val", numbers.val), ("test", numbers.test)):
        was = lists[(lists["zone"] == name) & (lists["id"] == lists["representative"])]
        if gone := int((~was["id"].isin(kept["id"])).sum()):
            yield f"split: {gone} of {len(was)} images released as {name} are not kept any more; its zone refills them"
        if counts.get(name, 0) < held.size:
            yield f"split: {name} is short: {counts.get(name, 0)} of {held.size} images are in its zone"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("balanced", type=Path, help="the table from balance")
    parser.add_argument("released", type=Path, help="the folder with the lists of released images (data/released)")
    parser.add_argument("out", type=Path, help="the table to write")


def run(args: argparse.Namespace) -> None:
    """Split the balanced table and say so where a split is short."""
    numbers, lists = params.load(Params, args.params, "split"), released_images.read_lists(args.released)
    table = split(tables.read(args.balanced, "id", "reason", "group", "category", "sha256"), numbers, lists)
    for line in shortage_lines(table, numbers, lists):
        print(line)
    tables.write(table, args.out)
