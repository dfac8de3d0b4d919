"""The splits of the study on photographs: certain natives of real photographs, a family in one split only.

They are laid out as a published dataset's are, in data/scratch/photographs. The list of families is kept in git: which
photograph is in which split, and the hash of its native's pixels.
"""

import hashlib
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

from native4k import tables
from native4k.errors import UserError
from parts import real

FOLDER = Path("data/scratch/photographs")
LIST = Path("study/photographs.csv")


class Kind(NamedTuple):
    """Of a kind's families: pixels of a native's shorter side, at least, and how many are tested on."""

    smallest: int
    tested: int


SMALLEST = 192  # pixels; a patch of 96 and half of it on each side (params/study_photographs.yaml)
KINDS = {
    "photograph": Kind(SMALLEST, 30),  # the least a finding takes (study/results.py)
    "sky": Kind(real.SMALLEST, 15),
    "texture": Kind(real.SMALLEST, 15),
}
"""Kinds that are not named, such as renderings, are no photographs."""

VALIDATED = 1  # families of each kind; no number of the study is chosen by them


def split_families(families: list[real.Family]) -> dict[str, list[real.Family]]:
    """The families of each split, kind by kind in the order of a hash of their names."""
    splits: dict[str, list[real.Family]] = {"train": [], "val": [], "test": []}
    for name, kind in KINDS.items():
        own = [family for family in families if family.kind == name and family.name not in real.SHARED]
        found = sorted(own, key=lambda family: id_of(family.name))
        if len(found) <= kind.tested + VALIDATED:
            raise UserError(
                f"{name}: {len(found)} families are there, {kind.tested + VALIDATED + 1} or more are needed; install "
                f"requirements.lock, and remove {real.FOLDER} to fetch Debian's packages again"
            )
        splits["test"] += found[: kind.tested]
        splits["val"] += found[kind.tested : kind.tested + VALIDATED]
        splits["train"] += found[kind.tested + VALIDATED :]
    return splits


def id_of(name: str) -> str:
    """16 hex digits for a family."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def write_split(families: list[real.Family], folder: Path) -> pd.DataFrame:
    """Write a split's natives and their table, whole or not at all; return the table."""
    rows = []
    with tables.atomic_folder(folder) as made:
        for family in families:
            picture = real.native(family)
            name = f"{id_of(family.name)}.png"
            Image.fromarray(picture).save(made / name)
            rows.append(
                {"id": id_of(family.name), "file_name": name, "category": family.kind, "family": family.name}
                | {"width": picture.shape[1], "height": picture.shape[0], "pixels": pixels_digest(picture)}
            )
        table = pd.DataFrame(rows)
        tables.write(table, made / "metadata.parquet")
    return table


def pixels_digest(picture: np.ndarray) -> str:
    """16 hex digits for a picture's sides and pixels, however they are encoded."""
    return hashlib.sha256(f"{picture.shape}".encode() + picture.tobytes()).hexdigest()[:16]


def build(families: list[real.Family], folder: Path, listed: Path) -> None:
    """Write the three splits and the list of their families."""
    lists = [
        write_split(chosen, folder / split).assign(split=split) for split, chosen in split_families(families).items()
    ]
    columns = ["split", "category", "family", "width", "height", "pixels"]
    table = pd.concat(lists)[columns].sort_values(["split", "category", "family"])
    tables.write_text(table.to_csv(index=False, lineterminator="\n"), listed)
    for split, rows in table.groupby("split"):
        counts = ", ".join(f"{count} {kind}" for kind, count in rows["category"].value_counts().sort_index().items())
        print(f"{folder / str(split)}: {len(rows)} families ({counts})")


def main() -> None:
    """Fetch the packages, and build the splits."""
    try:
        real.fetch()
        build([family for name, kind in KINDS.items() for family in real.families(kind.smallest, name)], FOLDER, LIST)
    except UserError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
