"""What a step tells the run that started it, `native4k run`: that it begins, how far it is, how it ended.

One JSON object a line, in a file that the run has made and an environment variable names. A step that was not started
by a run tells nobody.
"""

import json
import os
from pathlib import Path
from typing import Any

VARIABLE = "NATIVE4K_EVENTS"


def are_read() -> bool:
    """Whether a run reads what this process tells."""
    return Path(os.environ.get(VARIABLE, "")).is_file()


def tell(**facts: Any) -> None:
    """Add a line; where nobody can read it, or the disk is full, nothing is told, which no result depends on."""
    line = json.dumps({"job": os.getpid(), **facts}) + "\n"
    try:
        file = os.open(os.environ.get(VARIABLE, ""), os.O_WRONLY | os.O_APPEND)
    except OSError:
        return
    try:
        os.write(file, line.encode())
    except OSError:
        return
    finally:
        os.close(file)


class Reader:
    """Reads events as they come."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._rest = b""

    def new(self) -> list[dict[str, Any]]:
        """The objects of the whole lines that are new; a line that a full disk has cut says nothing."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        return [found for line in lines if (found := _object(line))]

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _object(line: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return found
