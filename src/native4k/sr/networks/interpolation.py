"""Interpolation, bicubic or Lanczos: what every network has to beat."""

from torch import Tensor, nn

from native4k.params import params
from native4k.sr import resample


@params
class Params:
    """The kernel is all there is to choose."""

    kind: resample.Kernel


class Interpolation(nn.Module):
    """MATLAB's enlargement by any whole number; it has no weights."""

    def __init__(self, shape: Params, scale: int) -> None:
        super().__init__()
        self.kernel, self.scale = shape.kind, scale

    def forward(self, image: Tensor) -> Tensor:
        """A batch (n, 3, height, width) with values 0 to 1, scale times larger."""
        return resample.imresize(image, self.scale, kernel=self.kernel)
