"""native4k.sr.recipes.osediff: two players take turns, each moves its own weights and nothing else."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from native4k import cli, images, params, resample, tables
from native4k.errors import UserError
from native4k.learning import checkpoint, micro_batches
from native4k.learning.recipe import Recipe
from native4k.sr import baselines, networks, recipes
from native4k.sr.networks import bicubic
from native4k.sr.networks.osediff import stable_diffusion
from native4k.sr.recipes import Batch, osediff
from tests.sr import diffusion

CPU = torch.device("cpu")
VSD: dict[str, Any] = {"weight": 1.0, "regularizer": 1.0, "guidance": 7.5, "negative": "bad", "steps": [20, 980]}
NUMBERS: dict[str, Any] = {"kind": "osediff", "pixel": 1.0, "lpips": None, "vsd": VSD, "prompts": "captions"}


def recipe(stable: Path, changes: dict[str, Any] | None = None, **shape: Any) -> Recipe:
    numbers = params.validate(osediff.Params, NUMBERS | (changes or {}), "recipe")
    torch.manual_seed(0)
    return recipes.build(numbers, diffusion.network(stable, **shape).train(), CPU)


def batch(scene: Any, count: int = 1) -> Batch:
    large = torch.stack([resample.to_tensor(scene(seed, 32, 32)) for seed in range(count)])
    return Batch(resample.downscale(large, 4), large, ["a photo of a city"] * count)


def take_turn(recipe: Recipe, number: int, seen: Batch) -> dict[str, Tensor]:
    """One player's losses and gradients, as the loop asks for them."""
    for player in recipe.players:
        for weight in player.weights:
            weight.requires_grad_(requires_grad=player is recipe.players[number])
            weight.grad = None
    losses = recipe.players[number].losses(seen)
    sum(losses.values(), torch.zeros(())).backward()
    return losses


def everything(recipe: Recipe, stable: Path) -> dict[str, torch.nn.Parameter]:
    """Every weight there is, the untouched UNet's among them."""
    modules = recipe.modules | {"frozen": stable_diffusion.load(str(stable), None, None).unet}
    return {f"{part}.{name}": weight for part, module in modules.items() for name, weight in module.named_parameters()}


def moved(recipe: Recipe, stable: Path) -> set[str]:
    return {name for name, weight in everything(recipe, stable).items() if weight.grad is not None}


def test_gradients_flow_where_they_should_and_nowhere_else(stable: Path, draw: Any) -> None:
    made, seen = recipe(stable), batch(draw)
    of = {
        part: {name for name in everything(made, stable) if name.startswith(part) and ".lora_" in name}
        for part in ("network.vae", "network.unet", "network.text", "regularizer", "frozen")
    }
    assert take_turn(made, 0, seen).keys() == {"pixel", "vsd"}
    assert moved(made, stable) == of["network.vae"] | of["network.unet"]
    assert take_turn(made, 1, seen).keys() == {"regularizer"}
    assert moved(made, stable) == of["regularizer"]
    assert of["regularizer"]
    assert not of["network.text"] | of["frozen"]
    assert not any(name.startswith(("network.vae.decoder", "network.vae.post")) for name in of["network.vae"])


def test_every_low_rank_weight_gets_a_gradient_after_the_first_step(stable: Path, draw: Any) -> None:
    made, seen = recipe(stable), batch(draw)
    for number, player in enumerate(made.players):  # the second factors begin at 0, and hide the first ones
        take_turn(made, number, seen)
        torch.optim.AdamW(player.weights, 1e-3).step()
    for number, player in enumerate(made.players):
        take_turn(made, number, seen)
        assert all(weight.grad is not None and weight.grad.any() for weight in player.weights)


