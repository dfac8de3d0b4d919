"""Verify a published dataset, whole or what of it was pulled: every byte, every table, every number of the card.

Folders that are missing are listed and are no fault. Each fault is a line that names the file or the row, and with any
the exit status is 1.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from tqdm import tqdm

from native4k import tables
from native4k.errors import UserError
from native4k.publish import card, consistency, croissant, dataset_numbers
from native4k.publish.publish import SUMS

AGAIN = "pull it again with dvc"


def read_sums(path: Path) -> dict[str, str]:
    """File name -> SHA-256, from a list in sha256sum's words."""
    try:
        pairs = [line.split("  ", 1) for line in path.read_text(encoding="utf-8").splitlines()]
        return {name: sha256 for sha256, name in pairs}
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; expected a published dataset or a split of one") from None
    except ValueError:
        raise UserError(f"{path}: not a list of checksums; {AGAIN}") from None


def absent(folder: Path, listed: dict[str, str]) -> list[str]:
    """The listed folders that are not here at all."""
    tops = {name.split("/")[0] for name in listed if "/" in name}
    return sorted(top for top in tops if not (folder / top).exists())


def extra(folder: Path, listed: dict[str, str]) -> Iterator[str]:
    """What is here and not in the list."""
    parents = {parent.as_posix() for name in listed for parent in Path(name).parents}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in listed and name not in parents and name != SUMS:
            yield f"{name}: not part of what was published; remove it"


def files(folder: Path, listed: dict[str, str]) -> Iterator[str]:
    """Files that are missing, damaged or too many; folders that are not here are left out."""
    gone = absent(folder, listed)
    here = {name: sha256 for name, sha256 in listed.items() if name.split("/")[0] not in gone}
    for name, sha256 in tqdm(sorted(here.items()), desc=f"check {folder.name}", unit="file", mininterval=5):
        if not (folder / name).is_file():
            yield f"{name}: missing; {AGAIN}"
        elif tables.digest(folder / name) != sha256:
            yield f"{name}: not the published bytes; remove it and {AGAIN}"
    yield from extra(folder, listed)


def split(folder: Path, listed: dict[str, str]) -> Iterator[str]:
    """The faults of a split by its own list, whose files are the rows of its table."""
    found = list(files(folder, listed))
    yield from found
    if "metadata.parquet" in named(found):
        return
    rows = tables.read(folder / "metadata.parquet", columns=["file_name", "sha256"])
    expected = dict(zip(rows["file_name"], rows["sha256"], strict=True))
    if expected != {name: sha256 for name, sha256 in listed.items() if name != "metadata.parquet"}:
        yield "metadata.parquet: its rows are not the split's files; pull the split again"


def whole(folder: Path, listed: dict[str, str]) -> Iterator[str]:
    """The faults of a dataset: of its files, then of what they say, unless that is damaged."""
    found = list(files(folder, listed))
    yield from found
    damaged = named(found)
    if not damaged & {*croissant.TABLES, "README.md", "croissant.json"}:
        yield from contents(folder, listed)
        for name in dataset_numbers.SPLITS:
            own = {f"{name}/{file}" for file in ("metadata.parquet", SUMS)}
            if (folder / name).exists() and not damaged & own:
                yield from part(folder, name, listed)


def named(faults: list[str]) -> set[str]:
    """The files that faults are about."""
    return {line.partition(":")[0] for line in faults}


def contents(folder: Path, listed: dict[str, str]) -> Iterator[str]:
    """What the tables, the card and Croissant say, against each other."""
    images, rejected = read_tables(folder)
    yield from consistency.of_tables(images, rejected)
    yield from consistency.of_splits(images)
    yield from consistency.of_files(images, listed)
    try:
        tree = json.loads((folder / "croissant.json").read_text(encoding="utf-8"))
        schemas = {name: pq.read_schema(folder / name) for name in croissant.TABLES}
        yield from consistency.of_croissant(tree, schemas, listed)
    except ValueError:
        yield "croissant.json: not JSON"
    try:
        header = card.read_header((folder / "README.md").read_text(encoding="utf-8"))
        yield from consistency.of_card(header, images, rejected)
    except ValueError:
        yield "README.md: no header of a dataset card"


def part(folder: Path, name: str, listed: dict[str, str]) -> Iterator[str]:
    """What a split's own table and list say, against the whole dataset's."""
    yield from consistency.of_split(name, tables.read(folder / name / "metadata.parquet", "id"), read_tables(folder)[0])
    own = {f"{name}/{file}": sha256 for file, sha256 in read_sums(folder / name / SUMS).items()}
    if own.items() - listed.items():
        yield f"{name}/{SUMS}: not what {SUMS} says"


def read_tables(folder: Path) -> list[pd.DataFrame]:
    """The kept and the rejected rows."""
    needed = {"images.parquet": PUBLISHED, "rejected.parquet": ("id", "reason", "rejected_by")}
    return [tables.read(folder / name, *columns) for name, columns in needed.items()]


PUBLISHED = ("id", "reason", "split", "file_name", "sha256", "bytes", "category")
"""Columns of images.parquet that are compared with something."""


def report(place: Path, faults: Iterator[str], count: int) -> int:
    """Print each fault, or that there are none; how many there are."""
    found = 0
    for line in faults:
        found += 1
        print(f"{place / line.partition(':')[0]}:{line.partition(':')[2]}", flush=True)
    if not found:
        print(f"{place}: {count:,} files as published")
    return found


def pieces(folder: Path) -> int:
    """Check the splits that are here of a dataset whose list of checksums is not; the number of faults."""
    here = [folder / name for name in dataset_numbers.SPLITS if (folder / name / SUMS).exists()]
    if not here:
        read_sums(folder / SUMS)  # says what is missing
    for name in dataset_numbers.SPLITS:
        if folder / name not in here:
            print(f"{folder / name}: not here, not checked")
    others = sorted(path.name for path in folder.iterdir() if path not in here)
    missing = [f"{SUMS}: missing, so {', '.join(others)} cannot be checked; {AGAIN}"] if others else []
    found = report(folder, iter(missing), 0) if missing else 0
    lists = {place: read_sums(place / SUMS) for place in here}
    return found + sum(report(place, split(place, listed), len(listed)) for place, listed in lists.items())


def check(folder: Path) -> int:
    """Check all that is here of a dataset, or a split, and say what is not; the number of faults."""
    if folder.is_dir() and not (folder / SUMS).exists():
        return pieces(folder)
    listed = read_sums(folder / SUMS)
    if "metadata.parquet" in listed:
        return report(folder, split(folder, listed), len(listed))
    gone = absent(folder, listed)
    for name in gone:
        print(f"{folder / name}: not here, not checked")
    here = sum(name.split("/")[0] not in gone for name in listed)
    return report(folder, whole(folder, listed), here)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("dataset", type=Path, help="a published dataset (data/native4k) or one split of it")


def run(args: argparse.Namespace) -> None:
    """Check all that is here, and say what is not."""
    if found := check(args.dataset):
        raise UserError(f"{args.dataset}: {found:,} fault{'s' if found > 1 else ''}, named above")
