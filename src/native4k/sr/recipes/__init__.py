"""What super-resolution networks learn to minimise: one module a recipe.

A recipe has `Params`, `build(network, numbers)`, and `files(numbers)`: the files of weights that it reads by itself.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import torch
from torch import Tensor, nn

from native4k import kinds
from native4k.learning.recipe import Recipe

Params = Annotated[kinds.Kind, kinds.one_of(__name__)]
"""The numbers of any recipe; `kind` says which."""


@dataclass
class Batch:
    """What one process sees at once: pictures with values 0 to 1."""

    small: Tensor
    """(n, 3, height, width), degraded."""
    large: Tensor
    """(n, 3, scale * height, scale * width)."""
    captions: list[str]
    shared: dict[str, Tensor] = field(default_factory=dict)
    """What a player leaves for those after it in the same step, such as the picture that was made."""


def files(numbers: Params) -> list[Path]:
    """List the files of weights that a recipe reads by itself."""
    found: list[Path] = kinds.module_of(__name__, numbers).files(numbers)
    return found


def build(numbers: Params, network: nn.Module, device: torch.device) -> Recipe:
    """Build the recipe that trains the network, with all that it needs on the device."""
    recipe: Recipe = kinds.module_of(__name__, numbers).build(network.to(device), numbers)
    return recipe
