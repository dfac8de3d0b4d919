"""A small final table and image store, and the dataset version published from them."""

import argparse
import hashlib
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from PIL import Image

from native4k import tables
from native4k.fetch.store import file_of
from native4k.publish import publish
from tests.project import TINY, composed

SPLITS = {"a": "train", "b": "train", "c": "val", "d": "test", "e": "reserve", "f": "", "g": ""}
"""Id -> split; the last two are rejected: f is flat, g is a copy of a."""

SIDES = (40, 30)
"""Pixels of every picture; small ones encode in no time."""


class Version:
    """The paths of a published version and of what it is made from."""

    def __init__(self, root: Path) -> None:
        self.tables, self.store, self.out, self.params, self.lock = (
            root / "tables", root / "images", root / "native4k", root / "params.yaml", root / "requirements.lock"
        )  # fmt: skip

    def make(self) -> None:
        """Tables, store, params and lock, and the version published from them."""
        tree = yaml.safe_load(composed(TINY))
        tree["publish"] |= {"name": "n", "title": "a title", "version": "1.2.3"}
        squares = {"side": 16, "step": 8, "scales": [4], "png_level": 1}
        tree["export"] |= {"webdataset": {"shard_bytes": 5000}, "osediff": {**squares, "step": 16}}
        tree["export"] |= {"subimages": {**squares, "scales": [2, 4]}, "lmdb": squares}
        tree["export"] |= {"lowres": {"scales": [2, 4], "degradation": "bicubic", "originals": True, "png_level": 1}}
        self.params.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
        self.lock.write_text("package==1\n", encoding="utf-8")
        rows = [self._row(number, id_, split) for number, (id_, split) in enumerate(SPLITS.items())]
        tables.write(pd.DataFrame(rows), self.tables / "images.parquet")
        counts = [("folder", "", len(rows)), ("folder", "too_small", 3)]
        tables.write(pd.DataFrame(counts, columns=["source", "reason", "rows"]), self.tables / "collected.parquet")
        self.publish()

    def _row(self, number: int, id_: str, split: str) -> dict[str, Any]:
        kind, ending = ("PNG", "png") if number % 2 else ("JPEG", "jpg")
        path = self.store / "scratch"
        path.parent.mkdir(exist_ok=True)
        picture = Image.linear_gradient("L").resize(SIDES).rotate(10 * number).convert("RGB")
        picture.save(path, kind)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        file = self.store / file_of(sha256, ending)
        file.parent.mkdir(exist_ok=True)
        path.rename(file)
        reason, step = {"f": ("flat", "select"), "g": ("near_copy", "dedup")}.get(id_, ("", ""))
        leader = {"f": "", "g": "a"}.get(id_, id_)
        return {
            "id": id_, "caption": f"picture {id_}", "category": "Food", "width": SIDES[0], "height": SIDES[1],
            "source": "folder", "license": "CC0-1.0", "provenance": "drawn | by <us>", "sha256": sha256,
            "bytes": file.stat().st_size, "format": kind, "detail": 1.5 * number, "new_score": float(number),
            "reason": reason, "rejected_by": step, "group": leader, "representative": leader, "distance": number,
            "split": split, "url": f"https://example.org/{id_}.jpg", "withheld": id_ == "g",
        }  # fmt: skip

    def publish(self) -> None:
        publish.run(self.arguments())

    def arguments(self) -> argparse.Namespace:
        return argparse.Namespace(
            tables=self.tables, store=self.store, out=self.out, params=self.params, lock=self.lock
        )


@pytest.fixture(scope="session", name="published")
def one_for_all(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A version that tests only look at."""
    made = Version(tmp_path_factory.mktemp("published"))
    made.make()
    return made


@pytest.fixture(name="version")
def a_version(published: Version, tmp_path: Path) -> Version:
    """A version of a test's own, to change."""
    root = tmp_path / "version"
    shutil.copytree(published.out.parent, root)
    return Version(root)
