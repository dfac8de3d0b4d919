"""Tars of WebDataset: for each image its bytes, its columns as .json and its caption as .txt."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from native4k.publish.kinds.numbers import Tars
from native4k.publish.kinds.source import Source

BLOCK = tarfile.BLOCKSIZE


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


def shards(sizes: list[int], limit: int) -> Iterator[range]:
    """Samples in a row that together stay below the limit, at least one at a time."""
    first, total = 0, 0
    for place, size in enumerate(sizes):
        if place > first and total + size > limit:
            yield range(first, place)
            first, total = place, 0
        total += size
    if sizes:
        yield range(first, len(sizes))


def in_tar(content: bytes | Path) -> int:
    """The bytes that a member takes, with its header."""
    return BLOCK + -(-size_of(content) // BLOCK) * BLOCK


def add(tar: tarfile.TarFile, name: str, content: bytes | Path) -> None:
    """Write a member, a file as a stream."""
    file: IO[bytes]
    with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as file:
        tar.addfile(header(name, size_of(content)), file)


def export(source: Source, folder: Path, numbers: Tars) -> None:
    """Write SPLIT-NUMBER.tar, the samples sorted by id."""
    for split in source.splits:
        table = source.all_columns(split)
        rows = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
        sizes = [sum(map(in_tar, members(row, source.dataset).values())) for row in rows]
        progress = tqdm(total=len(rows), desc=f"webdataset {split}", unit="image", mininterval=5)
        for number, places in enumerate(shards(sizes, numbers.shard_bytes)):
            with tarfile.open(folder / f"{split}-{number:05d}.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
                for place in places:
                    for ending, content in sorted(members(rows[place], source.dataset).items()):
                        add(tar, rows[place]["id"] + ending, content)
                    progress.update()
        progress.close()
