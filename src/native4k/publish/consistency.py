"""Whether the tables, the card and Croissant of a published dataset agree with each other and with its files."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from native4k.publish import croissant, dataset_numbers

Faults = Iterator[str]
"""Lines: what is wrong, and with which file or row."""

KNOWN = {*dataset_numbers.SPLITS, dataset_numbers.RESERVE}


def of_tables(images: pd.DataFrame, rejected: pd.DataFrame) -> Faults:
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


def of_splits(images: pd.DataFrame) -> Faults:
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


def of_split(name: str, own: pd.DataFrame, images: pd.DataFrame) -> Faults:
    """A split's own table says what the dataset's table says."""
    rows = images[images["split"] == name].assign(file_name=lambda rows: rows["file_name"].str.removeprefix(f"{name}/"))
    if sorted(own["id"]) != sorted(rows["id"]):
        yield f"{name}/metadata.parquet: not the images of {name} in images.parquet"
        return
    left, right = (table.set_index("id").sort_index() for table in (own, rows))
    for column in [column for column in left if column in right]:
        if left[column].tolist() != right[column].tolist():
            yield f"{name}/metadata.parquet: column {column!r} is not that of images.parquet"


def of_files(images: pd.DataFrame, listed: Mapping[str, str]) -> Faults:
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


def of_card(header: dict[str, Any], images: pd.DataFrame, rejected: pd.DataFrame) -> Faults:
    """The card's numbers are the tables', and they add up."""
    header_numbers = header["native4k"]
    try:
        early = {step: reasons for step, reasons in header_numbers["rejected"].items() if step == "collect"}
        counted = dataset_numbers.count(early, images, rejected)
        wrong = [name for name, value in counted.items() if header_numbers.get(name) != value]
        wrong += ["the sum"] if dataset_numbers.inconsistency(header_numbers) else []
    except (AttributeError, KeyError, TypeError):
        wrong = ["its header"]
    yield from (f"README.md: {name} is not what the tables say" for name in wrong)


def of_croissant(tree: dict[str, Any], schemas: Mapping[str, pa.Schema], listed: Mapping[str, str]) -> Faults:
    """Croissant names the tables with their hashes and all their columns."""
    try:
        hashes = {one["@id"]: one.get("sha256") for one in tree["distribution"]}
        records = {one["@id"]: [field["name"] for field in one["field"]] for one in tree["recordSet"]}
    except (AttributeError, KeyError, TypeError):
        yield "croissant.json: not a description of files and records"
        return
    for name, (record, _) in croissant.TABLES.items():
        if hashes.get(name) != listed.get(name):
            yield f"croissant.json: not the hash of {name}"
        if records.get(record) != schemas[name].names:
            yield f"croissant.json: not the columns of {name}"


def _named(table: pd.DataFrame, hit: pd.Series, what: str) -> Faults:
    yield from (f"{id_}: {what}" for id_ in table.loc[hit, "id"])
