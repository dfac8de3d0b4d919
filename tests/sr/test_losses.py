"""native4k.sr.losses: values by hand, what VGG19 sees, and Real-ESRGAN's unsharp mask."""

import dataclasses
import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision import models
from torchvision.transforms import functional

from native4k.errors import UserError
from native4k.sr import losses, networks
from native4k.sr.losses import UnsharpMask, sharpen
from native4k.sr.recipes import Batch, regression
from tests.sr.recipes.test_gan import built, numbers, turn

LAYERS = {"conv1_2": 0.1, "conv2_2": 0.1, "conv3_4": 1.0, "conv4_4": 1.0, "conv5_4": 1.0}
PLACES = {"conv1_2": 2, "conv2_2": 7, "conv3_4": 16, "conv4_4": 25, "conv5_4": 34}
"""Of those convolutions in torchvision's VGG19."""


def test_l1_is_the_mean_difference_and_charbonnier_a_smooth_one() -> None:
    made, truth = torch.tensor([0.0, 0.5, 1.0]), torch.tensor([0.0, 0.2, 0.4])
    assert float(losses.pixel_loss(losses.Pixel(kind="l1", weight=2.0), made, truth)) == pytest.approx(0.6)
    smooth = losses.pixel_loss(losses.Pixel(kind="charbonnier", weight=1.0), made, truth)
    assert float(smooth) == pytest.approx(sum(math.sqrt(off**2 + 1e-6) for off in (0, 0.3, 0.6)) / 3)


@pytest.mark.parametrize(
    ("kind", "fooling", "telling"),
    [
        ("vanilla", -math.log(1 / (1 + math.exp(-2))), math.log(1 + math.exp(-2)) + math.log(1 + math.exp(0.5))),
        ("hinge", -2.0, 0.0 + 1.5),
    ],
)
def test_the_game_is_scored_as_published(kind: Any, fooling: float, telling: float) -> None:
    numbers = losses.Adversarial(kind=kind, weight=0.1)
    real, fake = torch.full((2, 1, 3, 3), 2.0), torch.full((2, 1, 3, 3), 0.5)
    assert float(losses.generator_loss(numbers, real)) == pytest.approx(0.1 * fooling)
    assert float(losses.discriminator_loss(numbers, real, fake)) == pytest.approx(telling)


def test_features_are_those_of_torchvision_before_their_activation(vgg: Path) -> None:
    with torch.device("meta"):
        theirs = models.vgg19(weights=None).features
    state = torch.load(vgg, weights_only=True)
    theirs.load_state_dict({name.removeprefix("features."): value for name, value in state.items()}, assign=True)
    seen = losses.PerceptualLoss(losses.Perceptual(weight=0.5, layers=LAYERS, file=str(vgg)))
    made, truth = torch.rand(2, 1, 3, 32, 40, generator=torch.Generator().manual_seed(0)).unbind()
    parts = []
    with torch.no_grad():
        for name, place in PLACES.items():
            wanted, found = (
                theirs[: place + 1](functional.normalize(image, losses.MEAN, losses.DEVIATION))
                for image in (truth, made)
            )
            assert torch.allclose(seen.features(made)[name], found, atol=1e-4)
            parts.append(LAYERS[name] * (found - wanted).abs().mean())
    assert float(seen(made, truth)) == pytest.approx(0.5 * float(sum(parts)), rel=1e-4)


def test_the_perceptual_loss_moves_the_picture_and_no_weights(vgg: Path) -> None:
    seen = losses.PerceptualLoss(losses.Perceptual(weight=1.0, layers={"conv1_1": 1.0}, file=str(vgg)))
    made, truth = torch.rand(1, 3, 8, 8, requires_grad=True), torch.rand(1, 3, 8, 8, requires_grad=True)
    seen(made, truth).backward()
    assert made.grad is not None
    assert float(made.grad.abs().sum()) > 0
    assert truth.grad is None
    assert not any(weight.requires_grad for weight in seen.parameters())
    assert [name for name, _ in seen.layers.named_children()] == ["conv1_1"], "no more than is needed"


