"""Parquet, of which only the columns and row groups that are needed are read, and of a local file only the rows."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from native4k.errors import UserError
from native4k.metadata.locations import Part, access_errors, network_errors
from native4k.redaction import redact

Rows = TypeVar("Rows", pl.DataFrame, pl.LazyFrame)

BATCH = 200_000
"""Rows."""

CHECKSUM = re.compile(rb"(?s)(?:\x15[\x80-\xff]*[\x00-\x7f]){3}\x15")
"""A page's header: its type, two sizes and then, if it has one, its checksum; each a mark of Thrift's and a number."""

DAMAGE_ERRORS = (pa.ArrowException, pl.exceptions.PolarsError, OSError)
"""What a damaged file raises; network errors, of which some are OSErrors, too, are to be caught before."""


def schema(part: Part) -> dict[str, pl.DataType]:
    """A file's columns and their types, from its footer."""
    with access_errors(part.name), part.files.open(part.path, "rb") as file:
        try:
            found = pq.read_schema(file)
            return dict(pl.DataFrame(found.empty_table()).schema)
        except network_errors():
            raise
        except DAMAGE_ERRORS as error:
            reason = " ".join(str(error).split())
            raise UserError(f"{part.name}: not a whole Parquet file ({reason}); fetch it again") from None


def frames(part: Part, columns: list[pl.Expr], where: pl.Expr | None) -> Iterator[pl.DataFrame]:
    """The columns of the rows where the expression holds."""
    return _by_polars(part, columns, where) if _polars_can_read(part) else _by_pyarrow(part, columns, where)


def counts(part: Part, columns: list[pl.Expr], key: pl.Expr, values: Sequence[str]) -> dict[str, int]:
    """How many rows have each of the values of a key, which is an expression of the columns."""
    sums = [(pl.col("key") == value).sum().alias(value) for value in values]
    try:
        if _polars_can_read(part):
            summed = _select(pl.scan_parquet(part.path, glob=False), columns).select(key=key).select(sums)
            return summed.collect(engine="streaming").row(0, named=True)
        found = [frame.select(key=key).select(sums) for frame in _by_pyarrow(part, columns, None)]
        return pl.concat(found).sum().row(0, named=True) if found else dict.fromkeys(values, 0)
    except DAMAGE_ERRORS as error:
        raise UserError(damage(part, _needed_columns(columns), error)) from None


def _polars_can_read(part: Part) -> bool:
    """Whether Polars can read it: it is here, and its pages carry no checksums, which Polars would not verify."""
    if not part.local:
        return False
    with suppress(IndexError, *DAMAGE_ERRORS), part.files.open(part.path, "rb") as file:  # no row group, or damage
        chunk = pq.read_metadata(file).row_group(0).column(0)
        file.seek(chunk.dictionary_page_offset or chunk.data_page_offset)
        return CHECKSUM.match(file.read(32)) is None
    return True


def _select(rows: Rows, columns: list[pl.Expr]) -> Rows:
    """The columns alone, as many rows of them as there are, also where all of them are constants."""
    return rows.with_columns(columns).select([column.meta.output_name() for column in columns])


def _needed_columns(columns: list[pl.Expr]) -> list[str]:
    """The columns of the file that are needed for ours."""
    return sorted({name for column in columns for name in column.meta.root_names()})


def _by_polars(part: Part, columns: list[pl.Expr], where: pl.Expr | None) -> Iterator[pl.DataFrame]:
    try:
        rows = pl.scan_parquet(part.path, glob=False)
        chosen = _select(rows if where is None else rows.filter(where), columns)
        yield from chosen.collect_batches(chunk_size=BATCH, lazy=True, engine="streaming")
    except DAMAGE_ERRORS as error:
        raise UserError(damage(part, _needed_columns(columns if where is None else [*columns, where]), error)) from None


def _by_pyarrow(part: Part, columns: list[pl.Expr], where: pl.Expr | None) -> Iterator[pl.DataFrame]:
    names = _needed_columns(columns if where is None else [*columns, where])
    with access_errors(part.name), part.files.open(part.path, "rb", cache_type="readahead") as raw:
        try:
            file = pq.ParquetFile(raw, pre_buffer=True, page_checksum_verification=True)
            for group in range(file.num_row_groups):
                for batch in file.iter_batches(BATCH, [group], names or file.schema_arrow.names[:1]):
                    rows = pl.DataFrame(batch)
                    yield _select(rows if where is None else _copy(rows.filter(where)), columns)
        except network_errors():
            raise
        except DAMAGE_ERRORS as error:
            raise UserError(damage(part, names, error)) from None


def _copy(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows with texts of their own: filtered ones would keep all texts of the batch in memory."""
    table = rows.to_arrow()
    return pl.DataFrame(table.take(pa.array(range(table.num_rows), pa.int64())))


def damage(part: Part, names: list[str], error: Exception) -> str:
    """One line that names the first row group in which one of the columns cannot be read."""
    reason = redact(" ".join(str(error).split()))[:300]
    with access_errors(part.name), part.files.open(part.path, "rb") as raw:
        try:
            file = pq.ParquetFile(raw, page_checksum_verification=True)
        except network_errors():
            raise
        except DAMAGE_ERRORS:
            return f"{part.name}: cannot be read ({reason}); fetch it again"
        first = 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            where = f"{part.name}: row group {group} (rows {first:,} to {first + rows - 1:,})"
            for name in names:
                try:
                    binary = _is_binary(file, group, name)
                except network_errors():
                    raise
                except DAMAGE_ERRORS as found:
                    why = redact(" ".join(str(found).split()))[:200]
                    return f"{where}: damaged ({why}) in column {name!r}; fetch it again"
                if binary:
                    return f"{where}: column {name!r} is not UTF-8; convert the file"
            first += rows
    return f"{part.name}: cannot be read ({reason}); fetch it again"


def _is_binary(file: pq.ParquetFile, group: int, name: str) -> bool:
    """Read a column of a row group in full; whether it holds bytes that are no text."""
    for batch in file.iter_batches(row_groups=[group], columns=[name]):
        batch.validate(full=True)
        for column in batch.columns:
            if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
                try:
                    column.cast(pa.large_string())
                except pa.ArrowInvalid:
                    return True
    return False
