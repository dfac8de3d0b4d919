"""Merge people's votes into a verdict for each image; a majority against it rejects it."""

import argparse
from pathlib import Path
from typing import Literal

import pandas as pd

from native4k import params, tables
from native4k.errors import UserError

VOTES = ("keep", "drop")


@params.params
class Params:
    """How votes become a verdict."""

    rule: Literal["majority", "unanimity", "veto"]
    min_votes: int


def vet(table: pd.DataFrame, votes: pd.DataFrame, numbers: Params) -> pd.DataFrame:
    """The table with `votes`, `verdict` ('keep', 'drop' or '' if undecided) and a reason on the dropped."""
    drops = table["id"].map(votes[votes["vote"] == "drop"].groupby("id").size()).fillna(0).astype("int64")
    cast = table["id"].map(votes.groupby("id").size()).fillna(0).astype("int64")
    decided = (cast > 0) & (cast >= numbers.min_votes)
    against = {"majority": drops * 2 > cast, "unanimity": drops == cast, "veto": drops > 0}
    dropped = decided & against[numbers.rule]
    verdict = pd.Series("", index=table.index).mask(decided, "keep").mask(dropped, "drop")
    return tables.reject(table.assign(votes=cast, verdict=verdict), dropped, "voted_out", "vet")


def read_votes(folder: Path) -> pd.DataFrame:
    """All votes in the folder's CSV files: id, voter, vote; a voter's last vote on an image counts."""
    parts = [pd.DataFrame({"id": [], "voter": [], "vote": []}, dtype="str")]
    for path in sorted(folder.glob("*.csv")):
        try:
            part = pd.read_csv(path, dtype="str", keep_default_na=False)
        except ValueError as error:  # pandas' parser errors and a wrong encoding are all of this kind
            raise UserError(f"{path}: not readable as CSV: {' '.join(str(error).split())}") from None
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
    """Vet the features table."""
    numbers = params.load(Params, args.params, "vet")
    tables.write(vet(tables.read(args.features, "id", "reason"), read_votes(args.votes), numbers), args.out)
