"""Group exact and near copies among the survivors, and keep the best of each group.

Groups do not chain: every member lies within the radius of its representative, the most detailed one. A pHash whose
bits are nearly all alike (blank, sky, a plain logo) tells too little: there only equal bytes make a group.
"""

import argparse
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field

from native4k import params, tables
from native4k.dataset import near, released
from native4k.errors import UserError


@params.params
class Params:
    """The pHash distance up to which two images are the same picture, and what a pHash must hold to be compared."""

    radius: Annotated[int, Field(ge=0, le=64)]
    min_bits: Annotated[int, Field(ge=0, le=32)]


def numbers_of(phashes: "pd.Series[str]") -> np.ndarray:
    """Hashes of 16 hex digits as 64-bit numbers."""
    return np.frombuffer(bytes.fromhex("".join(phashes)), dtype=">u8").astype(np.uint64)


def telling(hashes: np.ndarray, min_bits: int) -> np.ndarray:
    """Which hashes have enough bits set and enough clear to tell pictures apart."""
    bits = np.bitwise_count(hashes)
    return (bits >= min_bits) & (bits <= near.BITS - min_bits)


def leaders(contents: np.ndarray, hashes: np.ndarray, numbers: Params, threads: int) -> np.ndarray:
    """Each row's representative, as a row number; the rows come best first."""
    codes, _ = pd.factorize(contents)
    leader: np.ndarray = np.flatnonzero(~pd.Series(contents).duplicated())[codes]
    compared = np.flatnonzero(telling(hashes, numbers.min_bits))
    leader[compared] = compared[near.leaders(hashes[compared], numbers.radius, threads)]
    return leader


def dedup(table: pd.DataFrame, numbers: Params, threads: int = 1) -> pd.DataFrame:
    """The table with `group`, `representative`, `distance`, and a reason on all but the representatives."""
    alive = table[tables.kept(table)].assign(pixels=lambda rows: rows["width"] * rows["height"])
    alive = alive.sort_values(["detail", "pixels", "id"], ascending=[False, False, True])
    hashes = numbers_of(alive["phash"])
    ids, contents = alive["id"].to_numpy(), alive["sha256"].to_numpy()
    leader = leaders(contents, hashes, numbers, threads)
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


def forecast(table: pd.DataFrame, numbers: Params) -> str:
    """How many images are compared, and how many of their pairs would lie within the radius by chance."""
    alive = table[tables.kept(table)]
    count = int(telling(numbers_of(alive["phash"]), numbers.min_bits).sum())
    pairs = near.chance_pairs(count, numbers.radius)
    return (
        f"dedup: {count} of {len(alive)} images are compared by pHash; "
        f"by chance alone {pairs:.2g} pairs of uniform hashes would be within {numbers.radius} bits"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step, and the threads it may use."""
    parser.add_argument("selected", type=Path, help="the table from select")
    parser.add_argument("out", type=Path, help="the table to write")
    parser.add_argument("--released", type=Path, help="the folder with the lists of released images (data/released)")
    parser.add_argument("--threads", type=int, default=1, help="to search with, no result depends on it (default: 1)")


def run(args: argparse.Namespace) -> None:
    """Group the selected images, and say what chance alone would group."""
    if args.threads < 1:
        raise UserError(f"--threads {args.threads}: expected at least 1")
    numbers = params.load(Params, args.params, "dedup")
    needed = ("id", "reason", "sha256", "phash", "detail", "width", "height")
    table = tables.read(args.selected, *needed)
    print(forecast(table, numbers))
    lists = released.read(args.released) if args.released else released.NONE
    tables.write(released.apart(table, lists, lambda rows: dedup(rows, numbers, args.threads), "dedup"), args.out)
