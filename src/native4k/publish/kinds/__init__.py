"""What a published dataset can be exported as: one module a kind, each with an `export` that fills a folder."""

from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import pandas as pd
from annotated_types import Gt, Interval, MinLen

from native4k import tables
from native4k.errors import UserError
from native4k.params import params
from native4k.publish import dataset_numbers
from native4k.publish.publish import SUMS

Scales = Annotated[tuple[Annotated[int, Gt(1)], ...], MinLen(1)]
Level = Annotated[int, Interval(ge=0, le=9)]


@params
class Tars:
    """How large a tar may grow."""

    shard_bytes: Annotated[int, Gt(0)]


@params
class Squares:
    """Side of a square and step to the next one in pixels of the original, the scales, and how hard PNGs are packed."""

    side: Annotated[int, Gt(0)]
    step: Annotated[int, Gt(0)]
    scales: Scales
    png_level: Level


@params
class Small:
    """The scales, the degradation, whether the cut originals are written too, and how hard PNGs are packed."""

    scales: Scales
    degradation: Literal["bicubic", "realesrgan"]
    originals: bool
    png_level: Level


class Source(NamedTuple):
    """A published dataset, the splits to export, and the folder as the user named it."""

    dataset: Path
    splits: tuple[str, ...]
    out: Path

    def rows(self, split: str) -> pd.DataFrame:
        """The images of a split with a loader's columns, by id; their files are below the split's folder."""
        return tables.read(self.dataset / split / "metadata.parquet", "id", "file_name", "caption").sort_values("id")

    def files(self, split: str) -> list[tuple[str, Path]]:
        """Id and file of each image of a split."""
        rows = self.rows(split)
        return [
            (str(id_), self.dataset / split / name) for id_, name in zip(rows["id"], rows["file_name"], strict=True)
        ]

    def sizes(self, split: str) -> list[tuple[int, int]]:
        """Width and height of each image of a split, by id."""
        rows = tables.read(self.dataset / split / "metadata.parquet", "id", "width", "height").sort_values("id")
        return list(zip(rows["width"].tolist(), rows["height"].tolist(), strict=True))

    def bytes(self) -> int:
        """The bytes of all images of the splits."""
        return sum(file.stat().st_size for split in self.splits for _, file in self.files(split))

    def all_columns(self, split: str) -> pd.DataFrame:
        """The images of a split with all that is known of them, by id; their files are below the dataset's folder."""
        path = self.dataset / "images.parquet"
        return tables.read(path, "id", "file_name", filters=[("split", "==", split)]).sort_values("id")

    def lists(self) -> dict[str, str]:
        """The hash of each split's list of checksums: what was exported, byte for byte."""
        return {split: tables.digest(self.dataset / split / SUMS) for split in self.splits}


def find_splits(dataset: Path, splits: list[str] | None, out: Path) -> Source:
    """The dataset's splits, all of them unless some are named; or one line that says what is missing."""
    unknown = sorted(set(splits or []) - set(dataset_numbers.SPLITS))
    if unknown:
        raise UserError(f"--splits {unknown[0]}: no such split; there are: {', '.join(dataset_numbers.SPLITS)}")
    chosen = tuple(name for name in dataset_numbers.SPLITS if splits is None or name in splits)
    here = [name for name in dataset_numbers.SPLITS if (dataset / name / SUMS).is_file()]
    for name in chosen:
        if name not in here:
            others = f"export only what is here with --splits {' '.join(here)}" if here else "name a published dataset"
            raise UserError(f"{dataset / name}: this split is not here; pull it with dvc, or {others}")
    source = Source(dataset, chosen, out)
    for name in chosen:
        for _, file in source.files(name):
            if not file.is_file():
                raise UserError(f"{file}: in the split's table but not here; pull it again with dvc")
    return source