def test_vgg_is_found_where_torch_hub_keeps_it(vgg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    place, numbers = tmp_path / "hub/checkpoints", losses.Perceptual(weight=1.0, layers={"conv1_2": 1.0}, file=None)
    place.mkdir(parents=True)
    with pytest.raises(UserError) as caught:
        losses.PerceptualLoss(numbers)
    assert str(caught.value) == (
        f"perceptual.file: {place / vgg.name}: no such weights of VGG19; with a network run: "
        "python -c \"from torchvision import models; models.vgg19(weights='IMAGENET1K_V1')\""
    )
    (place / vgg.name).symlink_to(vgg)
    assert float(losses.PerceptualLoss(numbers)(torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8))) > 0


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ({"conv1_3": 1.0}, "perceptual.layers: conv1_3; VGG19 has conv1_1, conv1_2, conv2_1"),
        ({}, "perceptual.layers: names none; VGG19 has conv1_1"),
        ({"conv1_1": 1.0}, "perceptual.file: {file}: conv1_1.weight is missing, the network wants (64, 3, 3, 3)"),
    ],
)
def test_layers_and_weights_that_are_not_vgg19s_are_one_line(layers: Any, said: str, tmp_path: Path) -> None:
    file = tmp_path / "a.pth"
    torch.save({"features.0.bias": torch.zeros(64)}, file)
    with pytest.raises(UserError, match="^" + re.escape(said.format(file=file))):
        losses.PerceptualLoss(losses.Perceptual(weight=1.0, layers=layers, file=str(file)))


PUBLISHED = UnsharpMask(reach=25, sigma=8.0, weight=0.5, threshold=10)
SMALL = UnsharpMask(reach=2, sigma=1.0, weight=0.5, threshold=10)


def pictures(seed: int = 0) -> Tensor:
    chance = torch.Generator().manual_seed(seed)
    coarse = torch.rand(2, 3, 16, 12, generator=chance)
    return torch.nn.functional.interpolate(coarse, scale_factor=6, mode="bicubic").clamp(0, 1)


def test_it_is_the_published_one() -> None:
    image = pictures()
    theirs = networks.import_basicsr("utils.img_process_util").USMSharp()(image, weight=0.5, threshold=10)
    ours = sharpen(image, PUBLISHED)
    assert (ours - theirs).abs().max() < 1e-5
    assert (ours - image).abs().max() > 0.05


def test_flat_pictures_and_faint_grain_stay_as_they_are() -> None:
    grain = 0.5 + 0.02 * torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(sharpen(grain, PUBLISHED), grain, rtol=0, atol=0)


def test_autocast_does_not_make_it_coarse() -> None:
    image = pictures()
    with torch.autocast("cpu", torch.bfloat16):
        inside = sharpen(image, PUBLISHED)
    assert torch.equal(inside, sharpen(image, PUBLISHED))


def test_a_patch_that_is_too_small_is_said_in_one_line() -> None:
    with pytest.raises(UserError) as told:
        sharpen(torch.rand(1, 3, 25, 40), PUBLISHED)
    assert str(told.value) == (
        "recipe.sharpened.reach: 25 pixels need larger patches than 25; lower it, or raise the patches' side"
    )


def test_the_losses_of_a_recipe_go_by_sharpened_originals_but_the_discriminator_sees_them_as_they_are() -> None:
    large = pictures()
    batch, wanted = Batch(large[..., ::4, ::4].contiguous(), large, ["", ""]), sharpen(large, SMALL)
    given = dataclasses.replace(numbers(), sharpened=SMALL)
    plain, sharp = built(numbers()), built(given)
    told = sharp.players[0].losses(batch)
    made = sharp.network(batch.small)
    assert torch.allclose(told["l1"], losses.pixel_loss(given.pixel, made, wanted))
    assert not torch.allclose(told["l1"], plain.players[0].losses(batch)["l1"])
    assert torch.equal(sharp.players[1].losses(batch)["telling"], plain.players[1].losses(batch)["telling"])


def test_a_network_learns_to_make_sharpened_pictures() -> None:
    large = pictures()
    batch = Batch(large[..., ::4, ::4].contiguous(), large, ["", ""])
    pixel = losses.Pixel(kind="l1", weight=1.0)
    asked = regression.Params(kind="regression", pixel=pixel, perceptual=None, sharpened=SMALL)
    recipe = regression.build(built(numbers()).network, asked)
    optimizer = torch.optim.Adam(recipe.players[0].weights, 1e-2)
    told = [turn(recipe.players[0], batch, optimizer)["l1"] for _ in range(20)]
    assert told[-1] < 0.8 * told[0]