def test_it_learns_and_what_is_frozen_stays_bit_for_bit(stable: Path, draw: Any) -> None:
    made, seen = recipe(stable, {"vsd": VSD | {"weight": 0.001}}), batch(draw)
    before = {name: weight.detach().clone() for name, weight in everything(made, stable).items()}
    optimizers = [torch.optim.AdamW(player.weights, 5e-3, weight_decay=1e-2) for player in made.players]
    curves: list[list[float]] = [[], []]
    for _ in range(20):
        seen.shared.clear()
        for number, optimizer in enumerate(optimizers):
            losses = take_turn(made, number, seen)
            curves[number].append(sum(loss.item() for loss in losses.values()))
            optimizer.step()
    for curve, share in zip(curves, (0.85, 0.97), strict=True):  # the regularizer's depends on the noise drawn
        assert sum(curve[-5:]) < share * sum(curve[:5])
    changed = {name for name, weight in everything(made, stable).items() if not torch.equal(weight, before[name])}
    assert changed == {name for name in before if ".lora_" in name}


def told(recipe: Recipe, seen: Batch, first: int, last: int) -> dict[str, float]:
    """What both players lose on some of three pictures, times their share."""
    seen = Batch(seen.small[first:last], seen.large[first:last], seen.captions[first:last])
    with micro_batches.micro_batch(7, range(first, last), 3, CPU):
        losses = recipe.players[0].losses(seen) | recipe.players[1].losses(seen)
    return {name: loss.item() * (last - first) / 3 for name, loss in losses.items()}


def test_a_batch_that_is_cut_loses_as_much(stable: Path, draw: Any) -> None:
    made, seen = recipe(stable), batch(draw, 3)
    whole, one, rest = (told(made, seen, *rows) for rows in ((0, 3), (0, 1), (1, 3)))
    assert whole.keys() == {"pixel", "vsd", "regularizer"}
    assert {name: one[name] + rest[name] for name in whole} == pytest.approx(whole, rel=1e-4)


@pytest.fixture(name="words")
def command_words(stable: Path, split: Any, numbers: Any, tmp_path: Path) -> Any:
    """Makes the words of a training command, whose baseline is small enough for seconds."""
    for name in ("train", "val"):
        split(name)
    captions = tables.read(tmp_path / "train/metadata.parquet").assign(caption=["a city", "a photo"])
    tables.write(captions, tmp_path / "train/metadata.parquet")
    plain = {"seed": 0, "threads": 1, "workers": 0, "batch": 2, "parts": 2, "images": 8, "average": 0.0, "clip": 1.0}
    switches = {"precision": "float32", "compile": False, "channels_last": False, "checkpointing": True}
    counts = {"curve_every": 8, "val_patches": 1, "checkpoint_every": 4}
    training = plain | switches | counts
    training |= {"recipe": NUMBERS, "degradation": "realesrgan"}
    training |= {"optimizer": {"lr": 0.005, "betas": [0.9, 0.999], "weight_decay": 0.01}}
    training |= {"schedule": {"kind": "multistep", "warmup": 0, "milestones": [], "gamma": 1.0}}
    entry = {
        "scale": 4,
        "network": diffusion.SHAPE | {"base": str(stable), "tile": 32, "overlap": 16},
        "training": training,
    }
    file = numbers({"baselines.osediff_x4": entry, "patches.side": 32})

    def make(out: str, work: str) -> list[str]:
        paths = [tmp_path / name for name in ("train", "val", out)]
        ends = ["--scratch", tmp_path / work, "--curve", tmp_path / f"{out}.csv", "--params", file]
        return ["sr", "train", "osediff_x4", *map(str, paths), *map(str, ends)]

    return make


