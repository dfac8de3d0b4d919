"""Bicubic interpolation: what every network has to beat."""

from typing import Literal

from torch import Tensor, nn

from native4k.params import params
from native4k.sr import resample


@params
class Params:
    """Nothing to choose."""

    kind: Literal["bicubic"]


class Bicubic(nn.Module):
    """MATLAB's bicubic enlargement; it has no weights."""

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, image: Tensor) -> Tensor:
        """A batch (n, 3, height, width) with values 0 to 1, scale times larger."""
        return resample.imresize(image, self.scale)
