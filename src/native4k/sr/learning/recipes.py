"""Every recipe by its params."""

from pathlib import Path
from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from native4k.sr.learning import gan, losses, osediff, regression, start
from native4k.sr.learning.recipe import Recipe

Params = Annotated[regression.Params | gan.Params | osediff.Params, Field(discriminator="kind")]
"""The shape of any recipe; `kind` says which."""


def files(numbers: Params) -> list[Path]:
    """Of weights that a recipe reads by itself."""
    if isinstance(numbers, osediff.Params):
        return []
    found = [] if numbers.perceptual is None else [losses.file(numbers.perceptual)]
    if isinstance(numbers, gan.Params) and numbers.discriminator.start is not None:
        found.append(start.file(numbers.discriminator.start))
    return found


def build(numbers: Params, network: nn.Module, device: torch.device) -> Recipe:
    """The recipe that trains the network, with all else that it needs on the device."""
    match numbers:
        case regression.Params():
            return regression.build(network.to(device), numbers)
        case gan.Params():
            return gan.build(network.to(device), numbers)
        case osediff.Params():
            return osediff.build(network.to(device), numbers, device)
