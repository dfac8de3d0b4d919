"""Verify a published dataset, whole or what of it was pulled: every byte, every table, every number of the card.

Folders that are missing are listed and are no fault. Each fault is a line that names the file or the row, and with any
the exit status is 1.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import yaml
from huggingface_hub import DatasetCard

from native4k import tables
from native4k.errors import UserError
from native4k.progress import Bar
from native4k.publish import croissant, dataset_numbers
from native4k.publish.publish import SUMS

AGAIN = "pull it again with dvc"

PUBLISHED = ("id", "reason", "split", "file_name", "sha256", "bytes", "category")
"""Columns of images.parquet that are compared with something."""

Faults = Iterator[str]
"""Lines: what is wrong, and with which file or row."""

KNOWN = {*dataset_numbers.SPLITS, dataset_numbers.RESERVE}


def read_sums(path: Path) -> dict[str, str]:
    """File name -> SHA-256, from a list in sha256sum's words."""
    try:
        pairs = [line.split("  ", 1) for line in path.read_text(encoding="utf-8").splitlines()]
        return {name: sha256 for sha256, name in pairs}
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; expected a published dataset or a split of one") from None
    except ValueError:
        raise UserError(f"{path}: not a list of checksums; {AGAIN}") from None


def absent_folders(folder: Path, listed: dict[str, str]) -> list[str]:
    """The listed folders that are not here at all."""
    tops = {name.split("/")[0] for name in listed if "/" in name}
    return sorted(top for top in tops if not (folder / top).exists())


def unlisted_faults(folder: Path, listed: dict[str, str]) -> Faults:
    """What is here and not in the list."""
    parents = {parent.as_posix() for name in listed for parent in Path(name).parents}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in listed and name not in parents and name != SUMS:
            yield f"{name}: not part of what was published; remove it"


def byte_faults(folder: Path, listed: dict[str, str]) -> Faults:
    """Files that are missing, damaged or too many; folders that are not here are left out."""
    gone = absent_folders(folder, listed)
    here = {name: sha256 for name, sha256 in listed.items() if name.split("/")[0] not in gone}
    for name, sha256 in Bar(sorted(here.items()), desc=f"check {folder.name}", unit="file", mininterval=5):
        if not (folder / name).is_file():
            yield f"{name}: missing; {AGAIN}"
        elif tables.digest(folder / name) != sha256:
            yield f"{name}: not the published bytes; remove it and {AGAIN}"
    yield from unlisted_faults(folder, listed)


def split_folder_faults(folder: Path, listed: dict[str, str]) -> Faults:
    """The faults of a split by its own list, whose files are the rows of its table."""
    found = list(byte_faults(folder, listed))
    yield from found
    if "metadata.parquet" in faulty_files(found):
        return
    rows = tables.read(folder / "metadata.parquet", columns=["file_name", "sha256"])
    expected = dict(zip(rows["file_name"], rows["sha256"], strict=True))
    if expected != {name: sha256 for name, sha256 in listed.items() if name != "metadata.parquet"}:
        yield "metadata.parquet: its rows are not the split's files; pull the split again"


def dataset_faults(folder: Path, listed: dict[str, str]) -> Faults:
    """The faults of a dataset: of its files, then of what they say, unless that is damaged."""
    found = list(byte_faults(folder, listed))
    yield from found
    damaged = faulty_files(found)
    if not damaged & {*croissant.TABLES, "README.md", "croissant.json"}:
        yield from content_faults(folder, listed)
        for name in dataset_numbers.SPLITS:
            own = {f"{name}/{file}" for file in ("metadata.parquet", SUMS)}
            if (folder / name).exists() and not damaged & own:
                yield from split_table_faults(folder, name, listed)


def faulty_files(faults: list[str]) -> set[str]:
    """The files that faults are about."""
    return {line.partition(":")[0] for line in faults}


