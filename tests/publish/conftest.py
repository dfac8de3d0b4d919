"""A small final table and image store, and the dataset version published from them."""

import argparse
import hashlib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from PIL import Image

from native4k import tables
from native4k.fetch.store import file_of
from native4k.publish import publish

SPLITS = {"a": "train", "b": "train", "c": "val", "d": "test", "e": "reserve", "f": ""}
"""Id -> split; the last one is rejected."""


class Version:
    """The paths of a published version and of what it is made from."""

    def __init__(self, root: Path) -> None:
        self.tables, self.store, self.out, self.params = (
            root / "tables", root / "images", root / "native4k", root / "params.yaml"
        )  # fmt: skip
        self.params.write_text(yaml.safe_dump({"publish": {"name": "n", "title": "a title"}}))
        rows = [self._row(number, id_, split) for number, (id_, split) in enumerate(SPLITS.items())]
        tables.write(pd.DataFrame(rows), self.tables / "images.parquet")

    def _row(self, number: int, id_: str, split: str) -> dict[str, Any]:
        kind, ending = ("PNG", "png") if number % 2 else ("JPEG", "jpg")
        path = self.store / "scratch"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (8, 8), (number, number, number)).save(path, kind)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        file = self.store / file_of(sha256, ending)
        file.parent.mkdir(exist_ok=True)
        path.rename(file)
        reason, step = ("", "") if split else ("flat", "select")
        return {
            "id": id_, "caption": f"picture {id_}", "category": "Food", "width": 8, "height": 8, "source": "folder",
            "license": "CC0-1.0", "sha256": sha256, "format": kind, "reason": reason, "rejected_by": step,
            "split": split,
        }  # fmt: skip

    def publish(self) -> None:
        publish.run(argparse.Namespace(tables=self.tables, store=self.store, out=self.out, params=self.params))


@pytest.fixture(name="version")
def a_version(tmp_path: Path) -> Version:
    made = Version(tmp_path)
    made.publish()
    return made
