"""Plain regression: the network's picture is compared with the original."""

from pathlib import Path
from typing import Literal

from torch import Tensor, nn

from native4k.learning.recipe import Player, Recipe
from native4k.params import params
from native4k.sr import losses
from native4k.sr.recipes import Batch


@params
class Params:
    """What is minimised."""

    kind: Literal["regression"]
    pixel: losses.Pixel
    perceptual: losses.Perceptual | None
    sharpened: losses.UnsharpMask | None = None


def files(numbers: Params) -> list[Path]:
    """List the weights of VGG19, if it is asked."""
    return [] if numbers.perceptual is None else [losses.vgg_file(numbers.perceptual)]


def build(network: nn.Module, numbers: Params) -> Recipe:
    """Build one player: the network."""
    device = next(network.parameters()).device
    reconstruction = losses.reconstruction(numbers.pixel, numbers.perceptual, numbers.sharpened, device)

    def parts(batch: Batch) -> dict[str, Tensor]:
        return reconstruction(network(batch.small), batch.large)

    weights = [weight for weight in network.parameters() if weight.requires_grad]
    return Recipe(network, (Player("network", weights, 1.0, parts),), {"network": network})
