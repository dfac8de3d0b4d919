"""A tiny dataset with two baselines, as the pipeline would leave it: tables, thumbnails, metrics, curves, pictures."""

import hashlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from native4k import cli, params, tables
from native4k.fetch.store import file_of
from native4k.report.report import PAIR

ARGS = ["report", "tables", "features", "images", "evaluations", "curves", "metrics/details", "out"]

HOSTILE = '"><script>alert(1)</script><img src=https://evil.example/x.png onerror=alert(2)>\u202e\x00'

ROOT = Path(__file__).parents[2]

RULE = {"per": None, "missing": "reject"}
RULES = {
    "blurred": {"column": "detail", "min": 1.0, "max": None, **RULE},
    "flat": {"column": "entropy_mean", "min": 3.0, "max": 8.0, **RULE},
    "dull": {"column": "detail", "drop": 0.2, "end": "bottom", **RULE},
}
PUBLISH = {"name": "tiny <4K>", "title": "a test & nothing else"}

ROWS = [
    ("k1", "Nature", "", "", "train", "", -1, 9.0),
    ("k2", "Nature", "", "", "test", "", -1, 8.0),
    ("k3", "Food", "", "", "train", "", -1, 7.0),
    ("b1", "Food", "blurred", "select", "", "", -1, 0.2),
    ("b2", "Food", "blurred", "select", "", "", -1, 0.9),
    ("c1", "Nature", "near_copy", "dedup", "", "k1", 7, 5.0),
    ("c2", "Nature", "near_copy", "dedup", "", "k1", 9, 5.0),
    ("m1", "Nature", "mislabelled", "probe", "", "", -1, 3.0),
    ("t1", "Food", "truncated", "probe", "", "", -1, float("nan")),
]
FUNNEL = {
    "metadata": 12,
    "candidates": 9,
    "kept": 3,
    "rejected": {
        "collect": {"unsafe": 2, "aspect": 1},
        "select": {"blurred": 2},
        "dedup": {"near_copy": 2},
        "probe": {"mislabelled": 1, "truncated": 1},
    },
}
SPLITS = {"train": {"Food": 1, "Nature": 1, "images": 2}, "test": {"Nature": 1, "images": 1}}
DEMO = {
    "defects": {
        "blurred": {"planted": 2, "found": 2, "share": 1.0},
        "crop": {"planted": 3, "found": 1, "share": 0.3333},
    },
    "originals": {"count": 4, "wrongly_rejected": 1, "share": 0.25, "reasons": {"flat": 1}},
    "labels": {
        "planted": 4,
        "found": 3,
        "share": 0.75,
        "confusion": {"Food": {"Food": 1, "unknown": 1}, "Nature": {"Nature": 2}},
    },
}
LEAKS = {
    "images": 3,
    "left_out": 1,
    "searches": {
        "phash": {"radius": 10, "pairs": 2, "within": 1, "leaks": 1, "nearest": {"train-test": 9}},
        "middles": {"radius": 10, "pairs": 2, "within": 0, "leaks": 0, "nearest": {"train-test": 21}},
    },
}
GOALS = {
    "blurred found": {"wanted": 0.95, "shown": 1.0, "met": True},
    "crop found": {"wanted": 0.9, "shown": 0.3333, "met": False},
}
PAIRS = [
    ("k2", "test", "k1", "train", "phash", 9, True),
    ("k2", "test", "k3", "train", "middles", 21, False),
]


SQUARE = 20
"""Pixels of a comparison picture in the fixture."""


def picture(seed: int, size: tuple[int, int] = (64, 36)) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", quality=80)
    return out.getvalue()


def images() -> pd.DataFrame:
    names = ["id", "category", "reason", "rejected_by", "split", "representative", "distance", "detail"]
    table = pd.DataFrame(ROWS, columns=names).assign(entropy_mean=lambda rows: rows["detail"] / 2 + 3)
    readable = table["reason"] != "truncated"
    table["representative"] = table["representative"].mask(table["reason"] == "", table["id"])
    return table.assign(
        caption=HOSTILE,
        source="demo",
        license="CC0-1.0",
        width=np.where(readable, 3840, 0),
        height=np.where(readable, 2160, 0),
        declared_width=3840,
        declared_height=2160,
        url=HOSTILE + table["id"],
        withheld=table["id"] == "m1",
        sha256=[hashlib.sha256(name.encode()).hexdigest() for name in table["id"]],
        format="WEBP",
        match=np.where(table["reason"] == "near_copy", "whole", ""),
        fine_distance=np.where(table["reason"] == "near_copy", 20, -1),
        votes=0,
    )


