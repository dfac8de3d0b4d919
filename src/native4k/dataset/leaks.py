"""Find the nearest images across splits: for each image of the smaller of two splits its nearest in the other.

Each signature is searched by comparing all with all of the other split, so no radius limits what is found: the whole
by pHash and by the longer signature, and, for crops, the whole of one with the middles of the other by pHash. Beside
each nearest pair stands every pair that dedup would call copies: such a pair is a leak. Images whose pHash tells too
little (dedup.min_bits) are compared with nobody, and counted.
"""

import argparse
import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from native4k import params, tables
from native4k.dataset import dedup, signs
from native4k.dataset.nearest import distances, nearest
from native4k.errors import UserError

SPLITS = ("train", "val", "test", "reserve")

WORDS = {"phash": 1, "signature": 4, "inset_phash": 1, "inset_signature": 4}
"""Columns of signatures -> 64-bit words of a hash; the hashes of an image's middles stand one after another."""

SEARCHES = {"phash": ("phash", "phash"), "signature": ("signature", "signature"), "middles": ("phash", "inset_phash")}
"""Search -> the columns that are compared, if they are there."""

LONGER = {"phash": "signature", "inset_phash": "inset_signature"}
"""Column -> the one that verifies it, if it is there."""

COLUMNS = ["id", "split", "near_id", "near_split", "search", "distance", "leak"]
EMPTY = pd.DataFrame(
    {"few": [], "many": [], "distance": np.empty(0, "int64"), "leak": np.empty(0, "bool"), "search": np.empty(0, "str")}
)

TOLD = "searched"
"""Where the table's schema says what was searched."""

FOUND = ["within", "leaks", "nearest"]

Face = tuple[str, int]
"""A column and the number of a hash in it."""


class Rule(NamedTuple):
    """What makes two images copies: bits of the pHash, and of the signature; and what a pHash must hold."""

    radius: int
    verify: int
    min_bits: int

    def limit(self, search: str) -> int:
        """The radius of a search."""
        return self.verify if search == "signature" else self.radius


def hashes(table: pd.DataFrame, min_bits: int) -> dict[Face, np.ndarray]:
    """The hashes that are there, a row an image, a column a word; the whole for a middle that tells too little."""
    found: dict[Face, np.ndarray] = {}
    for name in sorted(WORDS.keys() & set(table)):
        flat = np.frombuffer(bytes.fromhex("".join(table[name])), dtype=">u8").astype(np.uint64)
        each = flat.size // WORDS[name] // len(table) if len(table) else 1
        parts = flat.reshape(len(table), each, WORDS[name])
        found |= {(name, number): np.ascontiguousarray(parts[:, number]) for number in range(each)}
    for name, number in [face for face in found if face[0] == "inset_phash"]:
        poor = ~signs.telling(found[name, number], min_bits)
        for middle, whole in ((name, "phash"), (LONGER[name], "signature")):
            if (middle, number) in found:
                found[middle, number] = np.where(poor, found[whole, 0], found[middle, number])
    return found


def ways(search: str, known: dict[Face, np.ndarray]) -> list[tuple[Face, Face]]:
    """Which hashes of two images a search compares: those of the one, those of the other."""
    ours, theirs = SEARCHES[search]
    forth = [((ours, 0), there) for there in sorted(known) if there[0] == theirs]
    return forth if ours == theirs else forth + [(there, here) for here, there in forth]


def compare(
    known: dict[Face, np.ndarray], few: np.ndarray, many: np.ndarray, search: str, rule: Rule, threads: int
) -> pd.DataFrame:
    """Pairs of rows: the nearest of each of a few, and all within the radius; a leak is what dedup calls a copy."""
    parts = []
    for ours, theirs in ways(search, known):
        left, right = known[ours][few], known[theirs][many]
        found = nearest(left, right, rule.limit(search), threads)
        parts.append(pd.DataFrame({"few": few, "many": many[found.row], "distance": found.distance, "leak": False}))
        for at in np.flatnonzero(found.within):
            apart = distances(left[at], right).astype("int64")
            near = np.flatnonzero(apart <= rule.limit(search))
            leak = copies(known, (ours, theirs), few[at], many[near], rule)
            parts.append(pd.DataFrame({"few": few[at], "many": many[near], "distance": apart[near], "leak": leak}))
    pairs = pd.concat(parts).groupby(["few", "many"], as_index=False).agg({"distance": "min", "leak": "any"})
    pairs = pairs.sort_values(["few", "distance", "many"])
    return pairs[~pairs.duplicated("few") | (pairs["distance"] <= rule.limit(search))].assign(search=search)


