"""A Stable Diffusion with some ten thousand random weights, saved to disk as the hub would hold it."""

from pathlib import Path
from typing import Any

from tests.measure import models

SHAPE: dict[str, Any] = {
    "kind": "osediff",
    "revision": None,
    "weights": None,
    "rank": 4,
    "alpha": 8,
    "conv_in": False,
    "step": 999,
    "prompt": "a photo of a city",
    "tagger": None,
    "tile": 96,
    "overlap": 32,
    "colour": "adain",
}


def network(base: Path, scale: int = 4, seed: int = 0, **changes: Any) -> Any:
    """The network on such a base, with the shape above but for the changes."""
    import torch

    from native4k import params
    from native4k.sr import networks
    from native4k.sr.networks.osediff import Params

    torch.manual_seed(seed)
    return networks.build(params.validate(Params, SHAPE | {"base": str(base)} | changes, "shape"), scale)


def stable(folder: Path, prediction: str = "epsilon") -> Path:
    """Autoencoder, UNet, text encoder, tokenizer and scheduler, each of the class that Stable Diffusion 2.1 has."""
    import torch
    from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
    ).save_pretrained(folder / "vae")
    UNet2DConditionModel(
        block_out_channels=(8, 16),
        layers_per_block=1,
        down_block_types=("DownBlock2D",) * 2,  # only the middle attends: the cheapest that has every kind of layer
        up_block_types=("UpBlock2D",) * 2,
        cross_attention_dim=16,
        attention_head_dim=4,
        norm_num_groups=4,
        use_linear_projection=True,
    ).save_pretrained(folder / "unet")
    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    words = 5 + len(models.WORDS)
    text = CLIPTextConfig(vocab_size=words, pad_token_id=0, bos_token_id=2, eos_token_id=3, **size)
    CLIPTextModel(text).save_pretrained(folder / "text_encoder")
    models.tokenizer().save_pretrained(folder / "tokenizer")
    DDPMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        prediction_type=prediction,
    ).save_pretrained(folder / "scheduler")
    return folder


def captioner(folder: Path) -> Path:
    """A GIT, which says what it sees, of some thousand weights."""
    import torch
    from transformers import CLIPImageProcessor, GitConfig, GitForCausalLM, GitProcessor

    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision = {"image_size": 28, "patch_size": 14, **size}
    tokens = {"vocab_size": 5 + len(models.WORDS), "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
    torch.manual_seed(0)
    GitForCausalLM(GitConfig(vision_config=vision, **tokens, **size)).save_pretrained(folder)
    pixels = CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    GitProcessor(pixels, models.tokenizer()).save_pretrained(folder)
    return folder
