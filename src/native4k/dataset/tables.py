"""Put the final tables into one folder, with those that came with the features, so that the funnel is whole."""

import argparse
import shutil
from pathlib import Path

from native4k import provenance, tables


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("split", type=Path, help="the table from split")
    parser.add_argument("leaks", type=Path, help="the table from leaks")
    parser.add_argument("features", type=Path, help="the features folder (data/features)")
    parser.add_argument("out", type=Path, help="the folder to write (data/tables)")
    parser.add_argument("--mark", type=Path, required=True, help="the file that says that the folder is finished")


def run(args: argparse.Namespace) -> None:
    """Copy the tables, all or none."""
    copies = {"images.parquet": args.split, "leaks.parquet": args.leaks}
    with tables.atomic_folder(args.out) as folder:
        for name, path in (copies | {name: args.features / name for name in tables.FUNNEL}).items():
            shutil.copyfile(path, folder / name)
    provenance.seal(args.out, args.mark)
