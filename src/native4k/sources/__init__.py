"""Where images come from: one module a source, each giving metadata rows and, if it is local, bytes."""

import hashlib
import json
from pathlib import Path

import pandas as pd

from native4k import params
from native4k.errors import UserError

NAMES = ("demo", "folder")


def read(source: str, root: Path, numbers: Path) -> pd.DataFrame:
    """A source's metadata rows: url, declared size, caption, licence and what else it knows."""
    if source == "demo":
        from native4k.sources import demo

        return demo.catalogue(params.load(demo.Params, numbers, "demo"))
    if source == "folder":
        from native4k.sources import folder

        return folder.catalogue(root / "folder")
    raise UserError(f"{numbers}: collect.sources: no source {source!r}; there are: {', '.join(NAMES)}")


def content(source: str, url: str, root: Path, numbers: Path) -> bytes:
    """The original bytes behind a local source's url; FileNotFoundError or PermissionError where there are none."""
    if source == "demo":
        from native4k.sources import demo

        return demo.draw(url, params.load(demo.Params, numbers, "demo"))
    if source == "folder":
        from native4k.sources import folder

        return folder.content(url, root / "folder")
    raise UserError(f"source {source!r} is not local; there are: {', '.join(NAMES)}")


def revision(source: str, numbers: Path) -> str:
    """What a drawn source's bytes depend on, hashed; empty for a source whose bytes are not ours to make."""
    if source != "demo":
        return ""
    code = [path.read_bytes() for path in sorted((Path(__file__).parent / "demo").glob("*.py"))]
    section = json.dumps(params.read(numbers).get("demo"), sort_keys=True).encode()
    return hashlib.sha256(b"\0".join([section, *code])).hexdigest()[:16]