def store(table: pd.DataFrame, folder: Path) -> None:
    """Files of the images that are shown pixel by pixel, small ones."""
    y, x = np.mgrid[:340, :360]
    for place, row in enumerate(table[table["id"].isin(["k1", "k2", "b1", "b2"])].itertuples()):
        path = folder / file_of(str(row.sha256), "webp")
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.stack([x // 2, y // 2, (x // 8 + y // 8) % 2 * 50 + place], axis=2).astype(np.uint8)
        Image.fromarray(pixels).save(path, lossless=True)


def numbers() -> str:
    """The demo's params.yaml with thresholds and names of our own."""
    sections = ("collect", "probe", "vet", "select", "dedup", "balance")
    tree = {name: part for name, part in params.read(ROOT / "params.yaml").items() if name in sections}
    tree["publish"] = PUBLISH
    tree["select"] |= {"preset": "demo", "presets": {"demo": RULES}}
    return yaml.safe_dump(tree, sort_keys=False)


def sr_metrics(parameters: int, psnr: float) -> dict[str, Any]:
    def one(value: float) -> dict[str, Any]:
        categories = {name: described(value + more) for name, more in (("Food", 1), ("Nature", -1))}
        return described(value) | {"by_category": categories}

    def described(value: float) -> dict[str, float]:
        return {"mean": value, "median": value, "low": value - 0.5, "high": value + 0.5}

    return {
        "baseline": "x",
        "scale": 4,
        "parameters": parameters,
        "images": 2,
        "sr-classical": {"psnr_rgb": one(psnr), "ssim_rgb": one(0.75)},
        "sr-real": {"psnr_y": one(psnr + 1)},
    }


def t2i_metrics() -> dict[str, Any]:
    detail = {"entropy": 7.25, "glcm_entropy": 9.5}
    return {"n_images": 2, "generated": detail, "test": detail, "flow_loss": 0.875, "autoencoder_psnr": 21.5}


def write_json(tree: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(tree), encoding="utf-8")


def build(root: Path) -> None:
    (root / "params.yaml").write_text(numbers(), encoding="utf-8")
    table = images()
    store(table, root / "images")
    early = pd.DataFrame({"id": ["x1"], "source": "web", "url": "http://a.example/x1", "reason": "unsafe"})
    tables.write(early, root / "tables/not_collected.parquet")
    tables.write(table, root / "tables/images.parquet")
    counts = [("demo", "", "ok", 9, 1500), ("web", HOSTILE, "gone", 1, 0), ("web", "a.example", "ok", 3, 2_500_000)]
    counts += [("web", "a.example", "timeout", 1, 0), ("web", "a.example", "gone", 2, 0)]
    told = pd.DataFrame(counts, columns=["source", "host", "status", "images", "bytes"])
    tables.write(told, root / "tables/fetched.parquet")
    readable = table[table["reason"] != "truncated"]
    shots = [picture(seed) for seed in range(len(readable))]
    tables.write(pd.DataFrame({"id": readable["id"], "thumbnail": shots}), root / "features/thumbnails.parquet")
    tables.write(pd.DataFrame(PAIRS, columns=PAIR), root / "tables/leaks.parquet")
    dataset = {"funnel": FUNNEL, "splits": SPLITS, "leaks": LEAKS, "demo": DEMO, "goals": GOALS}
    write_json(dataset, root / "metrics/details/dataset.json")
    for name, parameters, psnr in (("bicubic_x4", 0, 25.5), ("net_x4", 1234, 26.75)):
        write_json(sr_metrics(parameters, psnr), root / f"metrics/details/{name}.json")
        rows = pd.DataFrame(
            {"test_set": "", "id": ["k1", "k2"], "category": "Nature", "sr_classical_psnr_rgb": [psnr - 1, psnr + 1]}
        )
        tables.write(rows, root / f"evaluations/{name}.parquet")
        shown = root / f"evaluations/{name}"
        shown.mkdir()
        (shown / "worst-1-k1.webp").write_bytes(picture(parameters, (3 * SQUARE, SQUARE)))
    (root / "curves").mkdir()
    (root / "curves/bicubic_x4.csv").write_text("images_seen,loss,val_psnr\n", encoding="utf-8")
    (root / "curves/net_x4.csv").write_text("images_seen,loss,val_psnr\n0,,24\n4,.5,25\n8,.25,26\n", encoding="utf-8")
    write_json(t2i_metrics(), root / "metrics/details/flow.json")
    (root / "curves/flow.csv").write_text("images,loss\n8,1.5\n16,1.25\n", encoding="utf-8")
    (root / "evaluations/flow").mkdir()
    (root / "evaluations/flow/k2.webp").write_bytes(picture(99, (64, 32)))


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("built")
    build(root)
    return root


@pytest.fixture(scope="session")
def page_file(_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the dataset as it is built."""
    out = tmp_path_factory.mktemp("page")
    words = [ARGS[0], *(str(_built / name) for name in ARGS[1:-1]), str(out / "report")]
    assert cli.main([*words, "--params", str(_built / "params.yaml")]) == 0
    return out / "report/report.html"


@pytest.fixture
def page(page_file: Path) -> str:
    return page_file.read_text(encoding="utf-8")


@pytest.fixture
def root(_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(_built, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path
