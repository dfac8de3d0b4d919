"""Put all measured images into clumps, so that no image is a copy of one in another clump, whatever is selected.

So where other numbers select other images, or say otherwise what a copy is, copies must be looked for only in clumps:
`select --what-if` answers at once. Clumps are made by the loosest numbers that it may ask for; beside them stands what
else it needs of the images, and what the decided table was made from, which says whether all this still holds.
"""

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from native4k import params, tables
from native4k.dataset import decide, dedup, near, notes, select, signs, split, takedown
from native4k.errors import UserError

CROWD = 256
"""Copies in a group from which on its members are not compared with each other: all crowds are one clump."""


@params.params
class Params:
    """The loosest numbers of dedup and of takedown that --what-if may ask for without a search."""

    radius: Annotated[int, Field(ge=0, le=64)]
    verify: Annotated[int, Field(ge=0, le=256)]
    min_bits: Annotated[int, Field(ge=0, le=32)]


def loosest(numbers: Params, *others: dedup.Params | takedown.Params) -> Params:
    """By what clumps are made: the numbers, or those at hand where these are looser."""
    each = (numbers, *others)
    return Params(
        radius=max(one.radius for one in each),
        verify=max(one.verify for one in each),
        min_bits=min(one.min_bits for one in each),
    )


Edges = tuple[np.ndarray, np.ndarray]


def clumps(table: pd.DataFrame, numbers: Params, threads: int) -> np.ndarray:
    """The number of the first row of each row's clump."""
    read = np.flatnonzero(table["phash"] != "")
    pictures = signs.of(table.iloc[read], numbers.radius, numbers.verify, middles=True, min_bits=numbers.min_bits)
    compared = np.flatnonzero(signs.telling(pictures.shorts[0], numbers.min_bits))
    sizes = table["group"].map(table["group"].value_counts()).to_numpy()
    crowd = (sizes > CROWD) & (table["group"] != "").to_numpy()
    found = linked(pictures.part(compared), crowd[read[compared]], threads)
    same, _ = pd.factorize(table["pixels"].where(table["pixels"] != "", table["id"]))
    first = np.flatnonzero(~pd.Series(same).duplicated())
    edges = [(read[compared], read[compared][found]), (np.arange(len(table)), first[same])]
    return joined(edges, len(table))


def joined(edges: list[Edges], count: int) -> np.ndarray:
    """The first row of all that are connected to each."""
    ones, others = (np.concatenate(ends) for ends in zip(*edges, strict=True))
    _, labels = connected_components(coo_array((np.ones(len(ones), bool), (ones, others)), shape=(count, count)))
    firsts: np.ndarray = np.unique(labels, return_index=True)[1][labels]
    return firsts


def linked(relation: signs.Signs, crowd: np.ndarray, threads: int) -> np.ndarray:
    """The first of all pictures that each is connected to, by being near or through others; the crowd is one."""
    if len(relation) <= near.SMALL:
        return walked(relation)
    with ThreadPoolExecutor(threads) as pool:
        return searched(relation, crowd, near.Team(pool, threads))


def walked(relation: signs.Signs) -> np.ndarray:
    """The same by comparing each with all before it."""
    label = np.arange(len(relation))
    for row in range(1, len(relation)):
        hit = np.unique(label[:row][relation.near(row, np.arange(row))])
        if len(hit):
            label[: row + 1][np.isin(label[: row + 1], [*hit, row])] = hit[0]
    return label


def searched(relation: signs.Signs, crowd: np.ndarray, team: near.Team) -> np.ndarray:
    """The same by an index.

    Each picture is asked for the first near one before it; those near none before and none of the found are alone. The
    others are asked again, ordered by what they are connected to: one that is near another clump is near a lower one,
    or that one is near its own. So when nobody finds a lower clump, none are left to join.
    """
    count, rows = len(relation), np.flatnonzero(~crowd)
    edges = [(np.flatnonzero(crowd), np.full(int(crowd.sum()), np.argmax(crowd)))]
    order = np.concatenate([np.flatnonzero(crowd), rows])
    edges.append(lower(relation, order, count, rows, team))
    some = np.unique(np.concatenate([np.flatnonzero(crowd), edges[-1][0]]))
    rest = np.setdiff1d(rows, some)
    edges.append(lower(relation, np.concatenate([some, rest]), len(some), rest, team))
    some = np.union1d(some, edges[-1][0])
    while True:
        label = joined(edges, count)
        label[np.isin(label, label[crowd])] = -1  # the lowest, since the crowd itself is not asked
        order = some[np.argsort(label[some], kind="stable")]
        ones, others = lower(relation, order, len(order), some[~crowd[some]], team)
        apart = label[ones] != label[others]
        if not apart.any():
            return joined(edges, count)
        edges.append((ones[apart], others[apart]))


def lower(relation: signs.Signs, order: np.ndarray, held: int, asking: np.ndarray, team: near.Team) -> Edges:
    """Of some pictures those that are near one before them in an order, among the first so many, and the first such."""
    place = np.full(len(relation), -1)
    place[order] = np.arange(len(order))
    part = signs.Signs(relation.shorts[:, order], relation.longs[:, order], relation.radius, relation.verify)
    leader, index = np.arange(len(order)), part.index(held, team)
    index.insert(np.arange(held))
    index.look(place[asking], leader)
    found = np.flatnonzero(leader != np.arange(len(order)))
    return order[found], order[leader[found]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step, and the threads it may use."""
    parser.add_argument("data", type=Path, help="the folder with features, votes, lists and scratch/dataset (data)")
    parser.add_argument("out", type=Path, help="the table to write")
    parser.add_argument("--threads", type=int, default=1, help="to search with, no result depends on it (default: 1)")


def noted(table: pd.DataFrame, clump: np.ndarray, taken: takedown.Known) -> pd.DataFrame:
    """What is noted of each image; what tells copies only if it is not alone."""
    alone = np.bincount(clump, minlength=len(clump))[clump] == 1
    told = {name: table[name].mask(alone) for name in signs.COLUMNS}
    place = split.position(table["id"])
    return table[["id"]].assign(clump=clump.astype("int32"), place=place, **taken._asdict(), **told)


def run(args: argparse.Namespace) -> None:
    """Note the clumps of what was measured and decided."""
    tree, folder = params.read(args.params), decide.Folder(args.data)
    copies = params.load(dedup.Params, args.params, "dedup")
    takes, lists = params.load(select.Params, args.params, "select").takedown, folder.lists("takedown")
    numbers = loosest(params.load(Params, args.params, "clumps"), copies, takes)
    seen, made = folder.seen(), folder.made_from(tree)
    table = tables.read(folder.decided, columns=["id", "url", "sha256", "group", *signs.COLUMNS])
    taken = takedown.known(table, takedown.read(lists), takes)
    found = noted(table, clumps(table, numbers, args.threads), taken)
    if folder.made_from(tree) != made:
        raise UserError(f"{args.data}: features, lists or decisions have changed meanwhile; run again")
    tables.write(found, args.out, made | {notes.LOOSEST: json.dumps(asdict(numbers)), notes.SEEN: json.dumps(seen)})
