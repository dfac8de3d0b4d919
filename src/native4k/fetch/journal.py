"""A journal of finished work, one JSON row a line; a line that a kill has cut short is ignored."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a journal without incomplete lines."""
    rows = []
    for line in path.read_bytes().split(b"\n") if path.exists() else []:
        with suppress(ValueError):
            rows.append(json.loads(line))
    return [row for row in rows if isinstance(row, dict)]


class Journal:
    """A file that lines are added to; each begins a line of its own, whatever a kill has left."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.file: IO[str] = path.open("a", encoding="ascii")

    def add(self, row: Mapping[Any, Any]) -> None:
        """Add a row; control characters and all that is not ASCII are written as JSON escapes them."""
        self.file.write("\n" + json.dumps(row))
        self.file.flush()

    def stamped(self, row: Mapping[Any, Any]) -> None:
        """Add a row with the time of day."""
        self.add({"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **row})

    def close(self) -> None:
        """Close the file."""
        self.file.close()
