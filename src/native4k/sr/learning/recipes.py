"""Every recipe by its params."""

import torch
from torch import nn

from native4k.sr.learning import regression
from native4k.sr.learning.recipe import Recipe

Params = regression.Params
"""The shape of any recipe; `kind` says which."""


def build(numbers: Params, network: nn.Module, device: torch.device) -> Recipe:
    """The recipe that trains the network, with all else that it needs on the device."""
    match numbers:
        case regression.Params():
            return regression.build(network.to(device), numbers)
