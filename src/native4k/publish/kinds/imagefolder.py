"""A folder for `datasets.load_dataset("imagefolder", data_dir=...)`: links, and all columns as metadata.jsonl."""

import errno
import os
import shutil
from pathlib import Path
from typing import Any

from native4k.progress import Bar
from native4k.publish.kinds import Source
from native4k.publish.kinds.webdataset import columns, records


def link(source: Path, target: Path) -> None:
    """A hard link, or a copy on another file system."""
    try:
        os.link(source.resolve(), target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copyfile(source, target)


def size(source: Source, _numbers: Any) -> int:
    """The bytes that an export takes, about: none for links, those of the images on another file system."""
    place = next(folder for folder in (source.out.resolve(), *source.out.resolve().parents) if folder.exists())
    return 0 if place.stat().st_dev == source.dataset.stat().st_dev else source.bytes()


def export(source: Source, folder: Path, _numbers: Any) -> None:
    """Write a folder a split."""
    for split in source.splits:
        (folder / split).mkdir()
        with (folder / split / "metadata.jsonl").open("w", encoding="utf-8") as lines:
            table = source.all_columns(split)
            for row in Bar(records(table), f"imagefolder {split}", len(table), unit="image", mininterval=5):
                name = Path(row["file_name"]).name
                link(source.dataset / split / name, folder / split / name)
                lines.write(columns(row | {"file_name": name}) + "\n")
