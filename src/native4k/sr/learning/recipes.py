"""Every recipe by its params."""

from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from native4k.sr.learning import gan, osediff, regression
from native4k.sr.learning.recipe import Recipe

Params = Annotated[regression.Params | gan.Params | osediff.Params, Field(discriminator="kind")]
"""The shape of any recipe; `kind` says which."""


def build(numbers: Params, network: nn.Module, device: torch.device) -> Recipe:
    """The recipe that trains the network, with all else that it needs on the device."""
    match numbers:
        case regression.Params():
            return regression.build(network.to(device), numbers)
        case gan.Params():
            return gan.build(network.to(device), numbers)
        case osediff.Params():
            return osediff.build(network.to(device), numbers, device)
