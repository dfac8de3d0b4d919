"""native4k.sr.networks.osediff: one step of diffusion, and what of it is learned; on a tiny Stable Diffusion."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from native4k import resample
from native4k.errors import UserError
from native4k.sr.networks.osediff import stable_diffusion
from tests.measure import models
from tests.sr import diffusion

LORA = re.compile(r"\.lora_[AB]\.default\.weight$")


@pytest.fixture(scope="module")
def captioner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.quietly(diffusion.captioner, tmp_path_factory.mktemp("captioner"))


def learned(module: torch.nn.Module) -> set[str]:
    return {name for name, weight in module.named_parameters() if weight.requires_grad}


@pytest.mark.parametrize("scale", [2, 4])
def test_pictures_of_any_size_come_out_scale_times_larger(stable: Path, scale: int) -> None:
    network = diffusion.network(stable, scale).eval()
    with torch.no_grad():
        made = network(torch.rand(2, 3, 9, 14))
    assert made.shape == (2, 3, 9 * scale, 14 * scale)


def test_untrained_it_is_one_step_of_the_base_as_diffusers_takes_it(stable: Path) -> None:
    from diffusers import DDPMScheduler

    image = torch.rand(1, 3, 8, 12)
    network = diffusion.network(stable, colour="none").eval()
    parts = stable_diffusion.load(str(stable), None, None)
    scheduler = DDPMScheduler.from_pretrained(stable, subfolder="scheduler")
    with torch.no_grad():
        tokens = parts.tokenizer(["a photo of a city"], padding="max_length", max_length=64, return_tensors="pt")
        text = parts.text(tokens.input_ids)[0]
        seen = parts.vae.encode(resample.imresize(image, 4).clamp(0, 1) * 2 - 1).latent_dist.mean * 0.18215
        said = parts.unet(seen, 999, encoder_hidden_states=text).sample
        clean = scheduler.step(said, 999, seen).pred_original_sample
        expected = parts.vae.decode(clean / 0.18215).sample.clamp(-1, 1) / 2 + 0.5
        assert torch.allclose(network(image), expected, atol=1e-5)


def test_only_low_rank_weights_of_the_encoder_and_the_unet_are_learned(stable: Path) -> None:
    network = diffusion.network(stable)
    assert all(LORA.search(name) and not name.startswith(("text", "vae.decoder")) for name in learned(network))
    layers = {
        name
        for name, layer in network.named_modules()
        if isinstance(layer, torch.nn.Linear | torch.nn.Conv2d) and ".lora_" not in name
    }
    adapted = {LORA.sub(".base_layer", name) for name in learned(network)}
    frozen = {name for name in layers - adapted if not name.startswith(("text", "vae.decoder"))}
    assert all("time_emb" in name or name == "vae.post_quant_conv" for name in frozen)
    assert {"vae.quant_conv.base_layer", "vae.encoder.conv_in.base_layer", "unet.conv_out.base_layer"} <= adapted
    assert all(weight.shape[0] == 4 for name, weight in network.named_parameters() if "lora_A" in name)


def test_the_first_layer_of_the_unet_may_be_learned_whole_and_the_base_stays(stable: Path) -> None:
    network, plain = diffusion.network(stable, conv_in=True), diffusion.network(stable)
    whole = {f"unet.conv_in.base_layer.{kind}" for kind in ("weight", "bias")}
    assert learned(network) - learned(plain) == whole
    with torch.no_grad():
        network.unet.conv_in.base_layer.weight.zero_()
    assert plain.unet.conv_in.base_layer.weight.any()


def test_networks_on_one_base_share_its_weights(stable: Path) -> None:
    one, two = diffusion.network(stable), diffusion.network(stable)
    fixed = [[weight.data_ptr() for weight in each.parameters() if not weight.requires_grad] for each in (one, two)]
    assert fixed[0] == fixed[1]
    own = [{weight.data_ptr() for weight in each.parameters() if weight.requires_grad} for each in (one, two)]
    assert not own[0] & own[1]


def test_the_same_seed_gives_the_same_weights(stable: Path) -> None:
    states = [diffusion.network(stable, seed=seed).state_dict() for seed in (0, 0, 1)]
    same, other = ([torch.equal(states[0][name], state[name]) for name in states[0]] for state in states[1:])
    assert all(same)
    assert not all(other)


def test_in_use_the_same_picture_comes_out_and_while_learning_latents_are_drawn(stable: Path) -> None:
    network, image = diffusion.network(stable), torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        assert torch.equal(network.eval()(image), network(image))
        assert not torch.equal(network.train()(image), network(image))
        torch.manual_seed(1)
        first = network(image)
        torch.manual_seed(1)
        assert torch.equal(network(image), first)


def test_colours_are_those_of_the_small_picture_in_use_alone(stable: Path) -> None:
    image = torch.rand(1, 3, 8, 8) * 0.2 + 0.7
    network, wanted = diffusion.network(stable), resample.imresize(image, 4).mean((-2, -1))
    with torch.no_grad():
        assert torch.allclose(network.eval()(image).mean((-2, -1)), wanted, atol=1e-4)
        assert not torch.allclose(network.train()(image).mean((-2, -1)), wanted, atol=0.01)


def test_latents_larger_than_a_tile_go_through_the_unet_in_tiles(stable: Path) -> None:
    network, image = diffusion.network(stable, tile=8, overlap=4).eval(), torch.rand(1, 3, 8, 12)
    seen = []
    network.unet.register_forward_pre_hook(lambda _, given: seen.append(tuple(given[0].shape[-2:])))
    with torch.no_grad():
        network(image)
    assert seen == [(8, 8)] * 15  # of 16 x 24 latents


def test_prompts_are_seen(stable: Path) -> None:
    network, image = diffusion.network(stable).eval(), torch.rand(2, 3, 8, 8)
    with torch.no_grad():
        fixed = network(image)
        told = network.make(image, ["a photo of a city", "bad painting"]).picture
    assert torch.equal(told[0], fixed[0])
    assert not torch.equal(told[1], fixed[1])


def test_a_tagger_says_what_each_picture_shows(stable: Path, captioner: Path) -> None:
    tagger = {"model": str(captioner), "revision": None, "tokens": 4}
    network = diffusion.network(stable, tagger=tagger).eval()
    prompts = network.prompts(torch.rand(2, 3, 32, 32))
    assert len(prompts) == 2
    assert all(1 <= len(prompt.split()) <= 4 for prompt in prompts)
    assert not any(name.startswith("tagger") for name in learned(network))
    assert network.train().prompts(torch.ones(1, 3, 32, 32)) == network.eval().prompts(torch.ones(1, 3, 32, 32))
    assert not network.train().tagger.training
    network.eval()
    with torch.no_grad():
        image = torch.rand(1, 3, 8, 8)
        told = network.prompts(resample.imresize(image, 4).clamp(0, 1))
        assert torch.equal(network(image), network.make(image, told).picture)


@pytest.mark.parametrize("kind", stable_diffusion.KINDS)
def test_noise_and_predictions_are_as_in_diffusers(stable: Path, kind: str) -> None:
    from diffusers import DDPMScheduler

    scheduler = DDPMScheduler.from_pretrained(stable, subfolder="scheduler", prediction_type=kind)
    clean, noise, times = torch.randn(3, 4, 5, 6), torch.randn(3, 4, 5, 6), torch.tensor([0, 500, 999])
    signal = scheduler.alphas_cumprod[times][:, None, None, None]
    noisy = stable_diffusion.add_noise(clean, noise, signal)
    assert torch.allclose(noisy, scheduler.add_noise(clean, noise, times), atol=1e-6)
    target = stable_diffusion.target(clean, noise, signal, kind)
    if kind == "v_prediction":
        assert torch.allclose(target, scheduler.get_velocity(clean, noise, times), atol=1e-6)
    assert torch.allclose(stable_diffusion.remove_noise(noisy, target, signal, kind), clean, atol=1e-4)
    for place, time in enumerate(times.tolist()):
        step = scheduler.step(target[place], time, noisy[place]).pred_original_sample
        assert torch.allclose(step, stable_diffusion.remove_noise(noisy, target, signal, kind)[place], atol=1e-4)


def test_low_rank_weights_begin_without_effect(stable: Path) -> None:
    plain = stable_diffusion.load(str(stable), None, None).unet
    adapted = stable_diffusion.share_weights(plain)
    stable_diffusion.adapt(adapted, 2, 2, stable_diffusion.of_unet)
    noisy, text = torch.randn(1, 4, 8, 8), torch.randn(1, 64, 16)
    with torch.no_grad():
        first, second = (unet(noisy, 10, encoder_hidden_states=text).sample for unet in (plain, adapted))
    assert torch.equal(first, second)
    assert not any("lora" in name for name in plain.state_dict())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"tile": 32}, "osediff: overlap 32 must be less than tile 32"),
        ({"step": 1000}, "osediff: step 1000 is beyond the 1000 steps of "),
        ({"colour": "warm"}, "shape.colour: Input should be 'adain', 'wavelet' or 'none' (got 'warm')"),
        ({"rank": 0}, "shape.rank: Input should be greater than 0 (got 0)"),
    ],
)
def test_wrong_shapes_are_one_line(stable: Path, changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(UserError) as caught:
        diffusion.network(stable, **changes)
    assert str(caught.value).startswith(expected)


def test_a_base_that_predicts_something_else_is_refused(tmp_path: Path) -> None:
    models.quietly(lambda folder: diffusion.stable(folder, "sample"), tmp_path)
    with pytest.raises(UserError, match="its UNet predicts 'sample'; osediff takes epsilon or v_prediction"):
        diffusion.network(tmp_path)


def test_a_missing_base_or_tagger_is_one_line_with_the_command_that_gets_it(stable: Path, tmp_path: Path) -> None:
    missing = {"revision": "abc", "weights": str(tmp_path)}
    tagger = {"model": "nobody/nothing", "revision": "abc", "tokens": 4}
    for where, changes in (("nobody/nothing", missing), (str(stable), missing | {"tagger": tagger})):
        with pytest.raises(UserError) as caught:
            diffusion.network(Path(where), **changes)
        assert str(caught.value).startswith("'nobody/nothing' cannot be loaded (")
        assert str(caught.value).endswith(
            f"with a network run: TORCH_HOME={tmp_path} HF_HOME={tmp_path} hf download nobody/nothing --revision abc"
        )


def test_loading_says_nothing(stable: Path, capfd: pytest.CaptureFixture[str]) -> None:
    stable_diffusion.load.cache_clear()
    diffusion.network(stable)
    assert capfd.readouterr() == ("", "")


def test_as_many_weights_are_learned_as_published() -> None:
    from diffusers import AutoencoderKL, UNet2DConditionModel

    with torch.device("meta"):  # Stable Diffusion 2.1, without any numbers in it
        unet: Any = UNet2DConditionModel(
            block_out_channels=(320, 640, 1280, 1280),
            cross_attention_dim=1024,
            attention_head_dim=(5, 10, 20, 20),
            use_linear_projection=True,
        ).requires_grad_(requires_grad=False)
        vae: Any = AutoencoderKL(
            block_out_channels=(128, 256, 512, 512),
            layers_per_block=2,
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
        ).requires_grad_(requires_grad=False)
        stable_diffusion.adapt(unet, 4, 8, stable_diffusion.of_unet)
        stable_diffusion.adapt(vae, 4, 8, stable_diffusion.of_encoder)
    counts = [sum(weight.numel() for weight in each.parameters() if weight.requires_grad) for each in (unet, vae)]
    generator, regularizer = sum(counts), counts[0]
    assert round((generator + regularizer) / 1e6, 1) == 8.5  # millions; OSEDiff's table of complexity


@pytest.mark.parametrize("part", ["vae", "text_encoder"])
def test_a_base_that_lacks_weights_is_refused(stable: Path, tmp_path: Path, part: str) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(stable, broken)
    (file,) = (broken / part).glob("*.safetensors")
    weights = load_file(file)
    lost = min(weights)
    del weights[lost]
    save_file(weights, file, {"format": "pt"})
    with pytest.raises(UserError, match=f"broken: its {part} lacks {lost}; get it again"):
        diffusion.network(broken)
