"""Low-rank weights (LoRA, Hu et al. 2021, arXiv 2106.09685) beside frozen ones, through peft."""

import re
from collections.abc import Callable
from typing import Any

from torch import nn


def adapt(module: nn.Module, rank: int, alpha: int, wanted: Callable[[str], bool]) -> None:
    """Give the linear and convolutional layers with a wanted name weights that begin without effect."""
    import peft

    names = [
        name for name, layer in module.named_modules() if isinstance(layer, nn.Linear | nn.Conv2d) and wanted(name)
    ]
    config: Any = peft.LoraConfig(r=rank, lora_alpha=alpha, init_lora_weights="gaussian", target_modules=names)
    peft.inject_adapter_in_model(config, module)


def of_unet(name: str) -> bool:
    """All but what the step's number goes through."""
    return "time_emb" not in name


def of_encoder(name: str) -> bool:
    """What makes latents of a picture, and nothing that makes a picture of latents."""
    return re.match(r"encoder\.|quant_conv$", name) is not None
