"""A small image store, and the steps of the measure milestone run on it."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from native4k import tables
from native4k.fetch import fetch
from native4k.metadata.urls import identify

ROOT = Path(__file__).parent.parent.parent
MODELS = {"device": "cpu", "batch": 1, "readers": 1, "weights": None}
QUESTION = {
    "words": {"Food": ["bread", "apple"], "Urban": ["street"]},
    "telling": {},
    "deaf": [],
    "texts": {"Food": ["food"], "Urban": ["a city"]},
    "prompt": "What is it?",
    "answer": "It is",
}

PARAMS: dict[str, Any] = {
    "probe": {
        "geometry": {
            "min_pixels": 2000,
            "min_long_side": 60,
            "min_short_side": 0,
            "min_aspect": 0.4,
            "max_aspect": 2.5,
        },
        "workers": 1,
        "seconds": 30.0,
        "measures": {
            "memory": 300,
            "tile": 16,
            "tiles": 4,
            "thumbnail": 20,
            "patch": 20,
            "flat": {"v1": 800.0, "final": 100.0},
        },
        "nativeness": yaml.safe_load(ROOT.joinpath("params.yaml").read_text(encoding="utf-8"))["probe"]["nativeness"],
    },
    "score": {
        "metrics": {},
        "textures": {},
        "vlms": {},
        "endpoints": {},
        "texture": {"glcm_patch": 16, "glcm_levels": 64, "glcm_distances": [1], "jpeg_quality": 95},
        "tiles": 2,
        "models": MODELS,
    },
    "label": {
        "labelers": {"words": 1.0},
        "least": 0.0,
        "loudness": {"telling": 4.0, "half_way": 8.0},
        "questions": ["category"],
        "zeroshot": None,
        "lmm": None,
        "tiles": 2,
        "models": MODELS,
    },
}


class Store:
    """A frozen image store, and where what is measured of it goes."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder, self.cache = root, root / "images", root / "cache"
        self.params, self.rows = root / "params.yaml", list[dict[str, Any]]()
        self.words = root / "words"
        self.write(PARAMS)
        self.ask(QUESTION)

    def change(self, section: str, **values: Any) -> None:
        """Other numbers in a section."""
        tree = yaml.safe_load(self.params.read_text())
        tree[section] |= values
        self.write(tree)

    def ask(self, question: dict[str, Any]) -> None:
        """Another question for the column `category`."""
        self.words.mkdir(exist_ok=True)
        (self.words / "category.yaml").write_text(yaml.safe_dump(question, sort_keys=False))

    def write(self, tree: dict[str, Any]) -> None:
        self.params.write_text(yaml.safe_dump(tree))

    def add(self, url: str, content: bytes, size: tuple[int, int] = (80, 60), caption: str = "") -> str:
        row = fetch.fetch("a", content, self.folder, 10**6)
        row |= {"id": identify("folder", url), "declared_width": size[0], "declared_height": size[1]}
        self.rows.append(row | {"caption": caption})
        return str(row["id"])

    def freeze(self) -> None:
        table = pd.DataFrame(self.rows)
        declared = ["id", "caption", "declared_width", "declared_height"]
        tables.write(table[declared], self.folder / "candidates.parquet")
        tables.write(table[["id", "status", "sha256", "bytes", "file"]], self.folder / "index.parquet")
        counts = pd.DataFrame({"source": ["folder"], "reason": [""], "rows": [len(table)]})
        tables.write(counts, self.folder / "collected.parquet")
        tables.write(table[:0][["id"]].assign(reason=""), self.folder / "not_collected.parquet")
        tables.write(table[:0][["id"]], self.folder / "fetched.parquet")

    def args(self, out: str, shard: str = "0/1", **more: Any) -> argparse.Namespace:
        paths = {"store": self.folder, "out": self.root / out, "cache": self.cache, "params": self.params}
        paths |= {"probed": self.root / "probe.parquet", "answers": self.root / "answers", "words": self.words}
        return argparse.Namespace(**paths | more, shard=shard)


def picture(path: Path, width: int = 80, height: int = 60, seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path.read_bytes()


@pytest.fixture(name="picture")
def a_picture(tmp_path: Path) -> Any:
    return lambda *args, ending="png", **options: picture(tmp_path / f"scratch.{ending}", *args, **options)


@pytest.fixture(name="store")
def a_store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture(name="mixed")
def a_store_of_all_sorts(store: Store, picture: Any) -> dict[str, str]:
    """Id -> what is the matter with it."""
    good = picture(seed=1)
    small = picture(40, 30)
    ids = {
        store.add("good", good, caption="bread"): "",
        store.add("twin", good, caption="street"): "",
        store.add("turned", picture(60, 80, seed=2, ending="jpg"), (60, 80), caption="a dog"): "",
        store.add("truncated", picture(seed=3)[:9000]): "truncated",
        store.add("gone", b"<html>"): "not_an_image",
        store.add("mislabelled", small): "mislabelled",
        store.add("small", small, (40, 30)): "too_small",
        store.add("wide", picture(200, 50), (200, 50)): "aspect",
    }
    store.freeze()
    return ids
