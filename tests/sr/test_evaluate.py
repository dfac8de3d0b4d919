"""native4k.sr.evaluate: from a test split to metrics, a table of images and comparison pictures."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load_file, save_file

from native4k import cli, images, tables
from native4k.sr import degrade, evaluate, metrics

Make = Callable[..., Path]


def _train(folder: Path, numbers: Path, name: str) -> None:
    ends = ["--scratch", folder / "work", "--curve", folder / "curve.csv", "--params", numbers]
    words = ["sr", "train", name, folder / "train", folder / "val", folder / name, *ends]
    assert cli.main([str(word) for word in words]) == 0


def _words(folder: Path, name: str, model: str | None = None) -> list[str]:
    paths = [folder / (model or name), folder / "test", folder / "metrics.json"]
    ends = ["--images", folder / "images.parquet", "--pictures", folder / "pictures"]
    return ["sr", "evaluate", name, *map(str, [*paths, *ends]), "--params", str(folder / "params.yaml")]


def test_bicubic_is_measured_image_by_image(split: Make, numbers: Make, tmp_path: Path) -> None:
    folder = split("test", images=3, size=(91, 118))
    _train(tmp_path, numbers(), "bicubic_x4")
    assert cli.main(_words(tmp_path, "bicubic_x4")) == 0

    expected = []
    for name in ("test0000", "test0001", "test0002"):
        truth = images.load(folder / f"{name}.png")[:88, :116]
        small = resample.downscale(resample.to_tensor(truth), 4)
        ours = resample.to_pixels(resample.quantise(resample.imresize(small, 4)))
        expected.append(metrics.compare(ours, truth, 4, ("sr-classical", "sr-real")))
    table = tables.read(tmp_path / "images.parquet")
    assert list(table["id"]) == ["test0000", "test0001", "test0002"]
    assert list(table["category"]) == ["Food", "Nature", "Food"]
    for convention, metric in (name.split() for name in expected[0]):
        values = [row[f"{convention} {metric}"] for row in expected]
        column = table[f"{convention}_{metric}".replace("-", "_")]
        assert column.to_numpy() == pytest.approx(values, abs=0.02)  # the tiles round a few pixels the other way

    tree = json.loads((tmp_path / "metrics.json").read_text())
    assert {key: tree[key] for key in ("baseline", "images", "parameters", "scale")} == {
        "baseline": "bicubic_x4",
        "images": 3,
        "parameters": 0,
        "scale": 4,
    }
    luma = table["sr_real_psnr_y"]
    assert tree["sr-real"]["psnr_y"] == {
        "mean": round(luma.mean(), 4),
        "median": round(luma.median(), 4),
        "by_category": {"Food": round(luma[[0, 2]].mean(), 4), "Nature": round(luma[1], 4)},
    }
    assert set(tree["sr-classical"]) == {"psnr_rgb", "psnr_y", "ssim_rgb", "ssim_y"}
    shapes = {path.name: images.load(path).shape for path in (tmp_path / "pictures").iterdir()}
    assert shapes == {"test0000.webp": (40, 120, 3), "test0001.webp": (40, 120, 3)}


def test_the_same_evaluation_writes_the_same_bytes(split: Make, numbers: Make, tmp_path: Path) -> None:
    for name in ("train", "val", "test"):
        split(name)
    _train(tmp_path, numbers(), "swinir_x4")
    written = []
    for _ in range(2):
        assert cli.main(_words(tmp_path, "swinir_x4")) == 0
        files = [tmp_path / "metrics.json", tmp_path / "images.parquet", *sorted((tmp_path / "pictures").iterdir())]
        written.append([path.read_bytes() for path in files])
    assert written[0] == written[1]
    text = (tmp_path / "metrics.json").read_text()
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n"


def test_a_strip_shows_bicubic_ours_and_the_original_where_the_texture_is() -> None:
    truth = np.full((96, 96, 3), 128, np.uint8)
    truth[48:, :48] = np.random.default_rng(0).integers(0, 256, (48, 48, 3))
    small = resample.to_pixels(resample.downscale(resample.to_tensor(truth), 4))
    shown = evaluate.strip(evaluate.Result({}, small, truth, truth), 4, 48)
    assert shown.shape == (48, 144, 3)
    assert np.array_equal(shown[:, 48:96], truth[48:, :48])
    assert np.array_equal(shown[:, 96:], truth[48:, :48])
    assert shown[:, :48].std() < truth[48:, :48].std() / 2


def test_what_cannot_be_measured_is_one_line(
    split: Make, numbers: Make, tmp_path: Path, complaint: Callable[..., str]
) -> None:
    for name in ("train", "val", "test"):
        split(name)
    _train(tmp_path, numbers(), "swinir_x4")
    said = complaint(*_words(tmp_path, "bicubic_x4", model="swinir_x4"))
    assert said.endswith("swinir_x4: holds the baseline swinir_x4, not bicubic_x4; name its own folder")

    weights = tmp_path / "swinir_x4" / "weights.safetensors"
    content = load_file(weights)
    shorter = {name: value for name, value in content.items() if name != "body.conv_first.weight"}
    save_file(shorter, weights)
    said = complaint(*_words(tmp_path, "swinir_x4"))
    assert "weights.safetensors: body.conv_first.weight is missing, the network of params.json beside it" in said
    save_file(shorter | {"body.conv_first.weight": content["body.conv_first.weight"][:4].contiguous()}, weights)
    assert "is (4, 3, 3, 3), the network of params.json beside it wants (8, 3, 3, 3)" in complaint(
        *_words(tmp_path, "swinir_x4")
    )
    weights.write_bytes(b"no numbers")
    assert "weights.safetensors: not readable (" in complaint(*_words(tmp_path, "swinir_x4"))
    weights.unlink()
    assert "weights.safetensors: no such file; get it with 'dvc pull " in complaint(*_words(tmp_path, "swinir_x4"))
    assert not (tmp_path / "metrics.json").exists()


def test_an_image_too_small_to_be_measured_is_named(
    split: Make, numbers: Make, tmp_path: Path, complaint: Callable[..., str]
) -> None:
    split("test", images=1, size=(18, 50))
    _train(tmp_path, numbers(), "bicubic_x4")
    said = complaint(*_words(tmp_path, "bicubic_x4"))
    assert said.endswith("test0000.png: too small to be measured at scale 4; leave it out of the split")


def test_an_empty_test_split_is_named(
    split: Make, numbers: Make, tmp_path: Path, complaint: Callable[..., str]
) -> None:
    split("test", images=0)
    _train(tmp_path, numbers(), "bicubic_x4")
    said = complaint(*_words(tmp_path, "bicubic_x4"))
    assert said.endswith("test: there are no images in this split; publish a dataset that has some")


def test_the_summary_of_one_category_is_its_mean() -> None:
    rows = pd.DataFrame({"id": ["a", "b"], "category": ["Food", "Food"], "sr-real psnr_y": [20.0, 30.00006]})
    assert evaluate.summary(rows) == {
        "images": 2,
        "sr-real": {"psnr_y": {"mean": 25.0, "median": 25.0, "by_category": {"Food": 25.0}}},
    }
