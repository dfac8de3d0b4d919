"""Tars of WebDataset: for each image its bytes, its columns as .json and its caption as .txt."""

import io
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
import pandas as pd

from native4k.progress import Bar
from native4k.publish.kinds import Source, Tars

BLOCK = tarfile.BLOCKSIZE
ROWS = 1_000

Sample = TypeVar("Sample")


def plain(value: Any) -> Any:
    """A cell in JSON's types; nothing where it was not measured."""
    if isinstance(value, np.ndarray | list):
        return [plain(one) for one in value]
    value = value.item() if isinstance(value, np.generic) else value
    return None if pd.isna(value) else value


def columns(row: dict[str, Any]) -> str:
    """A row as JSON, its keys sorted."""
    return json.dumps({name: plain(value) for name, value in row.items()}, sort_keys=True, ensure_ascii=False)


def header(name: str, size: int) -> tarfile.TarInfo:
    """A member that is the same on every machine: no time, no owner."""
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o644, 0
    return info


def members(row: dict[str, Any], dataset: Path) -> dict[str, bytes | Path]:
    """What a sample consists of, by the endings that WebDataset makes keys of."""
    path = dataset / row["file_name"]
    texts = {".json": columns(row).encode(), ".txt": str(row["caption"]).encode()}
    return {path.suffix: path, **texts}


def size_of(content: bytes | Path) -> int:
    """The bytes of a member."""
    return content.stat().st_size if isinstance(content, Path) else len(content)


def numbered(samples: Iterable[Sample], size: Callable[[Sample], int], limit: int) -> Iterator[tuple[int, Sample]]:
    """Each sample with the number of its tar: in a row they stay below the limit, at least one a tar."""
    number, total = 0, 0
    for sample in samples:
        more = size(sample)
        if total and total + more > limit:
            number, total = number + 1, 0
        total += more
        yield number, sample


def records(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows one after the other, few of them in Python's own types at a time."""
    for first in range(0, len(table), ROWS):
        yield from (
            {str(name): cell for name, cell in row.items()} for row in table[first : first + ROWS].to_dict("records")
        )


def weight(sample: tuple[str, dict[str, bytes | Path]]) -> int:
    """The bytes that a sample takes in a tar: for each member a header, and its content in whole blocks."""
    return sum(BLOCK + -(-size_of(content) // BLOCK) * BLOCK for content in sample[1].values())


def add(tar: tarfile.TarFile, name: str, content: bytes | Path) -> None:
    """Write a member, a file as a stream."""
    file: IO[bytes]
    with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as file:
        tar.addfile(header(name, size_of(content)), file)


def size(source: Source, _numbers: Tars) -> int:
    """The bytes that an export takes, about: those of the images."""
    return source.bytes()


def export(source: Source, folder: Path, numbers: Tars) -> None:
    """Write SPLIT-NUMBER.tar, the samples sorted by id."""
    for split in source.splits:
        table = source.all_columns(split)
        rows = Bar(records(table), f"webdataset {split}", len(table), unit="image", mininterval=5)
        samples = ((row["id"], members(row, source.dataset)) for row in rows)
        for number, placed in groupby(numbered(samples, weight, numbers.shard_bytes), itemgetter(0)):
            with tarfile.open(folder / f"{split}-{number:05d}.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
                for _, (key, parts) in placed:
                    for ending, content in sorted(parts.items()):
                        add(tar, key + ending, content)