def tables_faults(images: pd.DataFrame, rejected: pd.DataFrame) -> Faults:
    """Every candidate is in one table once, the kept without and the rejected with a reason."""
    ids = pd.concat([images["id"], rejected["id"]])
    yield from (f"{id_}: more than one row" for id_ in sorted(set(ids[ids.duplicated()])))
    yield from _named(images, images["reason"] != "", "kept, but with a reason")
    yield from _named(images, ~images["split"].isin(KNOWN), "in no split that there is")
    unexplained = (rejected["reason"] == "") | (rejected["rejected_by"] == "")
    yield from _named(rejected, unexplained, "left out without a reason or a step")
    if "representative" in rejected:
        strange = (rejected["representative"] != "") & ~rejected["representative"].isin(ids)
        yield from _named(rejected, strange, "its representative is no candidate")


def splits_faults(images: pd.DataFrame) -> Faults:
    """No bytes, no pixels and no group are in two published splits, as far as the table has these columns."""
    published = images[images["split"].isin(dataset_numbers.SPLITS)]
    for column, what in (("sha256", "the same bytes"), ("pixels", "the same pixels"), ("group", "one group")):
        if column not in published:
            continue
        filled = published[published[column] != ""]
        sides = filled.groupby(column)["split"].nunique()
        for value in sides.index[sides > 1]:
            rows = filled[filled[column] == value]
            yield f"{', '.join(rows['id'])}: {what} in {' and '.join(sorted(set(rows['split'])))}"


def split_faults(name: str, own: pd.DataFrame, images: pd.DataFrame) -> Faults:
    """A split's own table says what the dataset's table says."""
    rows = images[images["split"] == name].assign(file_name=lambda rows: rows["file_name"].str.removeprefix(f"{name}/"))
    if sorted(own["id"]) != sorted(rows["id"]):
        yield f"{name}/metadata.parquet: not the images of {name} in images.parquet"
        return
    left, right = (table.set_index("id").sort_index() for table in (own, rows))
    for column in [column for column in left if column in right]:
        if left[column].tolist() != right[column].tolist():
            yield f"{name}/metadata.parquet: column {column!r} is not that of images.parquet"


def files_faults(images: pd.DataFrame, listed: Mapping[str, str]) -> Faults:
    """Every published image has its file with the hash that the table says, and every listed picture has a row."""
    published = images[images["file_name"] != ""]
    hashes = dict(zip(published["file_name"], published["sha256"], strict=True))
    for name, sha256 in hashes.items():
        if listed.get(name) != sha256:
            what = "another hash" if name in listed else "in images.parquet, but not"
            yield f"{name}: {what} in the list of checksums"
    others = {f"{split}/{name}" for split in dataset_numbers.SPLITS for name in ("metadata.parquet", "SHA256SUMS")}
    pictures = {name for name in listed if name.split("/")[0] in dataset_numbers.SPLITS} - others
    yield from (
        f"{name}: in the list of checksums, but not in images.parquet" for name in sorted(pictures - set(hashes))
    )


def card_faults(header: dict[str, Any], images: pd.DataFrame, rejected: pd.DataFrame) -> Faults:
    """The card's numbers are the tables', and they add up."""
    if not header:
        yield "README.md: no header of a dataset card"
        return
    numbers = header["native4k"]
    try:
        early = {step: reasons for step, reasons in numbers["rejected"].items() if step == "collect"}
        counted = dataset_numbers.count(early, images, rejected)
        wrong = [name for name, value in counted.items() if numbers.get(name) != value]
        wrong += ["the sum"] if dataset_numbers.inconsistency(numbers) else []
    except (AttributeError, KeyError, TypeError):
        wrong = ["its header"]
    yield from (f"README.md: {name} is not what the tables say" for name in wrong)


def croissant_faults(folder: Path, listed: Mapping[str, str]) -> Faults:
    """Croissant names the tables with their hashes and all their columns."""
    try:
        tree = json.loads((folder / "croissant.json").read_text(encoding="utf-8"))
        hashes = {one["@id"]: one.get("sha256") for one in tree["distribution"]}
        records = {one["@id"]: [field["name"] for field in one["field"]] for one in tree["recordSet"]}
    except ValueError:
        yield "croissant.json: not JSON"
        return
    except (AttributeError, KeyError, TypeError):
        yield "croissant.json: not a description of files and records"
        return
    for name, (record, _) in croissant.TABLES.items():
        if hashes.get(name) != listed.get(name):
            yield f"croissant.json: not the hash of {name}"
        if records.get(record) != pq.read_schema(folder / name).names:
            yield f"croissant.json: not the columns of {name}"


