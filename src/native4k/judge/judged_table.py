"""Judged rows as a table for a terminal, as JSON and as CSV, line by line as they come."""

import csv
import io
import json
import math
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from native4k.judge.picture_files import printable

Row = dict[str, Any]

COLOURS = {"native": 32, "upscaled": 31, "cannot tell": 33, "too small": 33, "not judged": 35}
"""Outcome -> a terminal's colour."""

BAR = 10
"""Characters of a bar."""

EIGHTHS = " ▏▎▍▌▋▊▉"


class Look(NamedTuple):
    """What the table is printed on: characters across (None: as long as need be), colours, whether it has blocks."""

    width: int | None
    colours: bool
    blocks: bool


HEAD = f"{'outcome':<11}  {'size':<13}  {'true size':<13}  {'false alarms':<19}  file"


def as_table(rows: Iterable[Row], look: Look) -> Iterator[str]:
    """A line of figures and a line of reasons for each row."""
    yield HEAD
    for row in rows:
        outcome = f"{row['outcome']:<11}"
        if look.colours:
            outcome = f"\033[{COLOURS[row['outcome']]}m{outcome}\033[0m"
        sizes = [_size(row["width"], row["height"]), _size(row["true_width"], row["true_height"])]
        rate = row["false_alarm_rate"]
        score = "" if math.isnan(rate) else f"{100 * rate:6.2f} % {bar(rate, blocks=look.blocks)}"
        yield f"{outcome}  {sizes[0]:<13}  {sizes[1]:<13}  {score:<19}  {printable(row['file'])}"
        why = [row["why"]] if look.width is None else textwrap.wrap(row["why"], max(20, look.width - 3))
        yield from (f"  {line}" for line in why)


def _size(width: int | None, height: int | None) -> str:
    return f"{width} x {height}" if width else ""


def bar(share: float, *, blocks: bool) -> str:
    """A bar whose whole length is 1."""
    if not blocks:
        return "#" * round(BAR * share)
    whole, part = divmod(round(BAR * share * 8), 8)
    return "█" * whole + EIGHTHS[part].strip()


def as_json(rows: Iterable[Row]) -> Iterator[str]:
    """A list of objects, one a line; null where there is no number."""
    before = "["
    for row in rows:
        yield before + json.dumps(_without_nan(row), allow_nan=False)
        before = ","
    yield "]" if before == "," else "[]"


def as_csv(rows: Iterable[Row]) -> Iterator[str]:
    """A header and a line for each row; empty where there is no number, names escaped as in the table."""
    for number, row in enumerate(rows):
        if not number:
            yield _csv_line(list(row))
        shown = _without_nan(row) | {"file": printable(row["file"])}
        yield _csv_line(["" if value is None else value for value in shown.values()])


def _csv_line(cells: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def _without_nan(row: Row) -> Row:
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}
