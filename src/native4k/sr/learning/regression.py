"""The recipe of plain regression: the network's picture is to be the original."""

from typing import Annotated, Literal

from annotated_types import Gt
from torch import Tensor, nn

from native4k.params import params
from native4k.sr.learning.recipe import Batch, Player, Recipe

EPSILON = 1e-3
"""Of Charbonnier's root (Lai et al. 2017)."""


@params
class Pixel:
    """A loss of single pixels and its weight."""

    kind: Literal["l1", "charbonnier"]
    weight: Annotated[float, Gt(0)]


@params
class Params:
    """What is minimised."""

    kind: Literal["regression"]
    pixel: Pixel
    perceptual: None


def build(network: nn.Module, numbers: Params) -> Recipe:
    """One player: the network."""

    def losses(batch: Batch) -> dict[str, Tensor]:
        off = network(batch.small) - batch.large
        loss = off.abs() if numbers.pixel.kind == "l1" else (off.square() + EPSILON**2).sqrt()
        return {numbers.pixel.kind: numbers.pixel.weight * loss.mean()}

    weights = [weight for weight in network.parameters() if weight.requires_grad]
    return Recipe(network, (Player("network", weights, 1.0, losses),), {"network": network})
