"""native4k.sr.unsharp_mask: the unsharp mask of Real-ESRGAN's targets."""

import dataclasses

import pytest
import torch
from torch import Tensor

from native4k.errors import UserError
from native4k.sr import basicsr, losses
from native4k.sr.recipes import Batch, regression
from native4k.sr.unsharp_mask import Params, sharpen
from tests.sr.recipes.test_gan import built, numbers, turn

PUBLISHED = Params(reach=25, sigma=8.0, weight=0.5, threshold=10)
SMALL = Params(reach=2, sigma=1.0, weight=0.5, threshold=10)


def pictures(seed: int = 0) -> Tensor:
    chance = torch.Generator().manual_seed(seed)
    coarse = torch.rand(2, 3, 16, 12, generator=chance)
    return torch.nn.functional.interpolate(coarse, scale_factor=6, mode="bicubic").clamp(0, 1)


def test_it_is_the_published_one() -> None:
    image = pictures()
    theirs = basicsr.load("utils.img_process_util").USMSharp()(image, weight=0.5, threshold=10)
    ours = sharpen(image, PUBLISHED)
    assert (ours - theirs).abs().max() < 1e-5
    assert (ours - image).abs().max() > 0.05


def test_flat_pictures_and_faint_grain_stay_as_they_are() -> None:
    grain = 0.5 + 0.02 * torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(sharpen(grain, PUBLISHED), grain, rtol=0, atol=0)


def test_without_numbers_nothing_is_sharpened() -> None:
    image = pictures()
    assert sharpen(image, None) is image


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
