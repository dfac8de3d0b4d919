"""native4k.sr.recipes.gan: two players, each of whom moves its own weights."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from native4k import cli, resample
from native4k.learning.recipe import Player, Recipe
from native4k.sr import losses, networks
from native4k.sr.networks import rrdb
from native4k.sr.recipes import Batch, gan
from native4k.sr.recipes.gan import Discriminator
from native4k.sr.weights import Start
from tests.learning.playing import RICH, played, same
from tests.learning.test_loop import stopping
from tests.sr.conftest import SECTION

SHAPE = rrdb.Params(kind="rrdb", num_feat=4, num_block=1, num_grow_ch=2)
LAYERS = {"conv1_1": 0.1, "conv1_2": 1.0}


def numbers(vgg: Path | None = None, kind: str = "vanilla", begin: Start | None = None) -> gan.Params:
    return gan.Params(
        kind="gan",
        pixel=losses.Pixel(kind="l1", weight=1.0),
        perceptual=None if vgg is None else losses.Perceptual(weight=1.0, layers=LAYERS, file=str(vgg)),
        adversarial=losses.Adversarial(kind=kind, weight=0.1),  # type: ignore[arg-type]
        discriminator=gan.Critic(num_feat=4, lr=1.0, start=begin),
    )


def built(given: gan.Params, scale: int = 4) -> Recipe:
    torch.manual_seed(0)
    return gan.build(networks.build(SHAPE, scale), given)


def batch(seed: int = 0) -> Batch:
    large = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(seed)).mul(255).round().div(255)
    return Batch(resample.downscale(large, 4), large, ["", ""])


def turn(player: Player, seen: Batch, optimizer: torch.optim.Optimizer) -> dict[str, float]:
    found = player.losses(seen)
    optimizer.zero_grad()
    torch.stack(list(found.values())).sum().backward()
    optimizer.step()
    return {name: float(value.detach()) for name, value in found.items()}


def state(module: nn.Module) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in module.named_parameters()}


def moved(module: nn.Module, before: dict[str, Tensor]) -> set[str]:
    return {name for name, weight in module.named_parameters() if not torch.equal(weight, before[name])}


@pytest.mark.parametrize("kind", ["vanilla", "hinge"])
def test_each_player_loses_finitely_and_moves_its_own_weights_alone(kind: str, vgg: Path) -> None:
    recipe = built(numbers(vgg, kind))
    assert [(player.name, player.lr) for player in recipe.players] == [("network", 1.0), ("discriminator", 1.0)]
    assert recipe.modules["network"] is recipe.network
    optimizers = [torch.optim.Adam(player.weights, 1e-3, fused=True) for player in recipe.players]
    for step in range(4):
        seen, told = batch(step), {}
        for player, optimizer in zip(recipe.players, optimizers, strict=True):
            before = {name: state(module) for name, module in recipe.modules.items()}
            told |= turn(player, seen, optimizer)
            for name, module in recipe.modules.items():
                assert bool(moved(module, before[name])) is (name == player.name)
        assert list(told) == ["l1", "perceptual", "fooling", "telling"]
        assert all(map(math.isfinite, told.values()))


def test_the_discriminator_sees_the_made_picture_without_gradients() -> None:
    recipe, seen = built(numbers()), batch()
    recipe.players[0].losses(seen)
    assert not seen.shared[gan.MADE].requires_grad
    torch.stack(list(recipe.players[1].losses(seen).values())).sum().backward()
    assert all(weight.grad is None for weight in recipe.network.parameters())


def test_a_discriminator_learns_to_tell() -> None:
    recipe, seen = built(numbers()), batch()
    recipe.players[0].losses(seen)
    optimizer = torch.optim.Adam(recipe.players[1].weights, 1e-3)
    told = [turn(recipe.players[1], seen, optimizer)["telling"] for _ in range(40)]
    assert told[0] == pytest.approx(2 * math.log(2), abs=0.1)
    assert told[-1] < 0.5 * told[0]


def test_a_network_learns_to_fool() -> None:
    recipe, seen = built(numbers()), batch()
    player = recipe.players[0]
    only = player._replace(losses=lambda seen: {"fooling": player.losses(seen)["fooling"]})
    optimizer = torch.optim.Adam(player.weights, 1e-2)
    told = [turn(only, seen, optimizer)["fooling"] for _ in range(20)]
    assert told[-1] < told[0] - 0.01


def test_the_spectral_norm_is_in_the_state_and_comes_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first, second, image = Discriminator(4), Discriminator(4), torch.rand(1, 3, 16, 16)
    for _ in range(3):
        first(image)
    assert sum(name.endswith("_u") for name in first.state_dict()) == 8
    save_file(first.state_dict(), tmp_path / "a.safetensors")
    second.load_state_dict(load_file(tmp_path / "a.safetensors"))
    assert torch.equal(first(image), second(image)), "in training, the norm is estimated a step further"
    assert torch.equal(first.eval()(image), second.eval()(image))


def test_a_game_that_is_stopped_ends_with_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, curve = played(built(numbers(), 2), tmp_path / "undisturbed", **RICH)
    with monkeypatch.context() as patched:
        stopping(patched, 4)
        with pytest.raises(KeyboardInterrupt):
            played(built(numbers(), 2), tmp_path / "stopped", **RICH)
    found, again = played(built(numbers(), 2), tmp_path / "stopped", **RICH)
    assert same(found, expected)
    pd.testing.assert_frame_equal(again, curve)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (13, 21)])
def test_a_discriminator_scores_every_pixel_of_any_picture(height: int, width: int) -> None:
    assert Discriminator(4)(torch.rand(2, 3, height, width)).shape == (2, 1, height, width)


def test_a_discriminator_begins_with_published_weights(tmp_path: Path) -> None:
    theirs = networks.import_basicsr("archs.discriminator_arch").UNetDiscriminatorSN(3, 4).state_dict()
    file = tmp_path / "netD.pth"
    torch.save({"params": theirs}, file)
    recipe = built(numbers(begin=Start(path=str(file))))
    found = recipe.modules["discriminator"].state_dict()
    assert all(torch.equal(found[f"body.{name}"], value) for name, value in theirs.items())
    assert recipe.message == f"starting weights: {file} (params): {len(theirs)} tensors taken, none left new"


def test_a_finished_regression_is_fine_tuned_by_the_command(
    split: Callable[..., Path], numbers: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shape = {"kind": "rrdb", "num_feat": 4, "num_block": 1, "num_grow_ch": 2}
    torch.save(networks.build(SHAPE, 4).body.state_dict(), tmp_path / "a.pth")  # type: ignore[union-attr, operator]
    training = SECTION["baselines"]["swinir_x4"]["training"]
    game = {
        "pixel": {"kind": "l1", "weight": 1.0},
        "perceptual": None,
        "adversarial": {"kind": "vanilla", "weight": 0.1},
    }
    recipe = {"kind": "gan", "discriminator": {"num_feat": 4, "lr": 1.0}} | game
    entries = {
        "first_x4": {"scale": 4, "network": shape, "start": {"path": str(tmp_path / "a.pth")}},
        "gan_x4": {
            "scale": 4,
            "network": shape,
            "start": {"path": str(tmp_path / "first_x4")},
            "training": training | {"recipe": recipe, "degradation": "realesrgan"},
        },
    }
    sheet = numbers({f"pretrained.{name}": entry for name, entry in entries.items()})
    folders = split("train"), split("val")
    for name in entries:
        words = [name, *folders, tmp_path / name, "--scratch", tmp_path / "scratch"]
        words += ["--curve", tmp_path / f"{name}.csv", "--params", sheet]
        assert cli.main(["sr", "train", *map(str, words)]) == 0
    weights = tmp_path / "first_x4/weights.safetensors"
    first, last = load_file(weights), load_file(tmp_path / "gan_x4/weights.safetensors")
    assert f"starting weights: {weights}: {len(first)} tensors taken, none left new" in capsys.readouterr().out
    assert first.keys() == last.keys(), "the discriminator is not kept"
    assert all(not torch.equal(first[name], last[name]) for name in first)
    curve = pd.read_csv(tmp_path / "gan_x4.csv")
    assert {"images_seen", "loss", "val_psnr", "fooling", "telling"} <= set(curve.columns)
    assert curve["images_seen"].iloc[-1] == training["images"]
    assert np.isfinite(curve.iloc[1:].to_numpy()).all()
