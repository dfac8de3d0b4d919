"""What results were made of, as one hash; without arrays, so that whether they are current is known at once."""

import hashlib
import json
from pathlib import Path
from typing import Any

from native4k import params, provenance
from native4k.page import metrics_files

LISTS = ("metadata.parquet", "SHA256SUMS")
"""The files that list a split's images."""


def read(path: Path) -> dict[str, Any]:
    """Read a file of results; a UserError says what is wrong with it."""
    return metrics_files.read(path, *metrics_files.RESULT_KEYS, command="make study")


def made_of(numbers: Path, design: str, splits: tuple[Path, ...]) -> dict[str, Any]:
    """Return the names of the splits, and a hash of them, of the params and of the code."""
    images = [[_digest(split / name) for name in LISTS] for split in splits]
    inputs = [provenance.definition("study", params.read(numbers), design), images]
    text = json.dumps(inputs, sort_keys=True, default=str)
    return {"splits": [split.as_posix() for split in splits], "hash": hashlib.sha256(text.encode()).hexdigest()[:16]}


def is_current(tree: dict[str, Any], numbers: Path) -> bool:
    """Whether results belong to the params, the code and the images that are here now."""
    recorded = tree["made_of"]
    same: bool = recorded == made_of(numbers, tree["study"], tuple(map(Path, recorded["splits"])))
    return same


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
