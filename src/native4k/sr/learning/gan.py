"""Real-ESRGAN's recipe: a network that fools a discriminator, and a discriminator that learns to tell."""

from typing import Annotated, Literal

from annotated_types import Gt
from torch import Tensor, nn

from native4k.params import params
from native4k.sr.learning import losses, sharpen, start
from native4k.sr.learning.recipe import Batch, Player, Recipe
from native4k.sr.learning.start import Params as Start
from native4k.sr.networks.discriminator import Discriminator

MADE = "made"
"""What the network leaves for the discriminator: its picture, without gradients."""


@params
class Critic:
    """The discriminator: its width, its share of the learning rate, and its first weights."""

    num_feat: Annotated[int, Gt(0)]
    lr: Annotated[float, Gt(0)]
    start: Start | None = None


@params
class Params:
    """What both sides minimise; the discriminator sees the originals as they are, sharpened or not."""

    kind: Literal["gan"]
    pixel: losses.Pixel
    perceptual: losses.Perceptual | None
    adversarial: losses.Adversarial
    discriminator: Critic
    sharpened: sharpen.Params | None = None


def build(network: nn.Module, numbers: Params) -> Recipe:
    """Two players: the network, then the discriminator that looks at what the network has made."""
    device = next(network.parameters()).device
    discriminator = Discriminator(numbers.discriminator.num_feat)
    begin, told = numbers.discriminator.start, None
    if begin is not None:
        told = start.fill(discriminator, begin, "recipe.discriminator.start")
    discriminator.to(device)
    seen = None if numbers.perceptual is None else losses.Seen(numbers.perceptual).to(device)

    def fools(batch: Batch) -> dict[str, Tensor]:
        made, wanted = network(batch.small), sharpen.sharpened(batch.large, numbers.sharpened)
        batch.shared[MADE] = made.detach()
        parts: dict[str, Tensor] = {numbers.pixel.kind: losses.pixel(numbers.pixel, made, wanted)}
        if seen is not None:
            parts["perceptual"] = seen(made, wanted)
        return parts | {"fooling": losses.fooling(numbers.adversarial, discriminator(made))}

    def tells(batch: Batch) -> dict[str, Tensor]:
        real, fake = discriminator(batch.large), discriminator(batch.shared[MADE])
        return {"telling": losses.telling(numbers.adversarial, real, fake)}

    players = (
        Player("network", list(network.parameters()), 1.0, fools),
        Player("discriminator", list(discriminator.parameters()), numbers.discriminator.lr, tells),
    )
    return Recipe(network, players, {"network": network, "discriminator": discriminator}, told)