def copies(known: dict[Face, np.ndarray], way: tuple[Face, Face], row: int, others: np.ndarray, rule: Rule) -> Any:
    """Which rows within the radius dedup calls copies: those whose longer signatures agree, if there are any."""
    longer = [(LONGER.get(name, ""), number) for name, number in way]
    if not all(face in known for face in longer):
        return all(name in LONGER for name, _ in way)
    return distances(known[longer[0]][row], known[longer[1]][others]) <= rule.verify


def leaks(table: pd.DataFrame, rule: Rule, threads: int = 1) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The nearest pairs across splits, and what was searched."""
    kept = table[tables.kept(table)].sort_values("id").reset_index(drop=True)
    known = hashes(kept, rule.min_bits)
    compared = signs.telling(known["phash", 0][:, 0], rule.min_bits)
    rows = {name: np.flatnonzero(compared & (kept["split"] == name).to_numpy()) for name in SPLITS}
    parts, searched = [EMPTY], []
    for pair in combinations(SPLITS, 2):
        fewer, more = sorted(pair, key=lambda name: len(rows[name]))
        for search in SEARCHES:
            if len(rows[fewer]) and ways(search, known):
                parts.append(compare(known, rows[fewer], rows[more], search, rule, threads))
                found = summed(parts[-1], rule.limit(search)) | {"pairs": len(rows[fewer]) * len(rows[more])}
                searched.append({"search": search, "splits": "-".join(pair)} | found)
    pairs = pd.concat(parts, ignore_index=True)
    for side, name in (("few", ""), ("many", "near_")):
        pairs[[f"{name}id", f"{name}split"]] = kept.loc[pairs[side], ["id", "split"]].to_numpy()
    return pairs[COLUMNS], {"searched": searched, "images": len(kept), "left_out": int((~compared).sum())}


def summed(pairs: pd.DataFrame, radius: int) -> dict[str, int]:
    """What a search found."""
    within = int((pairs["distance"] <= radius).sum())
    found = {"within": within, "leaks": int(pairs["leak"].sum()), "nearest": int(pairs["distance"].min())}
    return {"radius": radius} | found


def said(searched: dict[str, Any]) -> Iterator[str]:
    """What was found, a line a search."""
    yield f"leaks: {searched['left_out']:,} of {searched['images']:,} images tell too little and were not compared"
    rows = pd.DataFrame(searched["searched"], columns=["search", "splits", "pairs", "radius", *FOUND])
    for search, part in rows.groupby("search", sort=False):
        least = part.sort_values("nearest", kind="stable").iloc[0]
        pairs, within, copies_ = part[["pairs", "within", "leaks"]].sum()
        yield (
            f"leaks: by {search} {pairs:,} pairs, the nearest at {least['nearest']} bits ({least['splits']}), "
            f"{within:,} within {least['radius']}, {copies_:,} copies"
        )


def told(path: Path) -> dict[str, Any]:
    """What was searched for the table of nearest pairs at a path."""
    tables.read(path, *COLUMNS, columns=["id"])
    found: dict[str, Any] = json.loads(tables.metadata(path)[TOLD])
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
    table = tables.read(args.table, "id", "reason", "split", *WORDS)
    if not numbers.middles:
        table = table.drop(columns=["inset_phash", "inset_signature"])
    pairs, searched = leaks(table, Rule(numbers.radius, numbers.verify, numbers.min_bits), args.threads)
    for line in said(searched):
        print(line)
    tables.write(pairs, args.out, {TOLD: json.dumps(searched, sort_keys=True)})