def test_it_is_trained_killed_resumed_and_used_by_the_same_commands_as_any_other(
    words: Any, draw: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(words("whole", "one")) == 0
    keep = checkpoint.save

    def killed(*given: Any) -> None:
        keep(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save", killed)
        assert cli.main(words("resumed", "two")) == 130
    assert cli.main(words("resumed", "two")) == 0
    whole, resumed = ((tmp_path / name / "weights.safetensors").read_bytes() for name in ("whole", "resumed"))
    assert whole == resumed
    assert (tmp_path / "whole.csv").read_text() == (tmp_path / "resumed.csv").read_text()
    assert (tmp_path / "whole.csv").read_text().startswith("images_seen,loss,val_psnr,pixel,vsd,regularizer\n")

    saved = json.loads((tmp_path / "whole/params.json").read_text())
    assert saved["patches"]["side"] == 32  # its own, and not that of sr.patches
    kept = load_file(tmp_path / "whole/weights.safetensors")
    assert all(".lora_" in name and name.startswith(("vae.", "unet.")) for name in kept)
    Image.fromarray(draw(3, 20, 26)).save(tmp_path / "small.png")
    upscale = ["sr", "upscale", tmp_path / "whole", tmp_path / "small.png", tmp_path / "large.png"]
    assert cli.main([str(word) for word in [*upscale, "--params", tmp_path / "params.yaml"]]) == 0
    assert images.load(tmp_path / "large.png").shape == (80, 104, 3)


def test_what_was_learned_is_saved_and_the_restored_network_makes_the_same_picture(
    stable: Path, draw: Any, tmp_path: Path
) -> None:
    entry = {"scale": 4, "network": diffusion.SHAPE | {"base": str(stable)}}
    baseline, image = params.validate(baselines.Params, entry, "entry"), batch(draw).small
    made = recipe(stable)
    with torch.no_grad():
        for weight in made.players[0].weights:
            weight.add_(torch.randn_like(weight), alpha=0.1)
        expected, untrained = made.network.eval()(image), diffusion.network(stable).eval()(image)
    baselines.save(
        baselines.Saved(name="o", baseline=baseline, patches=None, degrade=None), made.network, tmp_path / "o"
    )
    saved, network = baselines.restore(tmp_path / "o")
    assert saved.baseline == baseline
    assert torch.equal(network(image), expected)
    assert not torch.allclose(expected, untrained, atol=0.01)


def test_distillation_moves_latents_as_published(stable: Path) -> None:
    from diffusers import DDPMScheduler

    made = recipe(stable, {"vsd": VSD | {"steps": [700, 701]}})
    network: Any = made.network
    models = osediff.Models(network, made.modules["regularizer"], stable_diffusion.load(str(stable), None, None).unet)
    for name, weight in models.regularizer.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.1)
    latents = torch.randn(2, 4, 8, 8, requires_grad=True)
    text, negative = network.embed(["a photo", "a city"]), network.embed(["bad"])
    torch.manual_seed(7)
    numbers = params.validate(osediff.Vsd, VSD | {"steps": [700, 701]}, "vsd")
    loss = osediff.distillation(models, latents, text, negative, numbers)
    loss.backward()

    torch.manual_seed(7)
    torch.randint(700, 701, (2,))
    scheduler, noise = DDPMScheduler.from_pretrained(stable, subfolder="scheduler"), torch.randn(2, 4, 8, 8)
    with torch.no_grad():
        noisy = scheduler.add_noise(latents, noise, torch.tensor([700, 700]))
        plain, told, theirs = (
            scheduler.step(unet(noisy, 700, encoder_hidden_states=words).sample, 700, noisy).pred_original_sample
            for unet, words in (
                (models.frozen, negative.repeat(2, 1, 1)),
                (models.frozen, text),
                (models.regularizer, text),
            )
        )
        real = plain + 7.5 * (told - plain)  # guidance of pictures without noise equals that of noise
        away = (theirs - real) / (latents - real).abs().mean((1, 2, 3), keepdim=True)
    assert latents.grad is not None
    assert torch.allclose(latents.grad, 2 * away / latents.numel(), rtol=1e-3, atol=1e-7)
    assert float(loss.detach()) == pytest.approx(float(away.square().mean()), rel=1e-4)


def test_the_regularizer_begins_as_the_untouched_model_and_shares_its_weights(stable: Path) -> None:
    made = recipe(stable)
    models = osediff.Models(
        made.network, made.modules["regularizer"], stable_diffusion.load(str(stable), None, None).unet
    )
    noisy, text = torch.randn(1, 4, 8, 8), torch.randn(1, 64, 16)
    with torch.no_grad():
        one, two = (unet(noisy, 10, encoder_hidden_states=text).sample for unet in models[1:])
    assert torch.equal(one, two)
    places = [{weight.data_ptr() for weight in unet.parameters()} for unet in (models.regularizer, models.frozen)]
    assert places[1] < places[0]


@pytest.mark.parametrize(
    ("prompts", "told"), [("captions", ["a city", "a photo of a city"]), ("fixed", ["a photo of a city"] * 2)]
)
def test_the_generator_is_told_captions_or_always_the_same(stable: Path, prompts: Any, told: list[str]) -> None:
    network = diffusion.network(stable)
    seen = Batch(torch.rand(2, 3, 8, 8), torch.rand(2, 3, 32, 32), ["a city", ""])
    assert osediff.prompts(network, seen, prompts) == told


def test_a_tagger_is_shown_the_originals(stable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = diffusion.network(stable)
    monkeypatch.setattr(network, "tagger", lambda pictures: [f"{picture.mean():.1f}" for picture in pictures])
    seen = Batch(torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 32, 32), [""])
    assert osediff.prompts(network, seen, "tagger") == ["1.0"]


def test_pyiqas_likeness_is_loaded_by_name_and_gradients_go_through_it(
    stable: Path, draw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {"type": "LPIPS", "net": "squeeze", "version": "0.1", "pnet_rand": True, "pretrained": False}
    monkeypatch.setattr(os, "environ", os.environ.copy())
    _pyiqa(monkeypatch, small)
    threads = torch.get_num_threads()
    made = recipe(stable, {"lpips": {"metric": "lpips-vgg", "weight": 2.0}})
    assert torch.get_num_threads() == threads
    seen = batch(draw, 2)
    losses = take_turn(made, 0, seen)
    assert losses.keys() == {"pixel", "lpips", "vsd"}
    likeness = osediff.load_metric("lpips-vgg", None, CPU)
    picture = torch.rand(1, 3, 32, 32, requires_grad=True)
    likeness(picture, seen.large[:1]).mean().backward()
    assert picture.grad is not None
    assert picture.grad.any()
    assert float(likeness(seen.large, seen.large).detach().abs().max()) < 1e-6


def _pyiqa(monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]) -> None:
    """The network of lpips-vgg replaced by one of its kind that is small and has random weights."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyiqa import default_model_configs

    monkeypatch.setitem(default_model_configs.DEFAULT_CONFIGS["lpips-vgg"], "metric_opts", options)


def test_missing_weights_of_likeness_are_one_line_with_the_command_that_gets_them(
    stable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    with pytest.raises(UserError) as caught:
        recipe(stable, {"lpips": {"metric": "lpips", "weight": 2.0}}, weights=str(tmp_path))
    assert str(caught.value).startswith("training.recipe.lpips: the weights of 'lpips' are missing (https://")
    assert str(caught.value).endswith("""python -c "import pyiqa; pyiqa.create_metric('lpips')\"""")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"prompts": "tagger"}, "training.recipe.prompts: tagger, but network.tagger is null; name a model there"),
        ({"vsd": VSD | {"steps": [980, 20]}}, "training.recipe.vsd.steps: 980 to 20 are not within 0 to 1000"),
        ({"vsd": VSD | {"steps": [20, 2000]}}, "training.recipe.vsd.steps: 20 to 2000 are not within 0 to 1000"),
        ({"pixel": -1.0}, "recipe.pixel: Input should be greater than or equal to 0 (got -1.0)"),
    ],
)
def test_wrong_numbers_are_one_line(stable: Path, changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(UserError) as caught:
        recipe(stable, changes)
    assert str(caught.value) == expected


def test_other_networks_are_refused() -> None:
    numbers = params.validate(osediff.Params, NUMBERS, "recipe")
    with pytest.raises(UserError, match="osediff teaches a network of kind osediff alone; choose another recipe"):
        recipes.build(numbers, networks.build(bicubic.Params(kind="bicubic"), 4), CPU)
