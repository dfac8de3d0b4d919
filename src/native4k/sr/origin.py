"""What answers were made of, as one hash; without arrays, so that whoever shows them soon sees if they still hold."""

import hashlib
import json
from pathlib import Path
from typing import Any

from native4k import params

PACKAGE = Path(__file__).parent.parent

CODE = (
    "fetch/journal.py",
    "images.py",
    "kinds.py",
    "learning",
    "measure/cache.py",
    "measure/columns.py",
    "measure/hardware.py",
    "measure/metrics.py",
    "measure/views.py",
    "sr/answer.py",
    "sr/baselines.py",
    "sr/cells.py",
    "sr/degrade",
    "sr/losses.py",
    "sr/memory.py",
    "sr/metrics",
    "sr/networks",
    "sr/origin.py",
    "sr/patches",
    "sr/question.py",
    "sr/recipes",
    "sr/resample.py",
    "sr/starting_weights.py",
    "sr/task.py",
    "sr/testsets.py",
    "sr/tiles.py",
    "sr/train.py",
    "sr/trials.py",
    "sr/unsharp_mask.py",
    "sr/weight_files.py",
    "tables.py",
)
"""The modules and packages that answers depend on; the dependencies of the stages that ask are the same."""

MEASURING = (
    "images.py",
    "sr/degrade",
    "sr/metrics",
    "sr/networks",
    "sr/resample.py",
    "sr/testsets.py",
    "sr/tiles.py",
    "sr/trials.py",
)
"""Those of them that a trained network's numbers on an image depend on."""

LISTS = ("metadata.parquet", "SHA256SUMS")
"""What says which images a split holds."""


def made_of(numbers: Path, part: str, splits: tuple[Path, ...]) -> dict[str, Any]:
    """The splits as they were named, and the hash of them, of the numbers and of the code."""
    images = [[_digest(split / name) for name in LISTS] for split in splits]
    parts = [_section(params.read(numbers), part), code(CODE), images]
    whole = hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
    return {"splits": [split.as_posix() for split in splits], "hash": whole[:16]}


def holds(tree: dict[str, Any], numbers: Path) -> bool:
    """Whether answers belong to the numbers, the code and the images that are here now."""
    told = tree["made_of"]
    found: bool = told == made_of(numbers, tree["question"], tuple(map(Path, told["splits"])))
    return found


def code(names: tuple[str, ...]) -> str:
    """One hash for modules and packages by name and content."""
    places = [PACKAGE / name for name in names]
    files = [path for place in places for path in ([place] if place.is_file() else sorted(place.rglob("*.py")))]
    listed = [f"{_digest(path)}  {path.relative_to(PACKAGE).as_posix()}\n" for path in files]
    return hashlib.sha256("".join(listed).encode()).hexdigest()


def _section(tree: dict[str, Any], part: str) -> list[Any]:
    sr = tree.get("sr", {})
    question = sr.get("question", {})
    shared = {name: value for name, value in question.items() if name != "parts"}
    return [shared, question.get("parts", {}).get(part), *(sr.get(name) for name in ("patches", "degrade", "upscale"))]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
