"""CSV, TSV and JSON lines, plain or gzipped, row by row: slow beside Parquet, and never a wrong count."""

import csv
import gzip
import json
import zlib
from collections.abc import Iterator
from itertools import chain, islice
from typing import IO, Any

import polars as pl

from native4k.errors import UserError
from native4k.metadata.locations import EMPTY_FILE, Part, access_errors
from native4k.sources.source import Source

BATCH = 50_000
"""Rows."""

MAX_FIELD = 2**27
"""Characters of one field; csv's own limit of 131,072 is less than a caption may have."""


def frames(part: Part, source: Source) -> Iterator[pl.DataFrame]:
    """A text file's rows, every value as text."""
    with access_errors(part.name), part.files.open(part.path, "rb") as raw:
        file = gzip.GzipFile(fileobj=raw) if part.zipped else raw
        yield from _json(part, file) if part.kind == "jsonl" else _table(part, file, source)


def _lines(part: Part, file: "IO[bytes] | gzip.GzipFile") -> Iterator[str]:
    number = 0
    try:
        for number, line in enumerate(file, start=1):
            yield line.decode().removeprefix("\ufeff") if number == 1 else line.decode()
    except UnicodeDecodeError as error:
        raise UserError(f"{part.name}: line {number:,}: not UTF-8 ({error.reason}); convert the file") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{part.name}: damaged after line {number:,} ({error}); fetch the file again") from None


def _table(part: Part, file: "IO[bytes] | gzip.GzipFile", source: Source) -> Iterator[pl.DataFrame]:
    csv.field_size_limit(MAX_FIELD)
    dialect: dict[str, Any] = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if part.kind == "tsv" else {"strict": True}
    yield from _records(part, csv.reader(_lines(part, file), **dialect), source)


def _records(part: Part, rows: Any, source: Source) -> Iterator[pl.DataFrame]:
    batch, line = _first_row(part, rows)
    first = batch[0]
    headed = not source.header or [name.lower() for name in first] == [name.lower() for name in source.header]
    header = first if headed else list(source.header)
    if twice := {name for name in header if header.count(name) > 1}:
        raise UserError(f"{part.name}: line {line:,}: column {min(twice)!r} is there twice; rename one")
    batch, line = ([], rows.line_num + 1) if headed else (batch, line)
    _read_rows(part, rows, batch, BATCH, line)
    while batch:
        if {len(row) for row in batch} - {len(header), 0}:
            _raise_uneven(part, line, batch, len(header))
        full = [row for row in batch if row]  # an empty line is no row
        yield pl.DataFrame(full, schema=dict.fromkeys(header, pl.String), orient="row")
        batch, line = [], rows.line_num + 1
        _read_rows(part, rows, batch, BATCH, line)


def _first_row(part: Part, rows: Any) -> tuple[list[list[str]], int]:
    """The first row, alone in a batch, and the line that it begins on; an empty line is no row."""
    batch: list[list[str]] = [[]]
    while batch == [[]]:
        batch, line = [], rows.line_num + 1
        _read_rows(part, rows, batch, 1, line)
    if not batch:
        raise UserError(f"{part.name}: {EMPTY_FILE}")
    return batch, line


def _read_rows(part: Part, rows: Any, batch: list[list[str]], count: int, line: int) -> None:
    """Add the next rows to a batch, whose first row begins on the line."""
    try:
        batch.extend(islice(rows, count))
    except csv.Error as error:
        begins = line + _lines_of(batch)
        raise UserError(f"{part.name}: line {begins:,}: {error}; fix the quotes of the row that begins there") from None


def _lines_of(rows: list[list[str]]) -> int:
    return sum(1 + sum(field.count("\n") for field in row) for row in rows)


def _raise_uneven(part: Part, line: int, batch: list[list[str]], wanted: int) -> None:
    place, row = next((place, row) for place, row in enumerate(batch) if len(row) not in {wanted, 0})
    begins = line + _lines_of(batch[:place])
    shown = f"fix the row ({row[0][:80]!r})"
    raise UserError(f"{part.name}: line {begins:,}: {len(row)} fields, the header has {wanted} columns; {shown}")


def _json(part: Part, file: "IO[bytes] | gzip.GzipFile") -> Iterator[pl.DataFrame]:
    lines = enumerate(_lines(part, file), start=1)
    numbered: Iterator[tuple[int, str]] = ((number, line) for number, line in lines if line.strip())
    names: dict[str, None] = {}
    if (first := next(numbered, None)) is None:
        raise UserError(f"{part.name}: {EMPTY_FILE}")
    numbered = chain([first], numbered)
    while batch := list(islice(numbered, BATCH)):
        objects = [_object(part, number, line) for number, line in batch]
        names |= dict.fromkeys(name for one in objects for name in one)
        columns = {name: [_as_text(one.get(name)) for one in objects] for name in names}
        try:
            yield pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))
        except UnicodeEncodeError:
            _raise_surrogate(part, batch)


def _raise_surrogate(part: Part, batch: list[tuple[int, str]]) -> None:
    """Name the row with an escape that is half a character."""
    for number, line in batch:
        try:
            json.dumps(json.loads(line), ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise UserError(f"{part.name}: line {number:,}: not Unicode ({error.reason}); fix the row") from None


def _object(part: Part, number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{part.name}: line {number:,}: not JSON ({error}); fix the row") from None
    if not isinstance(found, dict):
        raise UserError(f"{part.name}: line {number:,}: expected an object, found {type(found).__name__}")
    return found


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)
