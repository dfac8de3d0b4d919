"""A folder of one's own pictures: the url is the path below it, the caption the file's name."""

import os
from pathlib import Path

import pandas as pd

from native4k import images
from native4k.errors import UserError

ENDINGS = {f".{ending}" for ending in images.FORMATS.values()} | {".jpeg", ".tiff"}


def catalogue(root: Path) -> pd.DataFrame:
    """One row a picture file, its size read from its header (0 where it has none)."""
    if not root.is_dir():
        raise UserError(f"{root}: no such folder; put pictures there or take 'folder' out of collect.sources")
    files = sorted(path for path in root.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    if not files:
        raise UserError(f"{root}: no pictures; expected files ending in {', '.join(sorted(ENDINGS))}")
    return pd.DataFrame([_row(path, root) for path in files])


def _row(path: Path, root: Path) -> dict[str, object]:
    try:
        _, width, height = images.header(path.read_bytes())
    except images.Unreadable:
        width = height = 0
    url = path.relative_to(root).as_posix()
    if os.fsencode(url) != url.encode(errors="replace"):
        raise UserError(f"{str(path)!r}: a name that is not UTF-8; rename the file")
    return {
        "url": url,
        "declared_width": width,
        "declared_height": height,
        "caption": path.stem.replace("_", " ").replace("-", " "),
        "license": "unknown",
    }


def content(url: str, root: Path) -> bytes:
    """The file's bytes; a path that leaves the folder is refused."""
    path = (root / url).resolve()
    if not path.is_relative_to(root.resolve()):
        raise PermissionError(f"{url}: leaves the folder {root}")
    return path.read_bytes()
