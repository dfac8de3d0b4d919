"""RRDBNet, the network of ESRGAN and Real-ESRGAN (Wang et al. 2018 and 2021, arXiv 1809.00219 and 2107.10833)."""

from typing import Annotated, Literal

from annotated_types import Gt
from torch import Tensor, nn

from native4k import resample
from native4k.params import params
from native4k.sr.networks import check_scale, import_basicsr

UNSHUFFLED = {4: 1, 2: 2}
"""What it can do, and by how much it makes the picture smaller first: it always enlarges that four times."""

Positive = Annotated[int, Gt(0)]


@params
class Params:
    """The network's shape; units and sources are in params.yaml."""

    kind: Literal["rrdb"]
    num_feat: Positive
    num_block: Positive
    num_grow_ch: Positive


class Rrdb(nn.Module):
    """RRDBNet, as basicsr has it, for pictures of any size."""

    scaled = ("body.conv_first.",)

    def __init__(self, shape: Params, scale: int) -> None:
        super().__init__()
        check_scale(shape.kind, scale, sorted(UNSHUFFLED))
        self.scale = scale
        self.hidden = {"kind": shape.kind}
        self.body = import_basicsr("archs.rrdbnet_arch").RRDBNet(
            num_in_ch=3,
            num_out_ch=3,
            scale=scale,
            num_feat=shape.num_feat,
            num_block=shape.num_block,
            num_grow_ch=shape.num_grow_ch,
        )

    def forward(self, image: Tensor) -> Tensor:
        """A batch (n, 3, height, width) with values 0 to 1, scale times larger."""
        height, width = image.shape[-2:]
        large: Tensor = self.body(resample.pad_to_multiple(image, UNSHUFFLED[self.scale]))
        return large[..., : height * self.scale, : width * self.scale]


def build(shape: Params, scale: int) -> Rrdb:
    """Build RRDBNet with untrained weights."""
    return Rrdb(shape, scale)
