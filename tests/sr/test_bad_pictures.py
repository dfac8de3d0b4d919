"""Pictures of one pixel, narrow, wide and clear ones: super-resolution enlarges them, measures them, or names them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from native4k import cli, images, tables

Make = Callable[..., Path]

PICTURES = {
    "plain": Image.fromarray(np.random.default_rng(0).integers(0, 256, (96, 120, 3), dtype=np.uint8)),
    "pixel": Image.new("RGB", (1, 1), (9, 99, 199)),
    "narrow": Image.new("RGB", (16, 4000), (9, 99, 199)),
    "line": Image.new("RGB", (1, 4000), (9, 99, 199)),
    "wide": Image.new("RGB", (4000, 24), (9, 99, 199)),
    "clear": Image.new("RGBA", (120, 96), (255, 0, 0, 0)),
}


def publish(folder: Path, names: list[str]) -> Path:
    """A split of some of them."""
    folder.mkdir()
    for name in names:
        PICTURES[name].save(folder / f"{name}.png")
    sides = {"width": [PICTURES[name].width for name in names], "height": [PICTURES[name].height for name in names]}
    rows = {"file_name": [f"{name}.png" for name in names], "id": names, "caption": "", "category": "Food", **sides}
    tables.write(pd.DataFrame(rows), folder / "metadata.parquet")
    return folder


def run(*words: object) -> int:
    return cli.main([str(word) for word in words])


@pytest.fixture(name="params")
def params_file(numbers: Make) -> Path:
    return numbers()


def train(name: str, folder: Path, params: Path) -> int:
    ends = ["--scratch", folder / "work", "--curve", folder / "curve.csv", "--params", params]
    return run("sr", "train", name, folder / "train", folder / "val", folder / "model", *ends)


def test_each_is_made_larger(params: Path, tmp_path: Path) -> None:
    assert train("bicubic_x4", tmp_path, params) == 0
    publish(tmp_path / "small", list(PICTURES))
    assert run("sr", "upscale", tmp_path / "model", tmp_path / "small", tmp_path / "large", "--params", params) == 0
    sizes = {path.stem: images.header(path)[1:] for path in (tmp_path / "large").iterdir()}
    assert sizes == {name: (4 * picture.width, 4 * picture.height) for name, picture in PICTURES.items()}


def test_those_with_room_for_the_measures_are_measured(params: Path, tmp_path: Path) -> None:
    assert train("bicubic_x4", tmp_path, params) == 0
    publish(tmp_path / "test", ["plain", "wide", "clear"])
    paths = [tmp_path / "model", tmp_path / "test", tmp_path / "metrics.json"]
    ends = [
        "--figures",
        tmp_path / "figures.json",
        "--images",
        tmp_path / "images.parquet",
        "--pictures",
        tmp_path / "pictures",
        "--params",
        params,
    ]
    assert run("sr", "evaluate", "bicubic_x4", *paths, *ends) == 0
    table = tables.read(tmp_path / "images.parquet")
    assert table["id"].tolist() == ["clear", "plain", "wide"]
    assert table.notna().all(axis=None)


@pytest.mark.parametrize("name", ["pixel", "narrow", "line", "wide"])
def test_one_that_no_patch_fits_into_is_named(
    params: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(tmp_path / "train", ["plain", name])
    publish(tmp_path / "val", ["plain"])
    assert train("swinir_x4", tmp_path, params) == 1
    size = f"{PICTURES[name].width}x{PICTURES[name].height}"
    assert f"train/{name}.png: {size} has no room for sr.patches.side 64" in capsys.readouterr().err
