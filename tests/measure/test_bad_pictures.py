"""Single bad pictures in a store: each costs its own values, with a line that names its file, and never the shard."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from native4k import tables
from native4k.measure import embed, label, probe, score
from tests.measure import models
from tests.pictures import encoded, noise

PICTURES = {
    "plain": noise(80, 60),
    "one pixel": noise(1, 1),
    "narrow": noise(16, 4000),
    "a line": noise(1, 4000),
    "a row": noise(4000, 1),
    "wide": noise(20_000, 16),
    "clear": Image.fromarray(np.full((60, 80, 4), (255, 0, 0, 0), np.uint8)),
}
"""Made smaller to 1024 pixels, none but the first and the last is as large as piqe's blocks."""


@pytest.fixture(name="ids")
def a_store_of_bad_pictures(store: Any) -> dict[str, str]:
    """Name -> id; any geometry is accepted."""
    ids = {name: store.add(name, encoded(picture, "PNG"), picture.size) for name, picture in PICTURES.items()}
    store.freeze()
    loose = {"min_pixels": 1, "min_long_side": 1, "min_short_side": 0, "min_aspect": 0.0, "max_aspect": 1e6}
    store.change("probe", geometry=loose)
    probe.run(store.args("probe.parquet"))
    return ids


def table_of(store: Any, name: str, ids: dict[str, str]) -> Any:
    """A step's table, by the pictures' names."""
    return tables.read(store.root / f"{name}.parquet").set_index("id").loc[list(ids.values())].set_axis(list(ids))


def test_each_is_probed(store: Any, ids: dict[str, str]) -> None:
    table = table_of(store, "probe", ids)
    assert set(table["reason"]) == {""}
    assert table["transparent"].to_dict() == {name: float(name == "clear") for name in ids}
    assert table[["width", "height"]].apply(tuple, axis=1).to_dict() == {
        name: picture.size for name, picture in PICTURES.items()
    }


def test_a_metric_that_cannot_take_a_picture_costs_its_value_and_names_its_file(
    store: Any, ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    store.change(
        "score", metrics={"piqe": "resize:1024"}, textures={"ratio": {"measure": "compression_ratio", "view": "full"}}
    )
    score.run(store.args("score.parquet"))
    table = table_of(store, "score", ids)
    assert set(table.index[table["piqe"].notna()]) == {"plain", "clear"}
    assert table["ratio"].notna().all()
    files = tables.read(store.folder / "index.parquet").set_index("id")["file"]
    said = [line for line in capsys.readouterr().err.splitlines() if ": no piqe: " in line]
    assert {line.split(" (")[0] for line in said} == {
        files[ids[name]] for name in ids if name not in {"plain", "clear"}
    }
    assert any(line.startswith(f"{files[ids['narrow']]} (16x4000): no piqe: ") for line in said)


def test_each_is_embedded(store: Any, ids: dict[str, str], tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch calls its own format old
        torch.jit.script(torch.nn.AdaptiveAvgPool2d(2)).save(str(tmp_path / "network.pt"))
    numbers = {"kind": "torchscript", "model": str(tmp_path / "network.pt"), "side": 32}
    scaled = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
    store.write(yaml.safe_load(store.params.read_text()) | {"embed": numbers | scaled})
    embed.run(store.args("embed.parquet"))
    assert set(table_of(store, "embed", ids)["embedding"].map(len)) == {24}  # 12 numbers of two bytes


def test_each_is_labelled(store: Any, ids: dict[str, str], tmp_path: Path) -> None:
    models.quietly(models.clip, tmp_path / "clip")
    clip = {"model": str(tmp_path / "clip"), "revision": None, "view": "full"}
    store.change("label", labelers={"zeroshot": 1.0}, zeroshot=clip)
    label.run(store.args("label.parquet"))
    assert set(table_of(store, "label", ids)["category"]) <= {"Food", "Urban"}
