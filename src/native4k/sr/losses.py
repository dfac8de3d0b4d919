"""Losses: pixel, perceptual (VGG19) and adversarial; and the unsharp mask of their targets."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import torch
from annotated_types import Ge, Gt
from torch import Tensor, nn
from torch.nn import functional

from native4k.errors import UserError
from native4k.params import params
from native4k.sr import weights

EPSILON = 1e-3
"""Of Charbonnier's root (Lai et al. 2017)."""

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's colours, which VGG19 was trained with."""

Weight = Annotated[float, Gt(0)]


@params
class Pixel:
    """A loss of single pixels and its weight."""

    kind: Literal["l1", "charbonnier"]
    weight: Weight


@params
class Perceptual:
    """Layers of VGG19, each with a weight; the file of its weights, or null for torch hub's cache."""

    weight: Weight
    layers: dict[str, Weight]
    file: str | None


@params
class Adversarial:
    """How scores become a loss, and its weight in the generator's."""

    kind: Literal["vanilla", "hinge"]
    weight: Weight


@params
class UnsharpMask:
    """The blur, how much of the difference from it is added, and the threshold of that difference."""

    reach: Annotated[int, Gt(0)]
    """Pixels to each side."""
    sigma: Annotated[float, Gt(0)]
    weight: Annotated[float, Gt(0)]
    threshold: Annotated[float, Ge(0)]
    """Grey levels."""


def pixel_loss(numbers: Pixel, made: Tensor, truth: Tensor) -> Tensor:
    """Return the mean absolute difference, or Charbonnier's smooth one, times its weight."""
    off = made - truth
    return numbers.weight * (off.abs() if numbers.kind == "l1" else (off.square() + EPSILON**2).sqrt()).mean()


def generator_loss(numbers: Adversarial, scores: Tensor) -> Tensor:
    """Return the generator's loss: small where its pictures are scored as real."""
    return numbers.weight * (-scores if numbers.kind == "hinge" else functional.softplus(-scores)).mean()


def discriminator_loss(numbers: Adversarial, real: Tensor, fake: Tensor) -> Tensor:
    """Return the discriminator's loss: small where real pictures are scored high and made ones low."""
    if numbers.kind == "hinge":
        return functional.relu(1 - real).mean() + functional.relu(1 + fake).mean()
    return functional.softplus(-real).mean() + functional.softplus(fake).mean()


class PerceptualLoss(nn.Module):
    """The perceptual loss: mean differences of VGG19's convolutions, before their activation (Real-ESRGAN)."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, numbers: Perceptual) -> None:
        super().__init__()
        self.numbers = numbers
        self.layers = _vgg(numbers)
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1))
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(3, 1, 1))
        self.eval().requires_grad_(requires_grad=False)

    def forward(self, made: Tensor, truth: Tensor) -> Tensor:
        """Compare two batches with values 0 to 1."""
        with torch.no_grad():
            wanted = self.features(truth)
        found = self.features(made)
        parts = [weight * (found[name] - wanted[name]).abs().mean() for name, weight in self.numbers.layers.items()]
        return self.numbers.weight * torch.stack(parts).sum()

    def features(self, image: Tensor) -> dict[str, Tensor]:
        """Return the activations of each layer that has a weight."""
        image, found = (image - self.mean) / self.deviation, {}
        for name, layer in self.layers.named_children():
            image = layer(image)
            if name in self.numbers.layers:
                found[name] = image
        return found


def reconstruction(
    pixel: Pixel, perceptual: Perceptual | None, mask: UnsharpMask | None, device: torch.device
) -> Callable[[Tensor, Tensor], dict[str, Tensor]]:
    """Return the losses of a network's picture and the original, which is sharpened first if there is a mask."""
    vgg = None if perceptual is None else PerceptualLoss(perceptual).to(device)

    def losses(made: Tensor, truth: Tensor) -> dict[str, Tensor]:
        wanted = truth if mask is None else sharpen(truth, mask)
        found: dict[str, Tensor] = {pixel.kind: pixel_loss(pixel, made, wanted)}
        return found if vgg is None else found | {"perceptual": vgg(made, wanted)}

    return losses


