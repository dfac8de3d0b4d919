"""Merge people's votes into a verdict for each image; a verdict against it rejects it.

Fewer than `min_votes` decide nothing. Of more, a majority is more than half, so a tie decides nothing; unanimity is all
alike, so conflicting votes decide nothing; a veto is one vote against it, and without one it is kept. What nothing
decides passes on, or waits: it is left out as `undecided` until people have voted.
"""

import argparse
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from native4k import params, provenance, tables
from native4k.errors import UserError

VOTES = ("keep", "drop")


@params.params
class Params:
    """How votes become a verdict, and what becomes of images without one."""

    rule: Literal["majority", "unanimity", "veto"]
    min_votes: int
    undecided: Literal["pass", "wait"]


def vet(table: pd.DataFrame, votes: pd.DataFrame, numbers: Params) -> pd.DataFrame:
    """The table with `votes`, `verdict` ('keep', 'drop' or '' if undecided) and a reason on what must not pass."""
    about = np.flatnonzero(table["id"].isin(votes["id"].unique()))
    drops, cast = (_count(table["id"], about, some) for some in (votes[votes["vote"] == "drop"], votes))
    enough = (cast > 0) & (cast >= numbers.min_votes)
    against = {"majority": drops * 2 > cast, "unanimity": drops == cast, "veto": drops > 0}[numbers.rule]
    in_favour = {"majority": drops * 2 < cast, "unanimity": drops == 0, "veto": drops == 0}[numbers.rule]
    keep, dropped = enough & in_favour, enough & against
    verdict = pd.Series(np.select([keep, dropped], ["keep", "drop"], ""), index=table.index, dtype="str")
    table = tables.reject(table.assign(votes=cast, verdict=verdict), dropped, "voted_out", "vet")
    waits = ~keep & ~dropped & (numbers.undecided == "wait")
    return tables.reject(table, waits, "undecided", "vet")


def _count(ids: "pd.Series[str]", rows: np.ndarray, votes: pd.DataFrame) -> np.ndarray:
    """Count the votes on each image; only those in some rows may have any."""
    found = np.zeros(len(ids), dtype="int64")
    found[rows] = ids.iloc[rows].map(votes.groupby("id").size()).fillna(0)
    return found


def read_votes(folder: Path) -> pd.DataFrame:
    """Read all votes in the folder's CSV files: id, voter, vote; a voter's last vote on an image counts."""
    parts = [pd.DataFrame({"id": [], "voter": [], "vote": []}, dtype="str")]
    for path in sorted(folder.glob("*.csv")):
        part = tables.read_csv(path)
        missing = [name for name in ("id", "voter", "vote") if name not in part]
        if missing:
            raise UserError(f"{path}: column {missing[0]!r} is missing; expected id, voter, vote")
        wrong = part[~part["vote"].isin(VOTES)]
        if len(wrong):
            row, vote = wrong.index[0] + 2, wrong["vote"].iloc[0]
            raise UserError(f"{path}: line {row}: vote {vote!r} is neither 'keep' nor 'drop'")
        parts.append(part)
    return pd.concat(parts, ignore_index=True).drop_duplicates(["id", "voter"], keep="last")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("features", type=Path, help="the features table")
    parser.add_argument("votes", type=Path, help="the folder with people's votes, CSV files (data/votes)")
    parser.add_argument("out", type=Path, help="the table to write")


def run(args: argparse.Namespace) -> None:
    """Vet the features table, and say whose votes are about images that are not in it."""
    numbers = params.load(Params, args.params, "vet")
    table, votes = tables.read(args.features, "id", "reason"), read_votes(args.votes)
    strangers = votes.loc[~votes["id"].isin(table["id"]), "id"].nunique()
    if strangers:
        print(f"vet: {strangers} of {votes['id'].nunique()} images that were voted on are not in this collection")
    made = provenance.made_from("vet", params.read(args.params), args.features, sorted(args.votes.glob("*.csv")))
    tables.write(vet(table, votes, numbers), args.out, made)
