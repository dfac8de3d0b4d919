"""native4k.sr.evaluate: from a test split to metrics, a table of images and comparison pictures."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

from native4k import cli, images, resample, tables
from native4k.sr import metrics

Make = Callable[..., Path]
Draw = Callable[[int, int, int], np.ndarray]

BOOTSTRAP = metrics.Bootstrap(seed=0, draws=50, confidence=0.9)


def _train(folder: Path, numbers: Path, name: str) -> None:
    ends = ["--scratch", folder / "work", "--curve", folder / "curve.csv", "--params", numbers]
    words = ["sr", "train", name, folder / "train", folder / "val", folder / name, *ends]
    assert cli.main([str(word) for word in words]) == 0


def _words(folder: Path, name: str, model: str | None = None) -> list[str]:
    paths = [folder / (model or name), folder / "test", folder / "metrics.json"]
    ends = [
        "--figures",
        folder / "figures.json",
        "--images",
        folder / "images.parquet",
        "--pictures",
        folder / "pictures",
    ]
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
        expected.append(metrics.compare(ours, truth, 4, ("sr-classical", "sr-real"), ("psnr", "ssim")))
    table = tables.read(tmp_path / "images.parquet")
    assert list(table["id"]) == ["test0000", "test0001", "test0002"]
    assert list(table["category"]) == ["Food", "Nature", "Food"]
    for convention, metric in (name.split() for name in expected[0]):
        values = [row[f"{convention} {metric}"] for row in expected]
        column = table[f"{convention}_{metric}".replace("-", "_")]
        assert column.to_numpy() == pytest.approx(values, abs=0.02)  # the tiles round a few pixels the other way

    tree = json.loads((tmp_path / "metrics.json").read_text())
    assert {key: value for key, value in tree.items() if not isinstance(value, dict)} == {
        "baseline": "bicubic_x4",
        "degradation": "bicubic",
        "images": 3,
        "parameters": 0,
        "scale": 4,
    }
    luma = table["sr_real_psnr_y"].to_numpy()
    assert tree["sr-real"]["psnr_y"] == metrics.describe(luma, BOOTSTRAP) | {
        "by_category": {
            "Food": metrics.describe(luma[[0, 2]], BOOTSTRAP),
            "Nature": metrics.describe(luma[[1]], BOOTSTRAP),
        },
    }
    assert tree["sr-real"]["psnr_y"]["low"] < tree["sr-real"]["psnr_y"]["mean"] < tree["sr-real"]["psnr_y"]["high"]
    assert set(tree["sr-classical"]) == {"psnr_rgb", "psnr_y", "ssim_rgb", "ssim_y"}
    assert json.loads((tmp_path / "figures.json").read_text()) == {
        f"x4 own {name}": tree[name.split()[0]][name.split()[1]]["mean"] for name in expected[0]
    }
    assert table.equals(table.round(4)), "last bits differ between processors"
    shapes = {path.name: images.load(path).shape for path in (tmp_path / "pictures").iterdir()}
    order = table.sort_values("sr_classical_psnr_rgb")["id"].tolist()
    assert shapes == {f"worst-1-{order[0]}.webp": (40, 120, 3), f"best-1-{order[-1]}.webp": (40, 120, 3)}


def test_the_same_evaluation_writes_the_same_bytes(split: Make, numbers: Make, tmp_path: Path) -> None:
    for name in ("train", "val", "test"):
        split(name)
    _train(tmp_path, numbers(), "swinir_x4")
    written = []
    for _ in range(2):
        assert cli.main(_words(tmp_path, "swinir_x4")) == 0
        files = [tmp_path / f"{name}.json" for name in ("figures", "metrics")]
        files += [tmp_path / "images.parquet", *sorted((tmp_path / "pictures").iterdir())]
        written.append([path.read_bytes() for path in files])
    assert written[0] == written[1]
    text = (tmp_path / "metrics.json").read_text()
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n"


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
    assert (
        "weights.safetensors: body.conv_first.weight is missing, the network wants (8, 3, 3, 3); params.json beside it"
        in said
    )
    save_file(shorter | {"body.conv_first.weight": content["body.conv_first.weight"][:4].contiguous()}, weights)
    assert "is (4, 3, 3, 3), the network wants (8, 3, 3, 3); params.json beside it is another baseline's" in complaint(
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
    assert "test0000.png: too small to be measured at scale 4, which takes 19 pixels; leave it out of the split" in said
    assert said.endswith("or measures out of sr.evaluate.measures (psnr, ssim)")


def test_an_empty_test_split_is_named(
    split: Make, numbers: Make, tmp_path: Path, complaint: Callable[..., str]
) -> None:
    split("test", images=0)
    _train(tmp_path, numbers(), "bicubic_x4")
    said = complaint(*_words(tmp_path, "bicubic_x4"))
    assert said.endswith("test: there are no images in this split; publish a dataset that has some")


def test_nothing_to_measure_is_one_line(
    split: Make, numbers: Make, tmp_path: Path, complaint: Callable[..., str]
) -> None:
    split("test", images=1)
    numbers({"evaluate.measures": []})
    said = complaint(*_words(tmp_path, "bicubic_x4"))
    assert said.endswith("sr.evaluate: name one of conventions and one of measures at least")


def test_the_two_stage_degradation_is_harder_than_bicubic(split: Make, numbers: Make, tmp_path: Path) -> None:
    split("test", images=2)
    found = {}
    for name in ("bicubic", "realesrgan"):
        _train(tmp_path, numbers({"evaluate.degradation": name}), "bicubic_x4")
        assert cli.main(_words(tmp_path, "bicubic_x4")) == 0
        tree = json.loads((tmp_path / "metrics.json").read_text())
        found[name] = tree["sr-real"]["psnr_y"]["mean"]
        assert tree["degradation"] == name
    assert found["realesrgan"] < found["bicubic"] - 0.5


def test_a_foreign_set_is_measured_like_ours(
    split: Make, numbers: Make, tmp_path: Path, draw: Draw, complaint: Callable[..., str]
) -> None:
    split("test", images=1)
    folder = tmp_path / "set/image_SRF_4"
    folder.mkdir(parents=True)
    for number in (1, 2):
        truth = draw(number, 48, 64)
        small = resample.to_pixels(resample.downscale(resample.to_tensor(truth), 4))
        Image.fromarray(truth).save(folder / f"img_{number:03}_SRF_4_HR.png")
        Image.fromarray(small).save(folder / f"img_{number:03}_SRF_4_LR.png")
    place = str(tmp_path / "set/image_SRF_{scale}")
    sets = {"given": {"high": place, "low": place}, "made": {"high": place, "degradation": "bicubic"}}
    _train(tmp_path, numbers({"evaluate.test_sets": sets}), "bicubic_x4")
    assert cli.main(_words(tmp_path, "bicubic_x4")) == 0
    tree = json.loads((tmp_path / "metrics.json").read_text())
    assert tree["images"] == 1
    figures = json.loads((tmp_path / "figures.json").read_text())
    own = {f"x4 own sr-classical {name}" for name in ("psnr_rgb", "psnr_y", "ssim_rgb", "ssim_y")}
    assert len(figures) == 12, "more would not fit a terminal"
    assert figures.keys() > own | {f"x4 {name} sr-classical psnr_rgb" for name in ("given", "made")}
    assert figures["x4 made sr-classical psnr_rgb"] == tree["test_sets"]["made"]["sr-classical"]["psnr_rgb"]["mean"]
    assert list(tree["test_sets"]) == ["given", "made"]
    assert tree["test_sets"]["given"]["images"] == 2
    for convention in ("sr-classical", "sr-real"):
        pair = [tree["test_sets"][name][convention]["psnr_y"]["mean"] for name in ("given", "made")]
        assert pair[0] == pair[1], "the same pictures, given or made"
    table = tables.read(tmp_path / "images.parquet")
    assert sorted(zip(table["test_set"], table["id"], strict=True)) == [
        ("", "test0000"),
        *[(name, f"img_{number:03}") for name in ("given", "made") for number in (1, 2)],
    ]

    (folder / "img_002_SRF_4_LR.png").unlink()
    said = complaint(*_words(tmp_path, "bicubic_x4"))
    assert said.endswith("no picture goes with img_002_SRF_4_HR.png at scale 4; see sr.evaluate.test_sets.given")
