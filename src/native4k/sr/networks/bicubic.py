"""Bicubic interpolation: what every network has to beat."""

from typing import Literal

from torch import Tensor, nn

from native4k import resample
from native4k.params import params


@params
class Params:
    """There are no numbers to choose."""

    kind: Literal["bicubic"]


class Interpolation(nn.Module):
    """MATLAB's enlargement by any whole number; it has no weights."""

    def __init__(self, kernel: resample.Kernel, scale: int) -> None:
        super().__init__()
        self.kernel, self.scale = kernel, scale

    def forward(self, image: Tensor) -> Tensor:
        """A batch (n, 3, height, width) with values 0 to 1, scale times larger."""
        return resample.imresize(image, self.scale, kernel=self.kernel)


def build(shape: Params, scale: int) -> Interpolation:
    """MATLAB's bicubic."""
    return Interpolation(shape.kind, scale)
