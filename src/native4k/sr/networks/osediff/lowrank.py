"""Low-rank weights (LoRA, Hu et al. 2021, arXiv 2106.09685) beside frozen ones, through peft."""

import re
from collections.abc import Callable
from typing import Any

from torch import nn


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
