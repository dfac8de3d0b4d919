"""Tables: Parquet, one row per image, sorted by id, written whole or not at all, the same bytes every time."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from native4k.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

VERSION = "1"
"""Of the columns' meaning; a table with another one is refused."""

FUNNEL = ("collected.parquet", "not_collected.parquet", "fetched.parquet")
"""Tables that stand beside the store's index, the features and the final tables: the funnel from the metadata on."""

PART = ".part"
"""Ending of temporary names; a file that has it was left by a kill."""

DIGESTED = 2**23
"""Bytes that are hashed at once."""

ROW_GROUP = 10_000
"""Rows; small row groups keep viewers and streaming readers fast."""


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A temporary name beside path that becomes path when the block ends well, and is gone when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}{PART}")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.filename in {None, str(temporary)}:
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside path that takes path's place when the block ends well, and is gone when it does not."""
    temporary = path.with_name(f".{path.name}{PART}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        if path.exists():
            shutil.rmtree(path)
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def digest(path: Path) -> str:
    """A file's SHA-256, in pieces so large that threads that compute seldom hold it up."""
    found = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(DIGESTED):
            found.update(piece)
    return found.hexdigest()


def write_text(text: str, path: Path) -> None:
    """A small text file, whole or not at all."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(tree: dict[str, Any], path: Path) -> None:
    """A tree with its keys sorted, whole or not at all."""
    write_text(json.dumps(tree, indent=1, sort_keys=True) + "\n", path)


def write(table: "pd.DataFrame", path: Path, metadata: dict[str, str] | None = None) -> None:
    """The table sorted by id, in canonical bytes; metadata goes into the schema."""
    ordered = table.sort_values("id", kind="stable") if "id" in table else table
    arrow = pa.Table.from_pandas(ordered, preserve_index=False)
    write_arrow([arrow], arrow.schema, path, metadata)


def write_arrow(
    pieces: Iterable[pa.Table], schema: pa.Schema, path: Path, metadata: dict[str, str] | None = None
) -> None:
    """Pieces of a table, already in order, as one file in canonical bytes."""
    schema = schema.with_metadata({"native4k": VERSION} | (metadata or {}))
    with atomic_file(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        for piece in pieces:
            writer.write_table(piece.replace_schema_metadata(schema.metadata), row_group_size=ROW_GROUP)


def read(
    path: Path, *needed: str, columns: list[str] | None = None, filters: list[tuple[str, str, str]] | None = None
) -> "pd.DataFrame":
    """A table of ours, or only the rows that Parquet's filters let through; one line if something is wrong with it."""
    schema = _schema(path)
    missing = [name for name in (*needed, *(columns or [])) if name not in schema.names]
    if missing:
        raise UserError(f"{path}: column {missing[0]!r} is missing; there are: {', '.join(schema.names)}")
    try:
        table: pd.DataFrame = pq.read_table(path, columns=columns, filters=filters).to_pandas()
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(f"{path}: damaged ({' '.join(str(error).split())}); run the step that makes it again") from None
    return table


def read_csv(path: Path) -> "pd.DataFrame":
    """People's CSV as texts, or one line if it is none."""
    import pandas as pd

    try:
        return pd.read_csv(path, dtype="str", keep_default_na=False)
    except ValueError as error:  # pandas' parser errors and a wrong encoding are all of this kind
        raise UserError(f"{path}: not readable as CSV: {' '.join(str(error).split())}") from None


def columns(path: Path) -> list[str]:
    """The names of a table's columns."""
    return list(_schema(path).names)


def metadata(path: Path) -> dict[str, str]:
    """What was written into the schema beside the columns."""
    return {key.decode(): value.decode() for key, value in (_schema(path).metadata or {}).items()}


def _schema(path: Path) -> pa.Schema:
    if not path.exists():
        raise UserError(f"{path}: no such table; run the step that makes it, or pull it with dvc")
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(f"{path}: not a Parquet table ({' '.join(str(error).split())})") from None
    version = (schema.metadata or {}).get(b"native4k")
    if version != VERSION.encode():
        found = version.decode() if version else "none"
        raise UserError(f"{path}: written by table version {found}, this code reads {VERSION}; run the step again")
    return schema


def reject(table: "pd.DataFrame", mask: "pd.Series | np.ndarray", reason: str, step: str) -> "pd.DataFrame":
    """The table with a reason on the masked rows; the first reason stands."""
    hit = np.asarray(mask, dtype=bool)
    if not hit.any():
        return table
    hit = hit & (table["reason"] == "").to_numpy()
    return table.assign(
        **{name: fill_where(table[name], hit, word) for name, word in (("reason", reason), ("rejected_by", step))}
    )


def fill_where(column: "pd.Series[str]", where: np.ndarray, word: str) -> "pd.Series[str]":
    """A column of texts with a word in some places; twice as quick as pandas' own."""
    import pandas as pd

    texts = pa.array(column)
    changed = pc.if_else(pa.array(where), pa.scalar(word, texts.type), texts)
    return pd.Series(changed, column.index, column.dtype, column.name)


def is_kept(table: "pd.DataFrame") -> "pd.Series":
    """Which rows no step has rejected."""
    return table["reason"] == ""


def funnel(table: "pd.DataFrame") -> "pd.DataFrame":
    """How many rows each step rejected and why, most first, the kept ones last."""
    counts = table.groupby(["rejected_by", "reason"], sort=True).size().rename("rows").reset_index()
    counts["kept"] = counts["reason"] == ""
    return counts.sort_values(["kept", "rows", "reason"], ascending=[True, False, True]).drop(columns="kept")


def check_conservation(before: "pd.DataFrame", after: "pd.DataFrame", step: str) -> None:
    """Check that rows in are rows out, and that no reason was changed."""
    old, new = before.set_index("id"), after.set_index("id")
    if not old.index.sort_values().equals(new.index.sort_values()):
        raise AssertionError(f"{step}: {len(old)} rows went in, {len(new)} came out, or their ids differ")
    decided = old.index[old["reason"] != ""]
    if not old.loc[decided, "reason"].equals(new.loc[decided, "reason"]):
        raise AssertionError(f"{step}: changed a reason that an earlier step had given")


def shard_of(ids: "pd.Series", shards: int) -> "pd.Series":
    """Each image's shard, from its id alone: kept when the collection grows, and in the order of the ids."""
    return ids.map(lambda id_: int(id_[:8], 16) * shards >> 32)


def parse_shard(text: str) -> tuple[int, int]:
    """'2/4' as (2, 4)."""
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and int(number) < int(of)):
        raise UserError(f"--shard {text!r}: expected NUMBER/COUNT with 0 <= NUMBER < COUNT, such as 0/4")
    return int(number), int(of)
