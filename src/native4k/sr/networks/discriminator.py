"""Real-ESRGAN's discriminator (Wang et al. 2021, arXiv 2107.10833), as basicsr has it: a score for each pixel."""

from torch import Tensor, nn

from native4k.sr import resample
from native4k.sr.networks import mended

MULTIPLE = 8
"""Pixels; it halves the picture three times."""


class Discriminator(nn.Module):
    """A U-Net whose convolutions are kept from growing by their spectral norm."""

    def __init__(self, num_feat: int) -> None:
        super().__init__()
        self.body = mended.basicsr("archs.discriminator_arch").UNetDiscriminatorSN(num_in_ch=3, num_feat=num_feat)

    def forward(self, image: Tensor) -> Tensor:
        """A batch (n, 3, height, width) with values 0 to 1; scores (n, 1, height, width), the higher the more real."""
        height, width = image.shape[-2:]
        scores: Tensor = self.body(resample.padded(image, MULTIPLE))
        return scores[..., :height, :width]
