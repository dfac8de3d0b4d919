"""native4k.sr.recipes.regression: one player, whose losses are those that are asked for."""

from pathlib import Path

import pytest
import torch

from native4k.sr import losses, networks
from native4k.sr.networks import edsr
from native4k.sr.recipes import Batch, regression


@pytest.mark.parametrize("perceptual", [False, True])
def test_the_network_is_the_one_player_and_every_part_is_a_loss(perceptual: bool, vgg: Path) -> None:
    network = networks.build(edsr.Params(kind="edsr", num_feat=4, num_block=1, res_scale=1.0), 2)
    pixel = losses.Pixel(kind="charbonnier", weight=0.5)
    seen = losses.Perceptual(weight=2.0, layers={"conv1_1": 1.0}, file=str(vgg)) if perceptual else None
    recipe = regression.build(network, regression.Params(kind="regression", pixel=pixel, perceptual=seen))
    small, large = torch.rand(1, 3, 8, 8), torch.rand(1, 3, 16, 16)
    expected = {"charbonnier": losses.pixel_loss(pixel, network(small), large)}
    if seen is not None:
        expected["perceptual"] = losses.PerceptualLoss(seen)(network(small), large)
    (player,) = recipe.players
    found = player.losses(Batch(small, large, [""]))
    assert list(found) == list(expected)
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert [id(weight) for weight in player.weights] == [id(weight) for weight in network.parameters()]
    assert recipe.modules == {"network": network}, "VGG19 learns nothing and is in no checkpoint"
