"""The diffusion model that OSEDiff stands on, from the hub's cache or a folder: loaded once, never altered."""

import copy
import functools
from typing import Any, NamedTuple

from torch import Tensor, nn

from native4k.errors import UserError
from native4k.measure import hardware
from native4k.measure.hardware import Hardware

KINDS = ("epsilon", "v_prediction")
"""What a UNet may predict: the noise, or the velocity (Salimans & Ho 2022, arXiv 2202.00512)."""


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
