"""Note which images a dataset version has released, for ever: the last act before it is tagged.

Each image of train, val and test is added to the lists in data/released, with the near copies that it stands for. What
is there already stays as it is; a table that has a released image in another split is refused.
"""

import argparse
from pathlib import Path

import pandas as pd

from native4k import tables
from native4k.dataset import released_images
from native4k.errors import UserError

LIST = "images.csv"


def release(table: pd.DataFrame, lists: pd.DataFrame) -> pd.DataFrame:
    """The rows to add: the published images and their near copies, but those that are listed already."""
    published = table[table["split"].isin(released_images.ZONES)]
    zone = published.set_index("group")["split"]
    members = table[table["group"].isin(zone.index)]
    rows = members.assign(zone=members["group"].map(zone))[released_images.COLUMNS]
    for known in ("id", "sha256"):
        was = rows[known].map(lists.drop_duplicates(known).set_index(known)["zone"])
        moved = rows[was.notna() & (was != rows["zone"]) & rows["id"].isin(published["id"])]
        for row in moved.assign(was=was[moved.index]).to_dict("records"):
            raise UserError(f"{known} {row[known]} is in {row['zone']} but was released in {row['was']}; split again")
        rows = rows[was.isna() | (was == rows["zone"])]
    listed = pd.MultiIndex.from_frame(lists[["id", "sha256"]])
    return rows[~pd.MultiIndex.from_frame(rows[["id", "sha256"]]).isin(listed)]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("table", type=Path, help="the final table (data/tables/images.parquet)")
    parser.add_argument("released", type=Path, help="the folder with the lists of released images (data/released)")


def run(args: argparse.Namespace) -> None:
    """Add what the table publishes to the list."""
    lists = released_images.read_lists(args.released)
    table = tables.read(args.table, "id", "reason", "group", "representative", "sha256", "split")
    fresh, path = release(table, lists), args.released / LIST
    here = released_images.read_list(path)[released_images.COLUMNS] if path.exists() else fresh[:0]
    rows = pd.concat([here, fresh]).sort_values(["id", "sha256"])
    tables.write_text(rows.to_csv(index=False, lineterminator="\n"), path)
    print(f"{path}: {len(fresh):,} images added, {len(here):,} were there")
