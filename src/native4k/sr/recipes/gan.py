"""Real-ESRGAN's recipe: a generator against a discriminator."""

from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Gt
from torch import Tensor, nn

from native4k import resample
from native4k.learning.recipe import Player, Recipe
from native4k.params import params
from native4k.sr import losses, networks, weights
from native4k.sr.recipes import Batch
from native4k.sr.weights import Start

MULTIPLE = 8
"""Pixels that the discriminator's sides are multiples of: it halves the picture three times."""

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
    sharpened: losses.UnsharpMask | None = None


class Discriminator(nn.Module):
    """Real-ESRGAN's discriminator (Wang et al. 2021, arXiv 2107.10833), as basicsr has it: a score for each pixel."""

    def __init__(self, num_feat: int) -> None:
        super().__init__()
        self.body = networks.import_basicsr("archs.discriminator_arch").UNetDiscriminatorSN(
            num_in_ch=3, num_feat=num_feat
        )

    def forward(self, image: Tensor) -> Tensor:
        """A batch (n, 3, height, width) with values 0 to 1; scores (n, 1, height, width), the higher the more real."""
        height, width = image.shape[-2:]
        scores: Tensor = self.body(resample.pad_to_multiple(image, MULTIPLE))
        return scores[..., :height, :width]


def files(numbers: Params) -> list[Path]:
    """List the weights of VGG19, and those that the discriminator starts with."""
    found = [] if numbers.perceptual is None else [losses.vgg_file(numbers.perceptual)]
    return found if numbers.discriminator.start is None else [*found, weights.file(numbers.discriminator.start)]


def build(network: nn.Module, numbers: Params) -> Recipe:
    """Build two players: the network, then the discriminator, which sees what the network has made."""
    device = next(network.parameters()).device
    discriminator = Discriminator(numbers.discriminator.num_feat)
    begin, message = numbers.discriminator.start, None
    if begin is not None:
        message = weights.fill(discriminator, begin, "recipe.discriminator.start")
    discriminator.to(device)
    reconstruction = losses.reconstruction(numbers.pixel, numbers.perceptual, numbers.sharpened, device)

    def generator(batch: Batch) -> dict[str, Tensor]:
        made = network(batch.small)
        batch.shared[MADE] = made.detach()
        fooling = losses.generator_loss(numbers.adversarial, discriminator(made))
        return reconstruction(made, batch.large) | {"fooling": fooling}

    def critic(batch: Batch) -> dict[str, Tensor]:
        real, fake = discriminator(batch.large), discriminator(batch.shared[MADE])
        return {"telling": losses.discriminator_loss(numbers.adversarial, real, fake)}

    players = (
        Player("network", list(network.parameters()), 1.0, generator),
        Player("discriminator", list(discriminator.parameters()), numbers.discriminator.lr, critic),
    )
    return Recipe(network, players, {"network": network, "discriminator": discriminator}, message)
