"""Group exact and near copies among the survivors, and keep the best of each group.

Groups do not chain: every member lies within the radius of its representative, the most detailed one.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from native4k import params, tables


@params.params
class Params:
    """The pHash distance up to which two images are the same picture."""

    radius: int


def distances(one: np.uint64, others: np.ndarray) -> np.ndarray:
    """Hamming distances between 64-bit hashes."""
    bits: np.ndarray = np.bitwise_count(np.bitwise_xor(one, others))
    return bits


def dedup(table: pd.DataFrame, numbers: Params) -> pd.DataFrame:
    """The table with `group`, `representative`, `distance`, and a reason on all but the representatives."""
    alive = table[tables.kept(table)].assign(pixels=lambda rows: rows["width"] * rows["height"])
    alive = alive.sort_values(["detail", "pixels", "id"], ascending=[False, False, True])
    hashes = np.array([int(text, 16) for text in alive["phash"]], dtype=np.uint64)
    ids, contents = alive["id"].to_numpy(), alive["sha256"].to_numpy()
    leader = np.full(len(alive), -1)
    for row in range(len(alive)):
        if leader[row] < 0:
            free = leader < 0
            leader[free & (distances(hashes[row], hashes) <= numbers.radius)] = row
    grouped = pd.DataFrame(
        {
            "id": ids,
            "representative": ids[leader],
            "distance": np.bitwise_count(hashes ^ hashes[leader]).astype("int64"),
            "exact": contents == contents[leader],
        }
    )
    grouped["group"] = grouped["representative"]
    joined = table.merge(grouped, on="id", how="left", validate="one_to_one")
    copy = joined["representative"].notna() & (joined["representative"] != joined["id"])
    exact = joined.pop("exact").fillna(value=False).astype(bool)
    joined = tables.reject(joined, copy & exact, "exact_copy", "dedup")
    joined = tables.reject(joined, copy, "near_copy", "dedup")
    blank = {"group": "", "representative": "", "distance": -1}  # -1: was not compared
    return joined.fillna(blank).astype({"distance": "int64"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("selected", type=Path, help="the table from select")
    parser.add_argument("out", type=Path, help="the table to write")


def run(args: argparse.Namespace) -> None:
    """Group the selected images."""
    numbers = params.load(Params, args.params, "dedup")
    needed = ("id", "reason", "sha256", "phash", "detail", "width", "height")
    tables.write(dedup(tables.read(args.selected, *needed), numbers), args.out)
