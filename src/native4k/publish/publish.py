"""Link the kept images into a dataset version: a folder a split, tables, a card and checksums."""

import argparse
import hashlib
import os
from pathlib import Path
from typing import Any

import pandas as pd

from native4k import images, params, tables
from native4k.errors import UserError
from native4k.fetch.store import file_of

SPLITS = ("train", "val", "test")
SUMS = "SHA256SUMS"
COLUMNS = ["file_name", "id", "caption", "category", "width", "height", "source", "license", "sha256"]


@params.params
class Params:
    """What the card says of the version."""

    name: str
    title: str


def file_names(table: pd.DataFrame) -> pd.Series:
    """The published name of each image: its id, and an ending for its format."""
    return table["id"] + "." + table["format"].map(images.FORMATS)


def link(table: pd.DataFrame, store: Path, folder: Path) -> None:
    """A split's images as hard links to the store's files: no bytes are copied."""
    for row in table.itertuples():
        source = (store / file_of(str(row.sha256), images.FORMATS[str(row.format)])).resolve()
        try:
            os.link(source, folder / str(row.file_name))
        except FileNotFoundError:
            raise UserError(f"{source}: not in the image store; run 'make images' or 'dvc pull {store}'") from None


def sums(folder: Path) -> str:
    """Checksums of a folder's files, as sha256sum prints them."""
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in sorted(folder.iterdir())]
    return "\n".join(lines) + "\n"


def card(table: pd.DataFrame, numbers: Params) -> str:
    """The dataset's card: header for the hub, splits, categories, sources, licences, funnel."""
    kept = table[tables.kept(table)]
    parts = {
        "Splits": pd.crosstab(kept["split"], kept["category"], margins=True, margins_name="all"),
        "Sources and licences": kept.groupby(["source", "license"]).size().rename("images").to_frame(),
        "Funnel": tables.funnel(table).set_index("rejected_by"),
    }
    head = f"---\npretty_name: {numbers.title}\ntask_categories:\n- image-to-image\n- text-to-image\n---\n"
    body = "\n".join(f"## {name}\n\n{markdown(part.reset_index())}\n" for name, part in parts.items())
    return (
        f"{head}\n# {numbers.name}: {numbers.title}\n\n{len(kept):,} images. The files are the bytes that the sources "
        "served, never encoded again; their names are ids.\n\n"
        f"{body}\nRows without a `rejected_by` are kept. `images.parquet` has every column of the kept images, "
        "`rejected.parquet` every other candidate with the reason and the step that gave it. "
        "`native4k check` verifies each split against its `SHA256SUMS`.\n"
    )


def markdown(table: pd.DataFrame) -> str:
    """A table in Markdown."""
    rows: list[Any] = [table.columns, ["---"] * len(table.columns), *table.itertuples(index=False)]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("tables", type=Path, help="the folder of final tables (data/tables)")
    parser.add_argument("store", type=Path, help="the image store (data/images)")
    parser.add_argument("out", type=Path, help="the dataset version to write (data/native4k)")


def run(args: argparse.Namespace) -> None:
    """Write the dataset version."""
    numbers = params.load(Params, args.params, "publish")
    table = tables.read(args.tables / "images.parquet", "id", "reason", "split")
    kept = table[tables.kept(table)]
    kept = kept.assign(file_name=file_names(kept))
    for name in SPLITS:
        with tables.whole_folder(args.out / name) as folder:
            part = kept[kept["split"] == name]
            link(part, args.store, folder)
            tables.write(part[COLUMNS], folder / "metadata.parquet")
            tables.write_text(sums(folder), folder / SUMS)
    tables.write(kept, args.out / "images.parquet")
    tables.write(table[~tables.kept(table)], args.out / "rejected.parquet")
    tables.write_text(card(table, numbers), args.out / "README.md")
    print(kept["split"].value_counts().to_string())
