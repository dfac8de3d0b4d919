"""A folder of pictures, and the steps of the fetch milestone run on it."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from native4k.fetch import collect, fetch, freeze

PARAMS: dict[str, Any] = {
    "collect": {
        "sources": ["folder"],
        "geometry": {"min_pixels": 0, "min_long_side": 0, "min_aspect": 0.0, "max_aspect": 100.0},
        "max_punsafe": 0.5,
        "max_pwatermark": 0.5,
        "keep_rejected": True,
    },
    "fetch": {"max_bytes": 100_000},
}


class Project:
    """Paths and params of a small project; each method is a step's command."""

    def __init__(self, root: Path) -> None:
        self.root, self.sources, self.store = root, root / "sources", root / "images"
        self.params, self.work = root / "params.yaml", root / "work"
        self.write(PARAMS)

    def write(self, tree: dict[str, Any]) -> None:
        self.params.write_text(yaml.safe_dump(tree))

    def picture(self, name: str, seed: int = 0, side: int = 24) -> Path:
        path = self.sources / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 256, (side, side + 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        return path

    def collect(self) -> Path:
        paths = {name: self.work / f"{name}.parquet" for name in ("candidates", "counts", "rejected")}
        collect.run(argparse.Namespace(sources=self.sources, params=self.params, **paths))
        return paths["candidates"]

    def fetch(self, shard: str = "0/1") -> Path:
        index = self.work / f"{shard.replace('/', '-of-')}.parquet"
        paths = {"candidates": self.work / "candidates.parquet", "sources": self.sources, "store": self.store}
        fetch.run(argparse.Namespace(**paths, index=index, shard=shard, params=self.params))
        return index

    def freeze(self, *shards: Path) -> None:
        paths = {name: self.work / f"{name}.parquet" for name in ("candidates", "counts", "rejected")}
        freeze.run(argparse.Namespace(store=self.store, check=False, shards=shards, params=self.params, **paths))

    def files(self) -> list[str]:
        """The store's files, without their folders."""
        return sorted(path.relative_to(self.store).as_posix() for path in self.store.rglob("*") if path.is_file())


@pytest.fixture(name="project")
def a_project(tmp_path: Path) -> Project:
    return Project(tmp_path)
