"""The Stable Diffusion that OSEDiff stands on: loaded once, never altered; its low-rank weights, noise and tiles.

Low-rank weights (LoRA, Hu et al. 2021, arXiv 2106.09685) stand beside frozen ones, through peft.
"""

import copy
import functools
import itertools
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from native4k.errors import UserError
from native4k.measure import hardware
from native4k.measure.hardware import Hardware

KINDS = ("epsilon", "v_prediction")
"""What a UNet may predict: the noise, or the velocity (Salimans & Ho 2022, arXiv 2202.00512)."""

SPREAD = 0.1
"""Standard deviation of a tile's weights, in sides (OSEDiff's code: a variance of 0.01)."""


class Base(NamedTuple):
    """The parts of a Stable Diffusion, all frozen."""

    vae: Any
    unet: Any
    text: Any
    tokenizer: Any
    signal: Tensor
    """The share of signal at each step: the cumulative product of alphas."""
    kind: str
    """What the UNet predicts."""


@functools.lru_cache(maxsize=1)
def load(name: str, revision: str | None, weights: str | None) -> Base:
    """Load the parts by hub name or folder; training takes copies that share these weights."""
    machine = Hardware(device="auto", batch=1, readers=1, weights=weights)
    options = hardware.local_options(machine, name, revision)
    options.pop("trust_remote_code")  # diffusers' classes run none
    with hardware.quiet(), hardware.explain_missing(machine, name, revision):
        import diffusers
        import transformers

        schedule = diffusers.DDPMScheduler.from_pretrained(name, subfolder="scheduler", **options)
        tokenizer: Any = transformers.AutoTokenizer.from_pretrained(name, subfolder="tokenizer", **options)
        kinds = {"vae": diffusers.AutoencoderKL, "unet": diffusers.UNet2DConditionModel}
        kinds |= {"text_encoder": transformers.CLIPTextModel}
        vae, unet, text = (_part(kind, name, part, options) for part, kind in kinds.items())
    kind = schedule.config["prediction_type"]
    if kind not in KINDS:
        raise UserError(f"{name}: its UNet predicts {kind!r}; osediff takes {' or '.join(KINDS)}")
    return Base(vae, unet, text, tokenizer, schedule.alphas_cumprod, kind)


def _part(kind: Any, name: str, part: str, options: dict[str, Any]) -> Any:
    """Load one part, frozen; libraries would fill what is missing in a file with random numbers."""
    model, notes = kind.from_pretrained(name, subfolder=part, use_safetensors=True, output_loading_info=True, **options)
    if notes["missing_keys"]:
        raise UserError(f"{name}: its {part} lacks {min(notes['missing_keys'])}; get it again")
    return model.requires_grad_(requires_grad=False).eval()


def share_weights(module: Any) -> Any:
    """Copy a module but share its weights, so that the copy costs no memory and can get some of its own."""
    weights: dict[int, nn.Parameter] = {id(weight): weight for weight in module.parameters()}
    return copy.deepcopy(module, memo=weights)


def add_noise(clean: Tensor, noise: Tensor, signal: Tensor) -> Tensor:
    """Add noise to latents; signal is the cumulative product of alphas (Ho et al. 2020, equation 4)."""
    return signal.sqrt() * clean + (1 - signal).sqrt() * noise


def remove_noise(noisy: Tensor, predicted: Tensor, signal: Tensor, kind: str) -> Tensor:
    """Return the latents without noise that follow from a prediction (Ho et al. 2020, equation 15)."""
    if kind == "epsilon":
        return (noisy - (1 - signal).sqrt() * predicted) / signal.sqrt()
    return signal.sqrt() * noisy - (1 - signal).sqrt() * predicted


def target(clean: Tensor, noise: Tensor, signal: Tensor, kind: str) -> Tensor:
    """Return what the UNet should have predicted."""
    if kind == "epsilon":
        return noise
    return signal.sqrt() * noise - (1 - signal).sqrt() * clean


def adapt(module: nn.Module, rank: int, alpha: int, wanted: Callable[[str], bool]) -> None:
    """Add low-rank weights, without effect at first, to the linear and convolutional layers with a wanted name."""
    import peft

    names = [
        name for name, layer in module.named_modules() if isinstance(layer, nn.Linear | nn.Conv2d) and wanted(name)
    ]
    config: Any = peft.LoraConfig(r=rank, lora_alpha=alpha, init_lora_weights="gaussian", target_modules=names)
    peft.inject_adapter_in_model(config, module)


def of_unet(name: str) -> bool:
    """Whether a layer of the UNet is adapted: all but those that embed the step."""
    return "time_emb" not in name


def of_encoder(name: str) -> bool:
    """Whether a layer of the autoencoder belongs to its encoder."""
    return re.match(r"encoder\.|quant_conv$", name) is not None


def predict_tiles(predict: Callable[[Tensor], Tensor], latents: Tensor, side: int, overlap: int) -> Tensor:
    """Predict tiles and blend them by gaussian weights; latents no larger than a tile are one piece."""
    height, width = latents.shape[-2:]
    if height <= side and width <= side:
        return predict(latents).float()
    tall, wide = min(side, height), min(side, width)
    weight = (gaussian(tall)[:, None] * gaussian(wide)).to(latents.device)
    total = latents.new_zeros(latents.shape, dtype=torch.float32)
    share = total.new_zeros(height, width)
    for top, left in itertools.product(starts(height, tall, overlap), starts(width, wide, overlap)):
        area = (..., slice(top, top + tall), slice(left, left + wide))
        total[area] += predict(latents[area]).float() * weight
        share[area] += weight
    return total / share


def starts(length: int, side: int, overlap: int) -> list[int]:
    """Return where tiles begin: as far apart as the overlap allows, the last at the end."""
    return [*range(0, length - side, side - overlap), length - side]


def gaussian(side: int) -> Tensor:
    """Return the weights along one side of a tile."""
    place = (torch.arange(side, dtype=torch.float64) + 0.5) / side - 0.5
    return torch.exp(-(place**2) / (2 * SPREAD**2)).float()
