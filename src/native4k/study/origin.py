"""What results were made of, as one hash; without arrays, so that whether they are current is known at once."""

import hashlib
import json
from pathlib import Path
from typing import Any

from native4k import params, provenance
from native4k.errors import UserError
from native4k.page import metrics_files

LISTS = ("metadata.parquet", "SHA256SUMS")
"""The files that list a split's images."""


def read(path: Path) -> dict[str, Any]:
    """A file of results, or one line that says what is wrong with it."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run 'make study'") from None
    except ValueError as error:
        raise UserError(f"{path}: not readable as JSON: {' '.join(str(error).split())}; run 'make study'") from None
    if not isinstance(tree, dict) or not tree.keys() >= set(metrics_files.RESULT_KEYS):
        raise UserError(f"{path}: not the results of a study; run 'make study'")
    return tree


def made_of(numbers: Path, design: str, splits: tuple[Path, ...]) -> dict[str, Any]:
    """The names of the splits, and a hash of them, of the params and of the code."""
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
