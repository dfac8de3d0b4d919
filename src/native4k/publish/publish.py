"""Link the kept images into a dataset version: a folder a split, tables, plots, a card, Croissant and checksums.

The files are hard links to the image store: no byte is copied. The list of checksums is written last; a version without
one was interrupted, and the same command finishes it.
"""

import argparse
import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from native4k import images, params, provenance, sources, tables
from native4k.dataset import takedown
from native4k.errors import UserError
from native4k.fetch.store import file_of
from native4k.geometry import Geometry
from native4k.progress import Bar
from native4k.provenance.steps import DATASET, MEASURE
from native4k.publish import card, card_plots, croissant, dataset_numbers

SPLITS = dataset_numbers.SPLITS
SUMS = "SHA256SUMS"
COLUMNS = ["file_name", "id", "caption", "category", "width", "height", "source", "license", "sha256"]
"""Columns of the table of each split."""

REQUIRED = ("id", "source", "url", "license", "caption", "category", "format", "width", "height", "sha256", "bytes",
            "reason", "rejected_by", "split", takedown.WITHHELD)  # fmt: skip
REJECTED_COLUMNS = ["id", "source", "url", "reason", "rejected_by", "representative", "distance"]
"""Columns of the rejected rows; the others are not published, and no URL of what its owner wants left out."""


@params.params
class Params:
    """Name, title, version and origin of the dataset, for its card."""

    name: str
    title: str
    version: str
    url: str
    creator: str


def link_images(table: pd.DataFrame, store: Path, folder: Path) -> None:
    """Link the images of a split to the files of the store; no bytes are copied."""
    for row in Bar(table.itertuples(), f"publish {folder.name.split('.')[1]}", len(table), unit="file", mininterval=5):
        source = (store / file_of(str(row.sha256), images.FORMATS[str(row.format)])).resolve()
        try:
            if source.stat().st_size != row.bytes:
                raise UserError(f"{source}: not {row.bytes:,} bytes; run 'make images' or 'dvc pull {store}'")
            os.link(source, folder / str(row.file_name))
        except FileNotFoundError:
            raise UserError(f"{source}: not in the image store; run 'make images' or 'dvc pull {store}'") from None
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            raise UserError(f"{folder.parent}: not on the file system of {store}, so files cannot be linked") from None


def checksum_lines(listed: Mapping[str, str]) -> str:
    """Checksums by file name, as sha256sum prints and reads them."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(listed.items()))


def describe(numbers: Params, counted: dict[str, Any], kept: pd.DataFrame) -> dict[str, Any]:
    """The description of the whole dataset for Croissant."""
    count = sum(counted["splits"][name]["images"] for name in SPLITS)
    licences = kept["license"].value_counts().sort_index(kind="stable").index[: card.MAX_ROWS].tolist()
    return {
        "name": numbers.name,
        "description": f"{numbers.title}: {count:,} images with detail at full size, as they were served",
        "version": numbers.version,
        "url": numbers.url,
        "license": licences or ["unknown"],
        "creator": {"@type": "sc:Organization", "name": numbers.creator, "url": numbers.url},
        "citeAs": f"{numbers.creator}: {numbers.name}, version {numbers.version}, {numbers.url}",
    }


def publish_splits(kept: pd.DataFrame, store: Path, out: Path) -> dict[str, str]:
    """Write every split's folder; the checksums of all their files."""
    checksums: dict[str, str] = {}
    for split in SPLITS:
        rows = kept[kept["split"] == split]
        rows = rows.assign(file_name=rows["file_name"].str.removeprefix(f"{split}/"))
        with tables.atomic_folder(out / split) as folder:
            link_images(rows, store, folder)
            tables.write(rows[COLUMNS], folder / "metadata.parquet")
            listed = dict(zip(rows["file_name"], rows["sha256"], strict=True))
            listed["metadata.parquet"] = tables.digest(folder / "metadata.parquet")
            tables.write_text(checksum_lines(listed), folder / SUMS)
            listed[SUMS] = tables.digest(folder / SUMS)
        checksums |= {f"{split}/{name}": sha256 for name, sha256 in listed.items()}
    return checksums


