"""The unsharp mask of Real-ESRGAN's targets: edges are strengthened, and what hardly differs from its blur is left."""

from typing import Annotated

import torch
from annotated_types import Ge, Gt
from torch import Tensor
from torch.nn import functional

from native4k.errors import UserError
from native4k.params import params


@params
class Params:
    """The blur, how much of the difference from it is added, and the threshold of that difference."""

    reach: Annotated[int, Gt(0)]
    """Pixels to each side."""
    sigma: Annotated[float, Gt(0)]
    weight: Annotated[float, Gt(0)]
    threshold: Annotated[float, Ge(0)]
    """Grey levels."""


def sharpen(image: Tensor, numbers: Params | None) -> Tensor:
    """Sharpen a batch with values 0 to 1; without numbers, return it as it is."""
    if numbers is None:
        return image
    if min(image.shape[-2:]) <= numbers.reach:
        raise UserError(
            f"recipe.sharpened.reach: {numbers.reach} pixels need larger patches than {min(image.shape[-2:])}; "
            "lower it, or raise the patches' side"
        )
    with torch.no_grad(), torch.autocast(image.device.type, enabled=False):
        off = image - _blur(image, numbers)
        where = _blur((off.abs() * 255 > numbers.threshold).to(image), numbers)
        return torch.lerp(image, (image + numbers.weight * off).clamp(0, 1), where)


def _blur(image: Tensor, numbers: Params) -> Tensor:
    """Blur by a gaussian, with mirrored borders."""
    reach = numbers.reach
    places = torch.arange(-reach, reach + 1, device=image.device)
    line = torch.exp(-places.square() / (2 * numbers.sigma**2))
    line /= line.sum()
    planes = functional.pad(image, (reach,) * 4, mode="reflect").flatten(0, 1)[:, None]
    blurred = functional.conv2d(functional.conv2d(planes, line.view(1, 1, 1, -1)), line.view(1, 1, -1, 1))
    return blurred.view(image.shape)
