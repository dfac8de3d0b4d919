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
        "sources": {"folder": None},
        "geometry": {
            "min_pixels": 0,
            "min_long_side": 0,
            "min_short_side": 0,
            "min_aspect": 0.0,
            "max_aspect": 100.0,
        },
        "keep_unsized": True,
        "max_punsafe": 0.5,
        "max_pwatermark": 0.5,
        "min_similarity": None,
        "min_aesthetic": None,
        "licenses": None,
        "languages": None,
        "min_caption": 0,
        "max_caption": 1000,
        "blocked_hosts": [],
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

    def collect(self, shards: int = 1) -> Path:
        """The candidates of the first shard; those of the others stand beside them."""
        paths = {name: self.work / name for name in ("candidates", "counts", "rejected")}
        numbers = self.work / "collect.yaml"
        numbers.parent.mkdir(exist_ok=True)
        numbers.write_text(yaml.safe_dump(yaml.safe_load(self.params.read_text()) | {"shards": shards}))
        collect.run(argparse.Namespace(sources=self.sources, params=numbers, opt_out=[], **paths))
        return paths["candidates"] / f"0-of-{shards}.parquet"

    def fetch(self, shard: str = "0/1") -> Path:
        name = f"{shard.replace('/', '-of-')}.parquet"
        paths = {"candidates": self.work / "candidates" / name, "sources": self.sources, "store": self.store}
        fetch.run(argparse.Namespace(**paths, index=self.work / name, shard=shard, params=self.params))
        return self.work / name

    def freeze(self, *shards: Path) -> None:
        candidates = sorted((self.work / "candidates").glob("*.parquet"))
        paths = {name: self.work / name for name in ("counts", "rejected")}
        freeze.run(
            argparse.Namespace(
                store=self.store, check=False, candidates=candidates, shards=shards, params=self.params, **paths
            )
        )

    def files(self) -> list[str]:
        """The store's files, without their folders."""
        return sorted(path.relative_to(self.store).as_posix() for path in self.store.rglob("*") if path.is_file())


@pytest.fixture(name="project")
def a_project(tmp_path: Path) -> Project:
    return Project(tmp_path)
