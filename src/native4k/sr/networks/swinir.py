"""SwinIR (Liang et al. 2021, arXiv 2108.10257), as basicsr has it."""

import math
import warnings
from typing import Annotated, Any, Literal

import torch
from annotated_types import Gt
from torch import Tensor, nn

from native4k import resample
from native4k.errors import UserError
from native4k.learning import micro_batches
from native4k.params import params
from native4k.sr.networks import check_scale, import_basicsr

SCALES = {"pixelshuffle": (2, 3, 4, 8, 16), "pixelshuffledirect": range(2, 17), "nearest+conv": (4,)}
"""What each upsampler can do."""

Positive = Annotated[int, Gt(0)]


@params
class Params:
    """The network's shape; units and sources are in params.yaml."""

    kind: Literal["swinir"]
    embed_dim: Positive
    depths: tuple[Positive, ...]
    num_heads: tuple[Positive, ...]
    window_size: Positive
    mlp_ratio: float
    drop_path: float
    upsampler: Literal["pixelshuffle", "pixelshuffledirect", "nearest+conv"]
    residual: bool


class SwinIR(nn.Module):
    """SwinIR for pictures of any size.

    With `residual` it is not the published network: it learns what bicubic enlargement lacks. The last layer then
    begins at zero, so that the untrained network is exactly bicubic and a few hundred steps make it better.
    """

    scaled = ("body.upsample.",)

    def __init__(self, shape: Params, scale: int) -> None:
        super().__init__()
        check(shape, scale)
        self.scale, self.window, self.residual = scale, shape.window_size, shape.residual
        self.hidden = {"kind": shape.kind, "residual": shape.residual}
        self.body = _build_body(shape, scale)
        for module in list(self.body.modules()):
            if hasattr(getattr(module, "drop_path", None), "drop_prob"):
                module.drop_path = micro_batches.DropPath(module.drop_path.drop_prob)
            for name, buffer in list(module.named_buffers(recurse=False)):
                module.register_buffer(name, buffer, persistent=False)  # derived, not learned: not in the weights file
        if self.residual:
            last = self.body.upsample[0] if shape.upsampler == "pixelshuffledirect" else self.body.conv_last
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, image: Tensor) -> Tensor:
        """A batch (n, 3, height, width) with values 0 to 1, scale times larger."""
        height, width = image.shape[-2:]
        padded = resample.pad_to_multiple(image, self.window)
        self._fit((padded.shape[-2], padded.shape[-1]), image.device)
        large: Tensor = self.body(padded)[..., : height * self.scale, : width * self.scale]
        if self.residual:
            large = resample.imresize(image, self.scale) + large - self.body.mean  # the body adds its mean colour
        return large

    @torch.compiler.disable  # type: ignore[untyped-decorator]  # torch's
    def _fit(self, size: tuple[int, int], device: torch.device) -> None:
        """Give the blocks one mask for pictures of this size; each would make its own in every pass."""
        blocks = [module for module in self.body.modules() if hasattr(module, "calculate_mask")]
        shifted = [block for block in blocks if block.shift_size]
        if all(block.input_resolution == size for block in blocks) and all(
            block.attn_mask.device == device for block in shifted
        ):
            return
        mask = shifted[0].calculate_mask(size).to(device) if shifted else None
        for block in blocks:
            block.input_resolution = size
            if block.shift_size:
                block.attn_mask = mask

    def derived(self, name: str, found: Tensor) -> Tensor:
        """Compute a buffer of the body for pictures of the size that shows in the buffer found in a file."""
        module, _, buffer = name.rpartition(".")
        block = self.body.get_submodule(module)
        if buffer != "attn_mask":
            made: Tensor = getattr(block, buffer)
        else:
            side = math.isqrt(len(found)) * self.window
            made = block.calculate_mask((side, side))
        return made


def build(shape: Params, scale: int) -> SwinIR:
    """Build SwinIR with untrained weights."""
    return SwinIR(shape, scale)


def check(shape: Params, scale: int) -> None:
    """Refuse a shape that cannot be built."""
    check_scale(f"swinir: upsampler {shape.upsampler}", scale, SCALES[shape.upsampler])
    if len(shape.depths) != len(shape.num_heads):
        raise UserError(f"swinir: depths {list(shape.depths)} and num_heads {list(shape.num_heads)} differ in length")
    uneven = [heads for heads in shape.num_heads if shape.embed_dim % heads]
    if uneven:
        raise UserError(f"swinir: embed_dim {shape.embed_dim} cannot be shared by {uneven[0]} heads; take a multiple")


def _build_body(shape: Params, scale: int) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.meshgrid", category=UserWarning)
        return import_basicsr("archs.swinir_arch").SwinIR(
            img_size=4 * shape.window_size,  # only sizes the first mask
            embed_dim=shape.embed_dim,
            depths=shape.depths,
            num_heads=shape.num_heads,
            window_size=shape.window_size,
            mlp_ratio=shape.mlp_ratio,
            drop_path_rate=shape.drop_path,
            upscale=scale,
            upsampler=shape.upsampler,
        )
