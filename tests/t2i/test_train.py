"""Training: it learns, it resumes to the same bits, and it fails in one line."""

import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from native4k import cli, params, tables
from native4k.learning import process_group
from native4k.learning.training import Training
from native4k.t2i import flow, train
from native4k.t2i.networks import dit
from tests.t2i.conftest import TRAINING


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def training(**changes: Any) -> Training:
    return params.validate(Training, TRAINING | changes, "training")


def adam(lr: float) -> dict[str, Any]:
    return {"lr": lr, "betas": [0.9, 0.999], "weight_decay": 0.0}


def cosine(warmup: int) -> dict[str, Any]:
    return {"kind": "cosine", "warmup": warmup, "floor": 0.0}


@pytest.fixture
def latents(tmp_path: Path) -> Path:
    """What encoding leaves, without any encoding."""
    folder = tmp_path / "latents"
    (folder / "autoencoder").mkdir(parents=True)
    (folder / "autoencoder" / "config.json").write_text("{}")
    (folder / "params.json").write_text('{"baseline": "small", "encode": {}}')
    rng = np.random.default_rng(0)
    tensors = {"latents": (4, 2, 8, 8), "captions": (4, 16)}
    made = {name: torch.from_numpy(rng.standard_normal(shape, np.float32)) for name, shape in tensors.items()}
    save_file(made, folder / "latents.safetensors")
    tables.write(pd.DataFrame({"id": list("abcd"), "caption": [""] * 4}), folder / "captions.parquet")
    return folder


def arguments(tmp_path: Path, latents: Path, name: str) -> list[str]:
    places = [str(latents), str(tmp_path / name), "--scratch", str(tmp_path / f"{name}-work")]
    return ["t2i", "train", "small", *places, "--curve", str(tmp_path / f"{name}.csv"), "--params"]


def test_one_picture_is_learned_by_heart() -> None:
    latent = torch.from_numpy(np.random.default_rng(1).standard_normal((1, 2, 8, 8), np.float32))
    numbers = train.Params(
        drop=0.0,
        network=dit.Params(kind="dit", patch=2, width=32, depth=2, heads=2),
        training=training(images=3200, batch=8, optimizer=adam(4e-3), schedule=cosine(40), curve_every=160),
    )
    task = flow.Task(latent, torch.ones(1, 4), ["one"], 0.0)
    network, curve = train.train(task, numbers, None, process_group.single())
    assert curve["loss"].iloc[-1] < curve["loss"].iloc[0] / 10
    with torch.no_grad():
        made = flow.sample(network, torch.randn(1, 2, 8, 8), torch.ones(1, 4), 20, 1.0)
    assert (made - latent).square().mean() < 0.02 * latent.square().mean()


def test_killed_at_any_moment_and_run_again_it_ends_with_the_same_bytes(
    section: dict[str, Any], tmp_path: Path, latents: Path
) -> None:
    section["baselines"]["small"]["train"]["training"] |= {"images": 2400, "checkpoint_every": 24}
    numbers = tmp_path / "params.yaml"
    numbers.write_text(yaml.safe_dump({"t2i": section}))
    words = arguments(tmp_path, latents, "killed")
    work = tmp_path / "killed-work" / "transformer"
    running = subprocess.Popen([sys.executable, "-m", "native4k.cli", *words, str(numbers)], stderr=subprocess.DEVNULL)
    while not list(work.glob("*/0*")):
        assert running.poll() is None
        time.sleep(0.01)
    time.sleep(0.1)
    os.kill(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    assert not (tmp_path / "killed").exists()
    assert 0 < max(int(folder.name) for folder in work.glob("*/*") if folder.name.isdecimal()) < 2400
    assert cli.main([*words, str(numbers)]) == 0
    assert not work.exists()
    assert cli.main([*arguments(tmp_path, latents, "whole"), str(numbers)]) == 0
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    assert (tmp_path / "killed.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_changed_number_is_another_key(section: dict[str, Any], latents: Path) -> None:
    keys = []
    for seed in (0, 0, 1):
        section["baselines"]["small"]["train"]["training"]["seed"] = seed
        numbers = params.validate(train.Params, section["baselines"]["small"]["train"], "train")
        keys.append(train.key_of(numbers, latents / "latents.safetensors"))
    assert keys[0] == keys[1] != keys[2]


def test_a_loss_that_is_not_a_number_stops_with_one_line(
    tmp_path: Path, numbers: Path, latents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tensors = load_file(latents / "latents.safetensors")
    save_file(tensors | {"latents": tensors["latents"] * math.nan}, latents / "latents.safetensors")
    assert cli.main([*arguments(tmp_path, latents, "model"), str(numbers)]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    where = f"native4k t2i train: {numbers}: t2i.baselines.small.train"
    assert re.match(
        rf"{re.escape(where)}: the loss is not finite after 0 images .* look at the images [abcd, ]+;", said
    )


def test_the_curve_averages_over_images(tmp_path: Path, numbers: Path, latents: Path) -> None:
    assert cli.main([*arguments(tmp_path, latents, "model"), str(numbers)]) == 0
    curve = pd.read_csv(tmp_path / "model.csv")
    assert list(curve) == ["images_seen", "loss"]
    assert list(curve["images_seen"]) == [8, 16]


@pytest.mark.parametrize("switch", [{"parts": 3}, {"workers": 1}], ids=str)
def test_how_a_batch_is_cut_and_read_changes_nothing(switch: dict[str, Any], latents: Path) -> None:
    tensors, found = load_file(latents / "latents.safetensors"), []
    for changes in ({}, switch):
        shape = dit.Params(kind="dit", patch=2, width=16, depth=1, heads=2)
        numbers = train.Params(drop=0.5, network=shape, training=training(batch=5, images=12, **changes))
        task = flow.Task(tensors["latents"], tensors["captions"], list("abcd"), 0.5)
        network, _ = train.train(task, numbers, None, process_group.single())
        found.append(network.state_dict())
    for name, value in found[0].items():
        assert torch.allclose(value, found[1][name], rtol=1e-4, atol=1e-6)


def test_all_that_a_network_needs_is_on_its_device() -> None:
    with torch.device("meta"):
        network = dit.DiT(dit.Params(kind="dit", patch=2, width=16, depth=1, heads=2), channels=3, text_width=5)
        inputs = torch.randn(2, 3, 8, 12), torch.rand(2), torch.randn(2, 5)
    assert network(*inputs).device.type == "meta"


def test_missing_latents_and_unknown_baselines_are_one_line(
    tmp_path: Path, numbers: Path, latents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*arguments(tmp_path, tmp_path / "nowhere", "model"), str(numbers)]
    assert cli.main(words) == 1
    missing = tmp_path / "nowhere" / "latents.safetensors"
    says = f"native4k t2i train: {missing}: no such file; run `native4k t2i encode small`, or pull it with dvc\n"
    assert capsys.readouterr().err == says
    words = [*arguments(tmp_path, latents, "model"), str(numbers)]
    assert cli.main(["t2i", "train", "large", *words[3:]]) == 1
    says = f"native4k t2i train: {numbers}: t2i.baselines.large is missing; there are: small\n"
    assert capsys.readouterr().err == says


def test_the_network_is_the_zero_function_at_first_and_takes_any_size() -> None:
    network = dit.DiT(dit.Params(kind="dit", patch=2, width=16, depth=1, heads=2), channels=3, text_width=5)
    found = network(torch.randn(2, 3, 8, 12), torch.rand(2), torch.randn(2, 5))
    assert found.shape == (2, 3, 8, 12)
    assert found.abs().max() == 0
