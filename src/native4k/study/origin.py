"""What results were made of, as hashes; without arrays, so that whether they are current is known at once."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from native4k import params, provenance
from native4k.page import metrics_files
from native4k.params import compose

LISTS = ("metadata.parquet", "SHA256SUMS")
"""The files that list a split's images."""


def read(path: Path) -> dict[str, Any]:
    """Read a file of results; a UserError says what is wrong with it."""
    return metrics_files.read(path, *metrics_files.RESULT_KEYS, command="make study")


def made_of(numbers: Path, design: str, splits: Sequence[Path], overlays: Sequence[Path] = ()) -> dict[str, Any]:
    """Return the names of splits and overlays, the definition of code and params, and a hash of it and the images."""
    images = [[_digest(split / name) for name in LISTS] for split in splits]
    definition = _definition(numbers, design, overlays)
    text = json.dumps([definition, images])
    return {
        "splits": [split.as_posix() for split in splits],
        "overlays": [overlay.as_posix() for overlay in overlays],
        "definition": definition,
        "hash": hashlib.sha256(text.encode()).hexdigest()[:16],
    }


def is_current(tree: dict[str, Any], numbers: Path) -> bool:
    """Whether results belong to the params, the code and the images that are here now."""
    recorded = tree["made_of"]
    places = (tuple(map(Path, recorded[key])) for key in ("splits", "overlays"))
    same: bool = recorded == made_of(numbers, tree["study"], *places)
    return same


def has_current_code(tree: dict[str, Any], numbers: Path) -> bool:
    """Whether results belong to the params and the code that are here now, wherever their images are."""
    recorded = tree["made_of"]
    overlays = tuple(map(Path, recorded["overlays"]))
    same: bool = recorded["definition"] == _definition(numbers, tree["study"], overlays)
    return same


def _definition(numbers: Path, design: str, overlays: Sequence[Path]) -> str:
    tree = yaml.safe_load(compose.compose(numbers, overlays)) if overlays else params.read(numbers)
    return provenance.definition("study", tree, design)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
