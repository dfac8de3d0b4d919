"""Training: it learns, it resumes to the same bits, and it fails in one line."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file

from native4k import cli
from native4k.errors import UserError
from native4k.t2i import fit, flow, train
from native4k.t2i.networks import dit


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


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
    return folder


def arguments(tmp_path: Path, latents: Path, name: str) -> list[str]:
    places = [str(latents), str(tmp_path / name), "--scratch", str(tmp_path / f"{name}-work")]
    return ["t2i", "train", "small", *places, "--curve", str(tmp_path / f"{name}.csv"), "--params"]


def test_one_picture_is_learned_by_heart() -> None:
    latent = torch.from_numpy(np.random.default_rng(1).standard_normal((1, 2, 8, 8), np.float32))
    numbers = train.Params(
        threads=1,
        seed=0,
        drop=0.0,
        curve_every=1,
        transformer=dit.Params(patch=2, width=32, depth=2, heads=2),
        fit=fit.Params(images=3200, batch=8, learning_rate=4e-3, warmup=40, clip=1.0, save_every=10**9),
    )
    network, losses = train.train(latent, torch.ones(1, 4), numbers, None, "")
    assert np.mean(losses[-20:]) < np.mean(losses[:20]) / 10
    with torch.no_grad():
        made = flow.sample(network, torch.randn(1, 2, 8, 8), torch.ones(1, 4), 20, 1.0)
    assert (made - latent).square().mean() < 0.02 * latent.square().mean()


def test_killed_at_any_moment_and_run_again_it_ends_with_the_same_bytes(
    section: dict[str, Any], tmp_path: Path, latents: Path
) -> None:
    section["baselines"]["small"]["train"]["fit"] |= {"images": 2400, "save_every": 24}
    numbers = tmp_path / "params.yaml"
    numbers.write_text(yaml.safe_dump({"t2i": section}))
    words = arguments(tmp_path, latents, "killed")
    checkpoint = tmp_path / "killed-work" / "transformer.pt"
    running = subprocess.Popen([sys.executable, "-m", "native4k.cli", *words, str(numbers)], stderr=subprocess.DEVNULL)
    while not checkpoint.exists():
        assert running.poll() is None
        time.sleep(0.01)
    time.sleep(0.1)
    os.kill(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    assert not (tmp_path / "killed").exists()
    done = len(torch.load(checkpoint, weights_only=True)["losses"])
    assert 0 < done < 600
    assert cli.main([*words, str(numbers)]) == 0
    assert not checkpoint.exists()
    assert cli.main([*arguments(tmp_path, latents, "whole"), str(numbers)]) == 0
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    assert (tmp_path / "killed.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_checkpoint_goes_on_only_for_its_own_key(tmp_path: Path) -> None:
    numbers = fit.Params(images=8, batch=1, learning_rate=0.1, warmup=1, clip=1.0, save_every=4)
    checkpoint = tmp_path / "checkpoint.pt"
    seen = []

    def steps(key: str) -> int:
        network = torch.nn.Linear(1, 1)
        seen.clear()

        def loss_of(rng: np.random.Generator) -> torch.Tensor:
            seen.append(rng.random())
            return network(torch.ones(1)).square().sum()

        fit.fit(network, loss_of, numbers, 0, checkpoint, key)
        return len(seen)

    assert [steps("one"), steps("one"), steps("two")] == [8, 0, 8]


def test_a_changed_number_is_another_key(tmp_path: Path, section: dict[str, Any], latents: Path) -> None:
    keys = []
    for seed in (0, 0, 1):
        section["baselines"]["small"]["train"]["seed"] = seed
        (tmp_path / "params.yaml").write_text(yaml.safe_dump({"t2i": section}))
        words = [*arguments(tmp_path, latents, "keys")[2:], str(tmp_path / "params.yaml")]
        keys.append(_key(words))
    assert keys[0] == keys[1] != keys[2]


def _key(words: list[str]) -> str:
    """The key that a run with these arguments would save under."""
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    parser.add_argument("--params", type=Path)
    args = parser.parse_args(words)
    with pytest.MonkeyPatch.context() as patch:
        found: list[str] = []
        patch.setattr(train, "train", lambda *given: found.append(given[-1]) or sys.exit())
        with pytest.raises(SystemExit):
            train.run(args)
    return found[0]


def test_a_loss_that_is_not_a_number_stops_with_one_line() -> None:
    network = torch.nn.Linear(1, 1)
    numbers = fit.Params(images=8, batch=2, learning_rate=0.1, warmup=1, clip=1.0, save_every=4)

    def loss_of(_rng: np.random.Generator) -> torch.Tensor:
        return network(torch.full((1,), float("nan"))).sum()

    with pytest.raises(UserError, match=r"^the loss is nan after 0 images; lower learning_rate and run again$"):
        fit.fit(network, loss_of, numbers, 0, None, "")


def test_the_rate_rises_over_the_warmup_and_falls_to_nothing() -> None:
    numbers = fit.Params(images=100, batch=10, learning_rate=2.0, warmup=20, clip=1.0, save_every=4)
    rates = [round(fit.rate(seen, numbers), 3) for seen in (0, 10, 50, 100)]
    assert rates == [1.0, 1.951, 1.0, 0.0]


def test_the_curve_averages_over_images() -> None:
    assert train.curve([1.0, 2.0, 3.0, 4.0, 5.0], batch=4, every=8) == "images,loss\n8,1.5000\n16,3.5000\n20,5.0000\n"


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
    network = dit.DiT(dit.Params(patch=2, width=16, depth=1, heads=2), channels=3, text_width=5)
    found = network(torch.randn(2, 3, 8, 12), torch.rand(2), torch.randn(2, 5))
    assert found.shape == (2, 3, 8, 12)
    assert found.abs().max() == 0
