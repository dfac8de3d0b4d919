"""A folder of one's own pictures: the url is the path below it, the caption the file's name or a sidecar table's."""

import os
import re
from contextlib import suppress
from pathlib import Path

import pandas as pd
import polars as pl

from native4k import images
from native4k.errors import UserError
from native4k.metadata import locations, read
from native4k.metadata.columns import COLUMNS
from native4k.sources.source import Source

SIDECAR = Source(
    title="a sidecar table",
    page="README.md",
    rows=None,
    license="unknown",
    provenance="local files",
    columns={
        "url": ("file_name", "file", "path"),
        "caption": ("caption", "text", "prompt"),
        "license": ("license", "licence"),
        "provenance": ("provenance", "source"),
        "language": ("language",),
        "similarity": ("similarity",),
        "punsafe": ("punsafe",),
        "pwatermark": ("pwatermark",),
        "aesthetic": ("aesthetic",),
        "key": ("key", "id"),
        "declared_split": ("split",),
    },
)
"""metadata.csv, .tsv, .jsonl or .parquet beside the pictures; file_name is the hub's word for the path below it."""


def catalogue(root: Path) -> pd.DataFrame:
    """One row a picture file, its size from its header (none where it cannot be read), the rest from the sidecar."""
    if not root.is_dir():
        raise UserError(f"{root}: no such folder; put pictures there or take 'folder' out of collect.sources")
    rows = pd.DataFrame([_row(path, root) for path in picture_files(root)]).astype(dict.fromkeys(_SIZES, "Int64"))
    sidecars = sorted(path for path in root.glob("metadata.*") if locations.kind_of(path.name))
    if not sidecars:
        return rows
    if len(sidecars) > 1:
        raise UserError(f"{root}: two sidecar tables, {sidecars[0].name} and {sidecars[1].name}; keep one")
    return _beside(rows, sidecars[0])


def picture_files(root: Path) -> list[Path]:
    """The files of a folder that pictures' endings name, in order; one line if there are none."""
    files = sorted(path for path in root.rglob("*") if path.suffix.lower() in images.ENDINGS and path.is_file())
    if not files:
        raise UserError(f"{root}: no pictures; expected files ending in {', '.join(sorted(images.ENDINGS))}")
    return files


WORD_START = re.compile(r"(?<=[a-zß-öø-ÿ\d])(?=[A-ZÀ-ÖØ-Þ])|(?<=[A-ZÀ-ÖØ-Þ])(?=[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ])")
"""Where a capital begins a word in a name such as SunsetOverLake or HDRPanorama."""

_SIZES = ("declared_width", "declared_height")


def _row(path: Path, root: Path) -> dict[str, object]:
    sizes: tuple[int | None, int | None] = (None, None)
    with suppress(images.Unreadable):
        sizes = images.header(path)[1:]
    url = path.relative_to(root).as_posix()
    if os.fsencode(url) != url.encode(errors="replace"):
        raise UserError(f"{str(path)!r}: a name that is not UTF-8; rename the file")
    return {
        "url": url,
        "declared_width": sizes[0],
        "declared_height": sizes[1],
        "caption": words_of(path.stem),
    }


def words_of(name: str) -> str:
    """A file name as words: SunsetOverLake and sunset_over-lake are three."""
    return WORD_START.sub(" ", name).replace("_", " ").replace("-", " ")


def _beside(rows: pd.DataFrame, sidecar: Path) -> pd.DataFrame:
    frames = [frame for part in locations.find_parts(str(sidecar)) for frame in read.frames(part, SIDECAR)]
    described = pl.concat([pl.DataFrame(schema=COLUMNS), *frames]).to_pandas().drop(columns=list(_SIZES))
    unknown = sorted(set(described["url"]) - set(rows["url"]), key=str)
    if unknown:
        raise UserError(f"{sidecar}: names {unknown[0]!r}, which is no picture below {sidecar.parent}; fix the path")
    if described["url"].duplicated().any():
        raise UserError(
            f"{sidecar}: names {described['url'][described['url'].duplicated()].iloc[0]!r} twice; keep one row"
        )
    both = rows.merge(described, on="url", how="left", suffixes=("", "_described"))
    caption = both.pop("caption_described").replace("", None)
    return both.assign(caption=caption.fillna(both["caption"]))


def locate(url: str, root: Path) -> Path:
    """The file; a path that leaves the folder is refused."""
    path = (root / url).resolve()
    if not path.is_relative_to(root.resolve()):
        raise PermissionError(f"{url}: leaves the folder {root}")
    return path


def content(url: str, root: Path, _: Path) -> bytes:
    """The file's bytes."""
    return locate(url, root).read_bytes()


def _make(root: Path, _: Path) -> pd.DataFrame:
    return catalogue(root)


SOURCE = Source(
    title="a folder of one's own pictures",
    page="README.md",
    rows=None,
    license="unknown",
    provenance="local files",
    note="sizes come from the files' headers; captions from metadata.csv (file_name, caption, ...) or the file names",
    make=_make,
    content=content,
    locate=locate,
)
