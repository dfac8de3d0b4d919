"""Labels by a CLIP: tiny, with random weights, saved to disk here and loaded as any other."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from native4k import tables
from native4k.errors import UserError
from native4k.measure import hardware, label, probe, transformers_models
from tests.measure import models

CPU = hardware.Hardware(device="cpu", batch=1, readers=1, weights=None)
TEXTS = {"Food": ["a photo of Food", "Food"], "Urban": ["a photo of a city"]}


@pytest.fixture(scope="module", name="folder", params=["clip", "siglip"])
def saved_model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.quietly(getattr(models, request.param), tmp_path_factory.mktemp(request.param))


def numbers(folder: Path) -> transformers_models.Zeroshot:
    return transformers_models.Zeroshot(model=str(folder), revision=None, view="full")


def noise(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (40, 60, 3), dtype=np.uint8))


def test_chances_are_what_the_whole_model_says_of_image_and_texts(folder: Path) -> None:
    clip = transformers_models.Clip(numbers(folder), CPU)
    single = {"Food": ["a photo of Food"], "Urban": ["a photo of a city"]}
    given = clip.processor(
        text=[texts[0] for texts in single.values()], images=[noise(0)], padding=True, return_tensors="pt"
    )
    if "siglip" in folder.name:
        given = clip.processor(
            text=[texts[0] for texts in single.values()], images=[noise(0)], padding="max_length", return_tensors="pt"
        )
    with torch.no_grad():
        whole = clip.model(**given).logits_per_image[0].double().softmax(0)
    assert clip.chances(noise(0), clip.texts(single)) == pytest.approx(whole.tolist(), abs=1e-5)


def test_several_texts_of_an_option_are_one_direction(folder: Path) -> None:
    clip = transformers_models.Clip(numbers(folder), CPU)
    found = clip.texts(TEXTS)
    assert found.shape == (2, 16)
    assert torch.linalg.norm(found, dim=1).tolist() == pytest.approx([1, 1], abs=1e-6)
    twice = clip.texts({"Food": ["Food", "Food"], "Urban": ["a city"]})
    assert twice[0].tolist() == pytest.approx(clip.texts({"Food": ["Food"]})[0].tolist(), abs=1e-6)


def test_the_step_combines_words_and_model(store: Any, mixed: dict[str, str], folder: Path) -> None:
    model = {"model": str(folder), "revision": None, "view": "full"}
    store.change("label", zeroshot=model, labelers={"words": 3.0, "zeroshot": 1.0})
    probe.run(store.args("probe.parquet"))
    label.run(store.args("label.parquet"))
    table = tables.read(store.root / "label.parquet").set_index("id")
    assert table.columns.tolist() == ["category_zeroshot", "category", "category_confidence", "category_words"]
    good = [id_ for id_, reason in mixed.items() if reason == ""]
    told = {id_: json.loads(table["category_zeroshot"][id_]) for id_ in good}
    assert all(sum(chances.values()) == pytest.approx(1, abs=1e-3) for chances in told.values())
    bread, street, dog = good
    assert [table["category"][id_] for id_ in (bread, street)] == ["Food", "Urban"]  # a weight of three to one
    assert table["category_confidence"][bread] == pytest.approx((3 + told[bread]["Food"]) / 4, abs=1e-3)
    assert table["category"][dog] == max(told[dog], key=lambda option: told[dog][option])  # no word speaks


def test_a_missing_model_is_one_line_with_the_command_that_gets_it(tmp_path: Path) -> None:
    machine = hardware.Hardware(device="cpu", batch=1, readers=1, weights=str(tmp_path))
    missing = transformers_models.Zeroshot(model="nobody/nothing", revision=None, view="full")
    with pytest.raises(UserError, match=r"'nobody/nothing' cannot be loaded \(.*hf download nobody/nothing$"):
        transformers_models.Clip(missing, machine)
