"""Ratings by a vision-language model: tiny, with random weights, saved to disk here and loaded as any other."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from native4k import params, tables
from native4k.errors import UserError
from native4k.measure import columns, hardware, label, probe, score, transformers_models
from tests.measure import models

WORTH = {"excellent": 5.0, "good": 4.0, "fair": 3.0, "poor": 2.0, "bad": 1.0}
CPU = hardware.Hardware(device="cpu", batch=1, readers=1, weights=None)


@pytest.fixture(scope="module", name="folder")
def saved_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.quietly(models.vlm, tmp_path_factory.mktemp("vlm"))


def named(folder: Path) -> transformers_models.ModelName:
    return transformers_models.ModelName(model=str(folder), revision=None, dtype="float32")


@pytest.fixture(scope="module", name="model")
def loaded_model(folder: Path) -> transformers_models.Vlm:
    return transformers_models.Vlm(named(folder), CPU)


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (40, 60, 3), dtype=np.uint8)


def test_chances_are_the_softmax_over_the_words_logits_where_the_answer_goes(model: transformers_models.Vlm) -> None:
    words, prompt, answer = list(WORTH), "What is the quality of the image ?", "The quality is"
    chances = model.chances(noise(0), prompt, answer, words)
    text = f"USER : <image> {prompt} ASSISTANT : {answer}"
    given = model.processor(
        images=[Image.fromarray(noise(0))], text=text, return_tensors="pt", add_special_tokens=False
    )
    with torch.no_grad():
        logits = model.model(**given).logits[0, -1].double()
    own = torch.exp(logits[model.processor.tokenizer.convert_tokens_to_ids(words)])
    assert chances == pytest.approx((own / own.sum()).tolist(), abs=1e-9)
    assert sum(chances) == pytest.approx(1)


def test_the_model_looks_at_the_image_and_reads_the_prompt(model: transformers_models.Vlm) -> None:
    def ask(seed: int, prompt: str) -> list[float]:
        return model.chances(noise(seed), prompt, "it is", list(WORTH))

    assert ask(0, "quality ?") == ask(0, "quality ?")
    assert ask(0, "quality ?") != ask(1, "quality ?")
    assert ask(0, "quality ?") != ask(0, "What is in the photo ?")


def test_the_published_labelers_family_is_asked_in_the_same_way(tmp_path: Path) -> None:
    qwen = transformers_models.Vlm(
        transformers_models.ModelName(
            model=str(models.quietly(models.qwen, tmp_path)), revision=None, dtype="bfloat16"
        ),
        CPU,
    )
    one, other = (qwen.chances(noise(seed), "What ?", "it is", list(WORTH)) for seed in (0, 1))
    assert one != other
    assert sum(one) == pytest.approx(1)
    assert isinstance(qwen.answer(noise(0), "What ?", 3), str)


def test_words_that_begin_alike_are_one_line(model: transformers_models.Vlm) -> None:
    with pytest.raises(UserError, match="of the answers good, good photo some begin with the same token; reword them"):
        model.chances(noise(0), "What ?", "it is", ["good", "good photo"])


def test_a_missing_model_is_one_line_with_the_command_that_gets_it(tmp_path: Path) -> None:
    machine = hardware.Hardware(device="cpu", batch=1, readers=1, weights=str(tmp_path))
    missing = transformers_models.ModelName(model="nobody/nothing", revision="abc", dtype="float32")
    with pytest.raises(UserError) as caught:
        transformers_models.Vlm(missing, machine)
    assert str(caught.value).startswith("'nobody/nothing' cannot be loaded (")
    assert str(caught.value).endswith(
        f"with a network run: TORCH_HOME={tmp_path} HF_HOME={tmp_path} hf download nobody/nothing --revision abc"
    )


def test_pickled_weights_are_not_loaded(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(UserError, match="cannot be loaded"):
        transformers_models.Vlm(named(tmp_path), CPU)


def rating(folder: Path, view: str) -> dict[str, Any]:
    model = {"model": str(folder), "revision": None, "dtype": "float32"}
    return {"model": model, "view": view, "prompt": "What is the quality ?", "answer": "it is", "words": WORTH}


def test_the_step_rates_by_the_expected_value_and_loads_one_model_for_all_columns(
    store: Any, mixed: dict[str, str], folder: Path, model: transformers_models.Vlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def once(*args: Any) -> transformers_models.Vlm:
        made.append(args)
        return model

    monkeypatch.setattr(transformers_models, "Vlm", once)
    store.change("score", vlms={"quality": rating(folder, "full"), "detail": rating(folder, "tiles:16")})
    probe.run(store.args("probe.parquet"))
    score.run(store.args("score.parquet"))
    table = tables.read(store.root / "score.parquet")
    assert table.columns.tolist() == ["id", "detail_mean", "detail_min", "detail_spread", "quality"]
    good = table[table["id"].map(mixed) == ""]
    assert good["quality"].between(1, 5).all()
    assert table["quality"].notna().sum() == len(good) == 3
    assert len(made) == 1
    assert tables.metadata(store.root / "score.parquet")["weights"].count(model.weights) == 2


def test_the_step_labels_and_captions_by_the_model(
    store: Any, mixed: dict[str, str], folder: Path, model: transformers_models.Vlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mixed
    monkeypatch.setattr(transformers_models, "Vlm", lambda *_: model)
    lmm = {"kind": "transformers", "model": rating(folder, "full")["model"], "view": "full"}
    lmm["caption"] = {"prompt": "What is in the image ?", "tokens": 4}
    store.change("label", lmm=lmm, labelers={"lmm": 1.0})
    probe.run(store.args("probe.parquet"))
    label.run(store.args("label.parquet"))
    table = tables.read(store.root / "label.parquet").set_index("id")
    assert table.columns.tolist() == ["category_lmm", "caption_lmm", "category", "category_confidence"]
    looked = table["category_lmm"].notna()
    assert looked.sum() == 3
    assert set(table.loc[~looked, "category"]) == {"unknown"}
    assert set(table.loc[looked, "category"]) <= {"Food", "Urban"}
    assert (table.loc[looked, "category_confidence"] >= 0.5).all()
    assert all(isinstance(caption, str) for caption in table.loc[looked, "caption_lmm"])


def test_a_rating_depends_on_all_that_is_asked(folder: Path) -> None:
    def key(**changed: Any) -> str:
        asked = params.validate(transformers_models.Rating, rating(folder, "full") | changed, "score")
        return transformers_models.rating_column("a", asked, 4, CPU, transformers_models.Vlm).key

    assert key() == key()
    others = [key(prompt="?"), key(answer="?"), key(view="resize:9"), key(words=WORTH | {"bad": 0.0})]
    assert len({key(), *others}) == 5
    assert columns.UNWEIGHTED == "none"
