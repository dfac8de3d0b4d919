"""A folder of pictures, and the steps of the fetch milestone run on it."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from native4k import tables
from native4k.fetch import collect, fetch, freeze
from native4k.fetch.progress import read_journal
from native4k.metadata.urls import identify

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
    "probe": {
        "geometry": {
            "min_pixels": 0,
            "min_long_side": 40,
            "min_short_side": 0,
            "min_aspect": 0.5,
            "max_aspect": 2.0,
        }
    },
    "fetch": {
        "max_bytes": 100_000,
        "user_agent": "native4k/test (+https://example.org/tests)",
        "concurrency": 16,
        "per_host": 4,
        "per_host_rate": 1000.0,
        "connect_seconds": 60.0,
        "read_seconds": 60.0,
        "total_seconds": 300.0,
        "slowest_rate": 1,
        "max_header_bytes": 16_384,
        "max_redirects": 3,
        "probe_bytes": 1024,
        "attempts": 3,
        "backoff_base": 0.01,
        "backoff_cap": 0.05,
        "max_retry_after": 5.0,
        "host_failures": 1000,
        "max_transient": 1.0,
        "robots": True,
        "allow_loopback": True,
    },
}
"""Limits that no machine is too slow for; a test that wants one to be reached sets it."""


class Project:
    """Paths and params of a small project; each method is a step's command."""

    def __init__(self, root: Path) -> None:
        root.mkdir(exist_ok=True)
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

    def limit(self, **numbers: Any) -> None:
        """Change numbers of the fetch section."""
        tree = yaml.safe_load(self.params.read_text())
        self.write(tree | {"fetch": tree["fetch"] | numbers})

    def loosen(self, **numbers: Any) -> None:
        """Change what true sizes must be."""
        tree = yaml.safe_load(self.params.read_text())
        self.write(tree | {"probe": {"geometry": tree["probe"]["geometry"] | numbers}})

    def web(self, *urls: str) -> None:
        """Candidates of the web instead of those that collect chose."""
        self.urls = urls
        names = [identify("pd12m", url) for url in urls]
        table = pd.DataFrame({"id": names, "source": "pd12m", "url": urls}).astype("str")
        tables.write(table, self.work / "candidates" / "0-of-1.parquet")

    def fetch(self, shard: str = "0/1", **options: Any) -> Path:
        name = f"{shard.replace('/', '-of-')}.parquet"
        paths = {"candidates": self.work / "candidates" / name, "sources": self.sources, "store": self.store}
        options = {"retry": "later", "verify": False, "opt_out": []} | options
        fetch.run(argparse.Namespace(**paths, **options, index=self.work / name, shard=shard, params=self.params))
        return self.work / name

    def statuses(self, **options: Any) -> dict[str, str]:
        """Fetch, and what became of each URL."""
        index = tables.read(self.fetch(**options)).set_index("id")["status"]
        candidates = tables.read(self.work / "candidates" / "0-of-1.parquet")
        assert sorted(index.index) == sorted(candidates["id"])
        ids = candidates.set_index("url")["id"]
        return {url: index[ids[url]] for url in self.urls}

    def freeze_web(self) -> None:
        """Close the store over the web's candidates."""
        counts = pd.DataFrame({"source": ["pd12m"], "reason": [""], "rows": [1]}).astype({"rows": "int64"})
        for name in ("counts", "rejected"):
            tables.write(counts, self.work / name)
        self.freeze(self.work / "0-of-1.parquet")

    def attempts(self) -> list[dict[str, Any]]:
        """The log of all attempts."""
        return read_journal(self.work / "0-of-1.log")

    def freeze(self, *shards: Path) -> None:
        candidates = sorted((self.work / "candidates").glob("*.parquet"))
        paths = {name: self.work / name for name in ("counts", "rejected")}
        freeze.run(
            argparse.Namespace(
                mark=None,
                store=self.store,
                check=False,
                candidates=candidates,
                shards=shards,
                params=self.params,
                **paths,
            )
        )

    def files(self) -> list[str]:
        """The store's files, without their folders."""
        return sorted(path.relative_to(self.store).as_posix() for path in self.store.rglob("*") if path.is_file())


@pytest.fixture(name="project")
def a_project(tmp_path: Path) -> Project:
    return Project(tmp_path)
