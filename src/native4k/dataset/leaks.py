"""Find the nearest images across splits: for each image of the smaller of two splits its nearest in the other.

Each signature is searched by comparing all with all of the other split, so no radius limits what is found: the whole
by pHash and by the longer signature, and, by pHash, the views that dedup compares: the mirrored picture and the middles
of one with the whole of the other, and the central windows of both. Beside each nearest pair stands every pair that
dedup would call copies: such a pair is a leak. Images with an uninformative pHash (dedup.min_bits) are not compared,
and counted.
"""

import argparse
import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from native4k import params, tables
from native4k.dataset import dedup
from native4k.dataset.near_duplicates.exhaustive_search import distances, nearest
from native4k.dataset.near_duplicates.signatures import HASHES, VIEWS, Limits, Signatures, read_signatures
from native4k.errors import UserError

SPLITS = ("train", "val", "test", "reserve")

SEARCHES = ("phash", "signature", *VIEWS)

COLUMNS = ["id", "split", "near_id", "near_split", "search", "distance", "leak"]
EMPTY = pd.DataFrame(
    {"few": [], "many": [], "distance": np.empty(0, "int64"), "leak": np.empty(0, "bool"), "search": np.empty(0, "str")}
)

SEARCHED = "searched"
"""Where the table's schema says what was searched."""

FOUND = ["within", "leaks", "nearest"]


def radius_of(search: str, limits: Limits) -> int:
    """The bits within which a search finds near pairs."""
    return limits.verify if search == "signature" else limits.radius


def views_of(search: str, limits: Limits) -> list[tuple[int, int]]:
    """The views of two images that a search compares: those of the one, those of the other."""
    if search not in VIEWS:
        return [(0, 0)]
    return [pair for pair, kind in zip(limits.view_pairs(), limits.pair_kinds(), strict=True) if kind == search]


def compare(pictures: Signatures, few: np.ndarray, many: np.ndarray, search: str, threads: int) -> pd.DataFrame:
    """Pair each of a few rows with its nearest and all within the radius; a leak is what dedup calls a copy."""
    hashes = pictures.long if search == "signature" else pictures.short[:, :, None]
    radius, parts = radius_of(search, pictures.limits), []
    for mine, theirs in views_of(search, pictures.limits):
        left, right = hashes[mine][few], hashes[theirs][many]
        found = nearest(left, right, radius, threads)
        parts.append(pd.DataFrame({"few": few, "many": many[found.row], "distance": found.distance, "leak": False}))
        for at in np.flatnonzero(found.within):
            apart = distances(left[at], right).astype("int64")
            near = np.flatnonzero(apart <= radius)
            leak = (search != "signature") & pictures.verified((mine, theirs), few[at], many[near])
            parts.append(pd.DataFrame({"few": few[at], "many": many[near], "distance": apart[near], "leak": leak}))
    pairs = pd.concat(parts).groupby(["few", "many"], as_index=False).agg({"distance": "min", "leak": "any"})
    pairs = pairs.sort_values(["few", "distance", "many"])
    return pairs[~pairs.duplicated("few") | (pairs["distance"] <= radius)].assign(search=search)


def leaks(table: pd.DataFrame, limits: Limits, threads: int = 1) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Find the nearest pairs across splits, and say what was searched."""
    kept = table[tables.is_kept(table)].sort_values("id").reset_index(drop=True)
    pictures = read_signatures(kept, limits)
    compared = pictures.informative()
    rows = {name: np.flatnonzero(compared & (kept["split"] == name).to_numpy()) for name in SPLITS}
    parts, searched = [EMPTY], []
    for pair in combinations(SPLITS, 2):
        fewer, more = sorted(pair, key=lambda name: len(rows[name]))
        for search in SEARCHES:
            if len(rows[fewer]) and views_of(search, limits):
                parts.append(compare(pictures, rows[fewer], rows[more], search, threads))
                found = summarise(parts[-1], radius_of(search, limits)) | {"pairs": len(rows[fewer]) * len(rows[more])}
                searched.append({"search": search, "splits": "-".join(pair)} | found)
    pairs = pd.concat(parts, ignore_index=True)
    for side, name in (("few", ""), ("many", "near_")):
        pairs[[f"{name}id", f"{name}split"]] = kept.loc[pairs[side], ["id", "split"]].to_numpy()
    return pairs[COLUMNS], {"searched": searched, "images": len(kept), "left_out": int((~compared).sum())}


def summarise(pairs: pd.DataFrame, radius: int) -> dict[str, int]:
    """Count what a search found."""
    within = int((pairs["distance"] <= radius).sum())
    found = {"within": within, "leaks": int(pairs["leak"].sum()), "nearest": int(pairs["distance"].min())}
    return {"radius": radius} | found


def summary_lines(searched: dict[str, Any]) -> Iterator[str]:
    """Say what was found, a line a search."""
    left_out, images = searched["left_out"], searched["images"]
    yield f"leaks: {left_out:,} of {images:,} images have an uninformative pHash and were not compared"
    rows = pd.DataFrame(searched["searched"], columns=["search", "splits", "pairs", "radius", *FOUND])
    for search, part in rows.groupby("search", sort=False):
        closest = part.sort_values("nearest", kind="stable").iloc[0]
        pairs, within, copies_ = part[["pairs", "within", "leaks"]].sum()
        yield (
            f"leaks: by {search} {pairs:,} pairs, the nearest at {closest['nearest']} bits ({closest['splits']}), "
            f"{within:,} within {closest['radius']}, {copies_:,} copies"
        )


def read_searches(path: Path) -> dict[str, Any]:
    """Read what was searched for the table of nearest pairs at a path."""
    tables.read(path, *COLUMNS, columns=["id"])
    found: dict[str, Any] = json.loads(tables.metadata(path)[SEARCHED])
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step, and the threads it may use."""
    parser.add_argument("table", type=Path, help="the table from split")
    parser.add_argument("out", type=Path, help="the table of nearest pairs to write")
    parser.add_argument("--threads", type=int, default=1, help="to search with, no result depends on it (default: 1)")


def run(args: argparse.Namespace) -> None:
    """Write the nearest pairs across splits, and what was searched into the table's schema."""
    if args.threads < 1:
        raise UserError(f"--threads {args.threads}: expected at least 1")
    numbers = params.load(dedup.Params, args.params, "dedup")
    table = tables.read(args.table, "id", "reason", "split", *HASHES)
    pairs, searched = leaks(table, numbers, args.threads)
    for line in summary_lines(searched):
        print(line)
    tables.write(pairs, args.out, {SEARCHED: json.dumps(searched, sort_keys=True)})
