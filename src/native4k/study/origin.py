"""What results were made of, as one hash; without arrays, so that whether they are current is known at once."""

import hashlib
import json
from pathlib import Path
from typing import Any

from native4k import params
from native4k.errors import UserError

PACKAGE = Path(__file__).parent.parent

RESULT_KEYS = ("study", "measure", "test_images", "means", "differences", "findings", "made_of")
"""What a file of results holds; `study` is the design's name."""

CODE = (
    "fetch/journal.py",
    "images.py",
    "measure/cache.py",
    "measure/columns.py",
    "measure/hardware.py",
    "measure/metrics.py",
    "measure/views.py",
    "sr/baselines.py",
    "sr/degrade",
    "sr/evaluate.py",
    "sr/learning",
    "sr/memory.py",
    "sr/metrics",
    "sr/networks",
    "sr/patches",
    "sr/resample.py",
    "sr/strips.py",
    "sr/testsets.py",
    "sr/tiles.py",
    "sr/train.py",
    "study/measurements.py",
    "study/origin.py",
    "study/results.py",
    "study/runs.py",
    "study/study.py",
    "tables.py",
)
"""The modules and packages that results depend on; the dependencies of the study's stages are the same."""

MEASURING = (
    "images.py",
    "sr/degrade",
    "sr/evaluate.py",
    "sr/metrics",
    "sr/networks",
    "sr/resample.py",
    "sr/testsets.py",
    "sr/tiles.py",
    "study/measurements.py",
)
"""Those of them that a trained network's numbers on an image depend on."""

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
    if not isinstance(tree, dict) or not tree.keys() >= set(RESULT_KEYS):
        raise UserError(f"{path}: not the results of a study; run 'make study'")
    return tree


def made_of(numbers: Path, design: str, splits: tuple[Path, ...]) -> dict[str, Any]:
    """The names of the splits, and a hash of them, of the params and of the code."""
    images = [[_digest(split / name) for name in LISTS] for split in splits]
    inputs = [_section(params.read(numbers), design), code(CODE), images]
    text = json.dumps(inputs, sort_keys=True, default=str)
    return {"splits": [split.as_posix() for split in splits], "hash": hashlib.sha256(text.encode()).hexdigest()[:16]}


def is_current(tree: dict[str, Any], numbers: Path) -> bool:
    """Whether results belong to the params, the code and the images that are here now."""
    recorded = tree["made_of"]
    same: bool = recorded == made_of(numbers, tree["study"], tuple(map(Path, recorded["splits"])))
    return same


def code(names: tuple[str, ...]) -> str:
    """One hash for modules and packages by name and content."""
    places = [PACKAGE / name for name in names]
    files = [path for place in places for path in ([place] if place.is_file() else sorted(place.rglob("*.py")))]
    listed = [f"{_digest(path)}  {path.relative_to(PACKAGE).as_posix()}\n" for path in files]
    return hashlib.sha256("".join(listed).encode()).hexdigest()


def _section(tree: dict[str, Any], design: str) -> list[Any]:
    study, sr = tree.get("study", {}), tree.get("sr", {})
    shared = {name: value for name, value in study.items() if name != "designs"}
    return [shared, study.get("designs", {}).get(design), *(sr.get(name) for name in ("patches", "degrade", "upscale"))]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