def _vgg(numbers: Perceptual) -> nn.Sequential:
    """Load VGG19 up to the last layer asked for, convolutions named as in the papers; draw no random numbers."""
    from torchvision import models

    with torch.device("meta"):
        published = models.vgg19(weights=None).features
    names = _layer_names(published)
    unknown = sorted(numbers.layers.keys() - set(names))
    if unknown or not numbers.layers:
        known = ", ".join(name for name in names if name.startswith("conv"))
        raise UserError(f"perceptual.layers: {', '.join(unknown) or 'names none'}; VGG19 has {known}")
    kept = nn.Sequential()
    for name, layer in zip(names[: 1 + max(map(names.index, numbers.layers))], published, strict=False):
        kept.add_module(name, nn.ReLU() if isinstance(layer, nn.ReLU) else layer)  # in place, it would change features
    _load_vgg(kept, names, vgg_file(numbers))
    return kept


def _layer_names(layers: nn.Sequential) -> list[str]:
    """Name the layers: conv3_1 is the first convolution of the third block; blocks end with a pooling."""
    names, block, number = [], 1, 0
    for layer in layers:
        number += isinstance(layer, nn.Conv2d)
        kind = {nn.Conv2d: "conv", nn.ReLU: "relu"}.get(type(layer), "pool")
        names.append(f"{kind}{block}_{number}")
        if kind == "pool":
            block, number = block + 1, 0
    return names


def vgg_file(numbers: Perceptual) -> Path:
    """Return the file of VGG19's weights."""
    if numbers.file is not None:
        return Path(numbers.file)
    from torchvision import models

    return Path(torch.hub.get_dir(), "checkpoints", models.VGG19_Weights.IMAGENET1K_V1.url.rpartition("/")[2])


def _load_vgg(layers: nn.Sequential, names: list[str], path: Path) -> None:
    if not path.is_file():
        get = "from torchvision import models; models.vgg19(weights='IMAGENET1K_V1')"
        raise UserError(f"perceptual.file: {path}: no such weights of VGG19; with a network run: python -c {get!r}")
    there, _ = weights.read(path, None, "perceptual.file")
    published = {name: f"features.{place}" for place, name in enumerate(names)}
    wanted = layers.state_dict()
    origin = {name: published[name.partition(".")[0]] + "." + name.rpartition(".")[2] for name in wanted}
    found = {name: there[source] for name, source in origin.items() if source in there}
    weights.check_shapes(wanted, found, f"perceptual.file: {path}: {{}}; it holds other weights than VGG19's")
    layers.load_state_dict({name: value.float() for name, value in found.items()}, assign=True)


def sharpen(image: Tensor, numbers: UnsharpMask) -> Tensor:
    """Sharpen a batch with values 0 to 1."""
    if min(image.shape[-2:]) <= numbers.reach:
        raise UserError(
            f"recipe.sharpened.reach: {numbers.reach} pixels need larger patches than {min(image.shape[-2:])}; "
            "lower it, or raise the patches' side"
        )
    with torch.no_grad(), torch.autocast(image.device.type, enabled=False):
        off = image - _blur(image, numbers)
        where = _blur((off.abs() * 255 > numbers.threshold).to(image), numbers)
        return torch.lerp(image, (image + numbers.weight * off).clamp(0, 1), where)


def _blur(image: Tensor, numbers: UnsharpMask) -> Tensor:
    """Blur by a gaussian, with mirrored borders."""
    reach = numbers.reach
    places = torch.arange(-reach, reach + 1, device=image.device)
    line = torch.exp(-places.square() / (2 * numbers.sigma**2))
    line /= line.sum()
    planes = functional.pad(image, (reach,) * 4, mode="reflect").flatten(0, 1)[:, None]
    blurred = functional.conv2d(functional.conv2d(planes, line.view(1, 1, 1, -1)), line.view(1, 1, -1, 1))
    return blurred.view(image.shape)
