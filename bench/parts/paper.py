"""The numbers of full scale, for benchmarks: params.yaml composed with params/paper.yaml."""

import atexit
import functools
import tempfile
from pathlib import Path

from native4k.params import compose

ROOT = Path(__file__).resolve().parents[2]
FOLDER = tempfile.TemporaryDirectory()
atexit.register(FOLDER.cleanup)


@functools.cache
def numbers() -> Path:
    """The composed file."""
    path = Path(FOLDER.name) / "params.yaml"
    path.write_text(compose.compose(ROOT / "params.yaml", [ROOT / "params/paper.yaml"]), encoding="utf-8")
    return path
