"""Put the final tables into one folder, with those that came with the features, so that the funnel is whole."""

import argparse
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd

from native4k import params, provenance, tables
from native4k.page.shortfalls import shortfalls


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("split", type=Path, help="the table from split")
    parser.add_argument("leaks", type=Path, help="the table from leaks")
    parser.add_argument("features", type=Path, help="the features folder (data/features)")
    parser.add_argument("out", type=Path, help="the folder to write (data/tables)")
    parser.add_argument("--mark", type=Path, required=True, help="the file that says that the folder is finished")


def shortfall_lines(table: pd.DataFrame, collected: pd.DataFrame, numbers: Path) -> list[str]:
    """Say which rule leaves nothing, less than half, or an empty split."""
    rejected: dict[str, dict[str, int]] = {"collect": {}}
    early = collected[collected["reason"] != ""]
    later = table[~tables.is_kept(table)].assign(rows=1)
    for rows in (early.assign(rejected_by="collect"), later):
        for step, reason, count in rows[["rejected_by", "reason", "rows"]].itertuples(index=False):
            counts = rejected.setdefault(step, {})
            counts[reason] = counts.get(reason, 0) + int(count)
    funnel = {"candidates": len(table), "kept": int(tables.is_kept(table).sum()), "rejected": rejected}
    return shortfalls(funnel, Counter(table["split"]), params.read(numbers))


def run(args: argparse.Namespace) -> None:
    """Copy the tables, all or none, and say where the dataset falls short."""
    copies = {"images.parquet": args.split, "leaks.parquet": args.leaks}
    with tables.atomic_folder(args.out) as folder:
        for name, path in (copies | {name: args.features / name for name in tables.FUNNEL}).items():
            shutil.copyfile(path, folder / name)
    provenance.seal(args.out, args.mark)
    table = tables.read(args.split, columns=["id", "reason", "rejected_by", "split"])
    collected = tables.read(args.features / "collected.parquet", columns=["reason", "rows"])
    for line in shortfall_lines(table, collected, args.params):
        print(line)
