"""EDSR (Lim et al. 2017, arXiv 1707.02921), as basicsr has it."""

from typing import Annotated, Literal

from annotated_types import Gt
from torch import Tensor, nn

from native4k.params import params
from native4k.sr.networks import check_scale, import_basicsr

SCALES = (2, 3, 4, 8, 16)
"""Powers of two by shuffling pixels step by step, and three."""

Positive = Annotated[int, Gt(0)]


@params
class Params:
    """The network's shape; units and sources are in params.yaml."""

    kind: Literal["edsr"]
    num_feat: Positive
    num_block: Positive
    res_scale: Annotated[float, Gt(0)]


class Edsr(nn.Module):
    """EDSR for pictures of any size."""

    scaled = ("body.upsample.",)

    def __init__(self, shape: Params, scale: int) -> None:
        super().__init__()
        check_scale(shape.kind, scale, SCALES)
        self.hidden = {"kind": shape.kind, "res_scale": shape.res_scale}
        self.body = import_basicsr("archs.edsr_arch").EDSR(
            num_in_ch=3,
            num_out_ch=3,
            num_feat=shape.num_feat,
            num_block=shape.num_block,
            upscale=scale,
            res_scale=shape.res_scale,
        )

    def forward(self, image: Tensor) -> Tensor:
        """A batch (n, 3, height, width) with values 0 to 1, scale times larger."""
        large: Tensor = self.body(image)
        return large


def build(shape: Params, scale: int) -> Edsr:
    """Build EDSR with untrained weights."""
    return Edsr(shape, scale)
