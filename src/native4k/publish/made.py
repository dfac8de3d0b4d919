"""How a dataset was made, as hashes that are the same on every machine: steps, locked packages, inputs."""

from pathlib import Path

from native4k import params, provenance, tables
from native4k.provenance.steps import DATASET, MEASURE

Hashes = dict[str, dict[str, str]]
"""step, packages, input -> part -> hash."""


def hashes(numbers: Path, lock: Path, made_of: Path) -> Hashes:
    """All that the dataset was made from; its tables carry the SHA-256 of every image."""
    tree = params.read(numbers)
    steps = {name: provenance.definition(name, tree) for name in (*MEASURE, *DATASET)}
    return {
        "step": steps | {"publish": provenance.definition("publish", tree)},
        "packages": {lock.name: tables.digest(lock)},
        "input": {path.name: tables.digest(path) for path in sorted(made_of.glob("*.parquet"))},
    }
