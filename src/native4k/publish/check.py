"""Verify a published dataset, whole or one split of it: every file there, every byte as published."""

import argparse
import hashlib
from pathlib import Path

from tqdm import tqdm

from native4k import tables
from native4k.errors import UserError
from native4k.publish.publish import SUMS


def check(split: Path) -> int:
    """The number of files that are as they were published; UserError names the first that is not."""
    try:
        lines = [line.split("  ", 1) for line in (split / SUMS).read_text(encoding="utf-8").splitlines()]
        listed = {name: sha256 for sha256, name in lines}
    except FileNotFoundError:
        raise UserError(f"{split / SUMS}: no such file; expected a split of a published dataset") from None
    except ValueError:
        raise UserError(f"{split / SUMS}: not a list of checksums; pull the split again with dvc") from None
    there = {path.name for path in split.iterdir()} - {SUMS}
    if extra := there - listed.keys():
        raise UserError(f"{split / min(extra)}: not part of the published split; remove it")
    for name, said in tqdm(listed.items(), desc=f"check {split.name}", unit="file", mininterval=5):
        if name not in there:
            raise UserError(f"{split / name}: missing; pull the split again with dvc")
        if hashlib.sha256((split / name).read_bytes()).hexdigest() != said:
            raise UserError(f"{split / name}: not the published bytes; remove it and pull the split again with dvc")
    rows = tables.read(split / "metadata.parquet", "file_name")["file_name"]
    if set(rows) != listed.keys() - {"metadata.parquet"}:
        raise UserError(f"{split / 'metadata.parquet'}: its rows are not the split's files; pull the split again")
    return len(listed)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("dataset", type=Path, help="a published dataset (data/native4k) or one split of it")


def run(args: argparse.Namespace) -> None:
    """Check every split that is there."""
    whole = [path.parent for path in sorted(args.dataset.glob(f"*/{SUMS}"))]
    for split in whole or [args.dataset]:
        print(f"{split}: {check(split):,} files as published")