def _named(table: pd.DataFrame, hit: pd.Series, what: str) -> Faults:
    yield from (f"{id_}: {what}" for id_ in table.loc[hit, "id"])


def content_faults(folder: Path, listed: dict[str, str]) -> Faults:
    """What the tables, the card and Croissant say, against each other."""
    images, rejected = read_tables(folder)
    yield from tables_faults(images, rejected)
    yield from splits_faults(images)
    yield from files_faults(images, listed)
    yield from croissant_faults(folder, listed)
    yield from card_faults(read_header((folder / "README.md").read_text(encoding="utf-8")), images, rejected)


def read_header(text: str) -> dict[str, Any]:
    """The header of a card; empty where there is none."""
    try:
        header = DatasetCard(text).data.to_dict() if text.startswith("---\n") else {}
    except (ValueError, yaml.YAMLError):
        return {}
    return header if isinstance(header.get("native4k"), dict) else {}


def split_table_faults(folder: Path, name: str, listed: dict[str, str]) -> Faults:
    """What a split's own table and list say, against the whole dataset's."""
    yield from split_faults(name, tables.read(folder / name / "metadata.parquet", "id"), read_tables(folder)[0])
    own = {f"{name}/{file}": sha256 for file, sha256 in read_sums(folder / name / SUMS).items()}
    if own.items() - listed.items():
        yield f"{name}/{SUMS}: not what {SUMS} says"


def read_tables(folder: Path) -> list[pd.DataFrame]:
    """The kept and the rejected rows."""
    needed = {"images.parquet": PUBLISHED, "rejected.parquet": ("id", "reason", "rejected_by")}
    return [tables.read(folder / name, *columns) for name, columns in needed.items()]


def report(place: Path, faults: Iterator[str], count: int) -> int:
    """Print each fault, or that there are none; how many there are."""
    found = 0
    for line in faults:
        found += 1
        print(f"{place / line.partition(':')[0]}:{line.partition(':')[2]}", flush=True)
    if not found:
        print(f"{place}: {count:,} files as published")
    return found


def check_splits(folder: Path) -> int:
    """Check the splits that are here of a dataset whose list of checksums is not; the number of faults."""
    here = [folder / name for name in dataset_numbers.SPLITS if (folder / name / SUMS).exists()]
    if not here:
        read_sums(folder / SUMS)  # says what is missing
    for name in dataset_numbers.SPLITS:
        if folder / name not in here:
            print(f"{folder / name}: not here, not checked")
    found = 0
    if others := sorted(path.name for path in folder.iterdir() if path not in here):
        fault = f"{SUMS}: missing, so {', '.join(others)} cannot be checked; {AGAIN}"
        found += report(folder, iter([fault]), 0)
    for place in here:
        listed = read_sums(place / SUMS)
        found += report(place, split_folder_faults(place, listed), len(listed))
    return found


def check(folder: Path) -> int:
    """Check all that is here of a dataset, or a split, and say what is not; the number of faults."""
    if folder.is_dir() and not (folder / SUMS).exists():
        return check_splits(folder)
    listed = read_sums(folder / SUMS)
    if "metadata.parquet" in listed:
        return report(folder, split_folder_faults(folder, listed), len(listed))
    gone = absent_folders(folder, listed)
    for name in gone:
        print(f"{folder / name}: not here, not checked")
    here = sum(name.split("/")[0] not in gone for name in listed)
    return report(folder, dataset_faults(folder, listed), here)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("dataset", type=Path, help="a published dataset (data/native4k) or one split of it")


def run(args: argparse.Namespace) -> None:
    """Check all that is here, and say what is not."""
    if found := check(args.dataset):
        raise UserError(f"{args.dataset}: {found:,} fault{'s' if found > 1 else ''}, named above")