def publish_tables(kept: pd.DataFrame, rejected: pd.DataFrame, out: Path) -> dict[str, str]:
    """Write the kept and the rejected rows; the checksums of both tables."""
    tables.write(kept.drop(columns=takedown.WITHHELD), out / "images.parquet")
    named = rejected.assign(url=takedown.public_names(rejected))
    tables.write(named[[name for name in REJECTED_COLUMNS if name in named]], out / "rejected.parquet")
    return {name: tables.digest(out / name) for name in croissant.TABLES}


def with_file_names(kept: pd.DataFrame) -> pd.DataFrame:
    """The kept rows with their files below the dataset's folder; none for what is in reserve."""
    names = kept["split"] + "/" + kept["id"] + "." + kept["format"].map(images.FORMATS)
    return kept.assign(file_name=names.where(kept["split"].isin(SPLITS), ""))


def publish_pages(version: card.Version, about: dict[str, Any], listed: Mapping[str, str], out: Path) -> dict[str, str]:
    """Write plots, card and Croissant, the tables being there; the checksums of their files."""
    with tables.atomic_folder(out / "plots") as folder:
        plots = card_plots.write(version.kept, version.numbers, folder)
    schemas = {name: pq.read_schema(out / name) for name in croissant.TABLES}
    files = {name: ((out / name).stat().st_size, listed[name]) for name in croissant.TABLES}
    formats = version.kept.groupby("split")["format"].unique()
    kinds = {name: sorted(formats.get(name, [])) for name in SPLITS}
    tables.write_json(croissant.croissant(about, kinds, schemas, files), out / "croissant.json")
    tables.write_text(card.card(version, schemas["images.parquet"], plots), out / "README.md")
    paths = [out / "README.md", out / "croissant.json", *(out / "plots" / name for name in plots)]
    return {path.relative_to(out).as_posix(): tables.digest(path) for path in paths}


def hashes_of_inputs(numbers: Path, lock: Path, made_of: Path) -> card.Hashes:
    """The hashes of steps, locked packages and tables, the same on every machine; the tables hold each image's."""
    tree = params.read(numbers)
    steps = {name: provenance.definition(name, tree) for name in (*MEASURE, *DATASET, "publish")}
    return {
        "step": steps,
        "packages": {lock.name: tables.digest(lock)},
        "input": {path.name: tables.digest(path) for path in sorted(made_of.glob("*.parquet"))},
    }


def check_title(numbers: Params, collected: pd.DataFrame) -> None:
    """Stop before pictures of others are published under the title of the demo."""
    title, found = sources.find("demo").title, sorted(set(collected["source"]))
    if numbers.title == title and found and "demo" not in found:
        where = f"{title!r}, but the images are of {', '.join(found)}"
        raise UserError(f"params publish.title: {where}; set publish.name and publish.title")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("tables", type=Path, help="the folder of final tables (data/tables)")
    parser.add_argument("store", type=Path, help="the image store (data/images)")
    parser.add_argument("out", type=Path, help="the dataset version to write (data/native4k)")
    parser.add_argument(
        "--lock", type=Path, default=Path("requirements.lock"), help="the locked packages (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> None:
    """Write the dataset version, its list of checksums last."""
    numbers = params.load(Params, args.params, "publish")
    rule = params.load(Geometry, args.params, "probe", "geometry")
    table = tables.read(args.tables / "images.parquet", *REQUIRED)
    collected = tables.read(args.tables / "collected.parquet", "source", "reason", "rows")
    check_title(numbers, collected)
    made = hashes_of_inputs(args.params, args.lock, args.tables)
    kept, rejected = with_file_names(table[tables.is_kept(table)]), table[~tables.is_kept(table)]
    counted = dataset_numbers.count(dataset_numbers.rejected_by_collect(collected), kept, rejected)
    version = card.Version(numbers.name, numbers.title, numbers.version, rule, counted, kept, made)
    (args.out / SUMS).unlink(missing_ok=True)
    for remains in args.out.glob(f".*{tables.PART}"):  # of an interrupted run; whole_folder replaces its own
        if remains.is_file():
            remains.unlink()
    listed = publish_splits(kept, args.store, args.out)
    listed |= publish_tables(kept, rejected, args.out)
    listed |= publish_pages(version, describe(numbers, counted, kept), listed, args.out)
    tables.write_text(checksum_lines(listed), args.out / SUMS)
    print(", ".join(f"{name} {split['images']:,}" for name, split in counted["splits"].items()))
