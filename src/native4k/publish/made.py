"""How a dataset was made, as hashes that are the same on every machine: numbers, code, locked packages, inputs."""

import hashlib
import json
from pathlib import Path

from native4k import params, tables

PACKAGE = Path(__file__).parent.parent

SECTIONS = tuple(
    name for name in params.SECTIONS[: params.SECTIONS.index("publish") + 1] if name not in {"shards", "analyze"}
)
"""The params that the dataset depends on; those of the publish stage in dvc.yaml are the same."""

CODE = (
    "dataset",
    "fetch",
    "headers",
    "measure",
    "metadata",
    "sources",
    "geometry.py",
    "images.py",
    "tables.py",
    "publish/card.py",
    "publish/columns.py",
    "publish/croissant.py",
    "publish/drawn.py",
    "publish/facts.py",
    "publish/limits.py",
    "publish/made.py",
    "publish/publish.py",
    "report/found.py",
    "report/page.py",
    "report/plots.py",
)
"""The modules and packages that the dataset depends on; the dependencies of the publish stage are the same."""

Hashes = dict[str, dict[str, str]]
"""params, code, packages, inputs -> part -> SHA-256."""


def of_code(place: Path) -> str:
    """One hash for a module, or for all modules of a package by name and content."""
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    listed = [f"{tables.digest(path)}  {path.relative_to(place.parent).as_posix()}\n" for path in files]
    return hashlib.sha256("".join(listed).encode()).hexdigest()


def of_section(section: object) -> str:
    """The hash of a section's values, whatever its comments and order."""
    return hashlib.sha256(json.dumps(section, sort_keys=True, default=str).encode()).hexdigest()


def hashes(numbers: Path, lock: Path, made_of: Path) -> Hashes:
    """All that the dataset was made from; its tables carry the SHA-256 of every image."""
    tree = params.read(numbers)
    return {
        "params": {name: of_section(tree.get(name)) for name in SECTIONS},
        "code": {name: of_code(PACKAGE / name) for name in CODE},
        "packages": {lock.name: tables.digest(lock)},
        "inputs": {path.name: tables.digest(path) for path in sorted(made_of.glob("*.parquet"))},
    }
