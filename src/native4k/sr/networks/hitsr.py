"""HiT-SR (Zhang, Zhang and Yu, ECCV 2024, arXiv 2407.05878): windows that grow from block to block.

Within a window, correlations take the place of attention: of every position with the positions of a base window, and of
channels with channels. Both are linear in the window's size. HiT-SRF has a convolution in its feed-forward layers, as
SRFormer has; HiT-SIR has none, as SwinIR has none. Weights have the names that the authors' files have.
"""

import math
from typing import Annotated, Literal

import torch
from annotated_types import Gt, Interval
from torch import Tensor, nn
from torch.nn import functional

from native4k.errors import UserError
from native4k.learning import micro_batches
from native4k.params import params
from native4k.sr.networks import check_scale

SCALES = range(2, 17)
"""One convolution, then pixels are shuffled."""

MEAN = (0.4488, 0.4371, 0.4040)
"""Of DIV2K's colours."""

SQUEEZE = 5
"""What features are divided by between convolutions."""

PUBLISHED = (0.5, 1.0, 2.0, 4.0, 6.0, 8.0)
BASE = 8
"""The published windows: their sides as shares of the base window's, and that one's in pixels."""

LOOK = "layers.0.residual_group.blocks.0.correlation.qv.linear.weight"
"""A name that only these networks have."""

Positive = Annotated[int, Gt(0)]


@params
class Params:
    """The network's shape; units and sources are in params/paper.yaml."""

    kind: Literal["hitsr"]
    embed_dim: Positive
    depths: tuple[Positive, ...]
    num_heads: tuple[Positive, ...]
    base_window: Positive
    window_ratios: tuple[Annotated[float, Gt(0)], ...]
    mlp_ratio: Annotated[float, Gt(0)]
    mlp: Literal["convolved", "plain"]
    drop_path: Annotated[float, Interval(ge=0, lt=1)]


class Features(nn.Module):
    """Dual feature extraction (section 3.2): convolutions see what is around, times a linear layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = width // SQUEEZE
        self.conv = nn.Sequential(
            nn.Conv2d(width, inner, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(inner, inner, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(inner, width, 1),
        )
        self.linear = nn.Conv2d(width, width, 1)

    def forward(self, image: Tensor) -> Tensor:
        """(n, height, width, channels), as all features between blocks are."""
        planes = image.permute(0, 3, 1, 2)
        made: Tensor = (self.conv(planes) * self.linear(planes)).permute(0, 2, 3, 1)
        return made


class PositionBias(nn.Module):
    """What a distance adds to a correlation, for each head: a small network of it (CrossFormer, arXiv 2108.00154)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        inner = width // 4
        self.pos_proj = nn.Linear(2, inner)
        self.pos1, self.pos2, self.pos3 = (
            nn.Sequential(nn.LayerNorm(inner), nn.ReLU(), nn.Linear(inner, out)) for out in (inner, inner, heads)
        )

    def forward(self, distances: Tensor) -> Tensor:
        """(..., 2) to (..., heads)."""
        made: Tensor = self.pos3(self.pos2(self.pos1(self.pos_proj(distances))))
        return made


class Correlation(nn.Module):
    """Spatial and channel correlation within windows (section 3.3)."""

    distances: Tensor
    place: Tensor

    def __init__(self, width: int, heads: int, window: int, base: int) -> None:
        super().__init__()
        self.heads, self.window, self.cells = heads, window, min(window, base)
        self.block = window // self.cells
        self.qv = Features(width)
        self.proj = nn.Linear(width, width)
        self.spatial_linear = nn.Linear(self.block**2, 1)
        self.pos = PositionBias(width // 4, heads)
        distance = torch.arange(1.0 - window, window)
        distances = torch.stack(torch.meshgrid(distance, distance, indexing="ij"), -1)
        self.register_buffer("distances", distances, persistent=False)
        place = torch.arange(window)[:, None] - self.block * torch.arange(self.cells) + window - self.block
        self.register_buffer("place", place, persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """Features whose sides are multiples of the window's."""
        size, side = image.shape, self.window
        cut = self.qv(image).unflatten(2, (-1, side)).unflatten(1, (-1, side))  # n, down, y, across, x, channels
        windows = cut.transpose(2, 3).reshape(-1, side * side, 2, size[-1] // 2)
        query, value = windows.unbind(2)
        both = torch.cat([self._spatial(query, value), _channels(query, value)], -1)
        made: Tensor = self.proj(
            both.reshape(size[0], size[1] // side, size[2] // side, side, side, -1).transpose(2, 3).reshape(size)
        )
        return made

    def _spatial(self, query: Tensor, value: Tensor) -> Tensor:
        """Correlate every position with the cells of the window, in each head."""
        query, value = (one.unflatten(-1, (self.heads, -1)).transpose(1, 2) for one in (query, value))
        cells, block = self.cells, self.block
        parts = value.reshape(*value.shape[:2], cells, block, cells, block, -1).permute(0, 1, 2, 4, 6, 3, 5)
        value = self.spatial_linear(parts.flatten(5)).squeeze(-1).flatten(2, 3)
        scores = query @ value.transpose(-2, -1) / query.shape[-1] + self._bias()
        return (scores @ value).transpose(1, 2).flatten(2)

    def _bias(self) -> Tensor:
        """The bias of each position against each cell: the mean over the cell's positions."""
        table = self.pos(self.distances).permute(2, 0, 1)
        means = functional.avg_pool2d(table[None], self.block, 1)[0] if self.block > 1 else table
        rows, columns = self.place[:, None, :, None], self.place[None, :, None, :]
        return means[:, rows, columns].flatten(3).flatten(1, 2)


def _channels(query: Tensor, value: Tensor) -> Tensor:
    """Correlate channels with channels, all heads at once."""
    scores = query.transpose(-2, -1) @ value / query.shape[1]
    return value @ scores.transpose(-2, -1)


class Depthwise(nn.Module):
    """A convolution of each channel alone."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise_conv = nn.Sequential(nn.Conv2d(width, width, 5, padding=2, groups=width), nn.GELU())

    def forward(self, image: Tensor) -> Tensor:
        """Features of the same size."""
        made: Tensor = self.depthwise_conv(image.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return made


class FeedForward(nn.Module):
    """Two linear layers, with a convolution between them or without."""

    def __init__(self, width: int, inner: int, *, convolved: bool) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, inner), nn.Linear(inner, width)
        self.dwconv = Depthwise(inner) if convolved else None

    def forward(self, image: Tensor) -> Tensor:
        """Features of the same size."""
        image = functional.gelu(self.fc1(image))
        if self.dwconv is not None:
            image = image + self.dwconv(image)
        made: Tensor = self.fc2(image)
        return made


class Block(nn.Module):
    """A hierarchical transformer block: a correlation and a feed-forward layer, both normalised after."""

    def __init__(self, shape: Params, heads: int, window: int, drop: float) -> None:
        super().__init__()
        width = shape.embed_dim
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.correlation = Correlation(width, heads, window, shape.base_window)
        self.mlp = FeedForward(width, int(width * shape.mlp_ratio), convolved=shape.mlp == "convolved")
        self.drop_path = micro_batches.DropPath(drop) if drop else nn.Identity()

    def forward(self, image: Tensor) -> Tensor:
        """Features of any size."""
        height, width = image.shape[1:3]
        correlated = self.correlation(_reflect(image, self.correlation.window))[:, :height, :width]
        image = image + self.drop_path(self.norm1(correlated))
        made: Tensor = image + self.drop_path(self.norm2(self.mlp(image)))
        return made


def _reflect(image: Tensor, multiple: int) -> Tensor:
    """Mirror features around their last row and column, again and again, until both sides are multiples."""
    for axis in (1, 2):
        length = image.shape[axis]
        if length % multiple:
            around = torch.arange(length + -length % multiple, device=image.device) % max(1, 2 * length - 2)
            image = image.index_select(axis, torch.minimum(around, 2 * length - 2 - around))
    return image


class Group(nn.Module):
    """Blocks with growing windows, a convolution, and the way around them."""

    def __init__(self, shape: Params, place: int, drops: list[float]) -> None:
        super().__init__()
        sides = [int(shape.base_window * ratio) for ratio in shape.window_ratios]
        heads = shape.num_heads[place]
        self.residual_group = nn.Module()
        self.residual_group.blocks = nn.ModuleList(
            [Block(shape, heads, side, drop) for side, drop in zip(sides, drops, strict=True)]
        )
        self.conv = nn.Conv2d(shape.embed_dim, shape.embed_dim, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """Features of the same size."""
        made = image
        for block in self.residual_group.blocks:  # type: ignore[union-attr]
            made = block(made)
        return image + self.conv(made.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


class Body(nn.Module):
    """The published network."""

    mean: Tensor

    def __init__(self, shape: Params, scale: int) -> None:
        super().__init__()
        width, count = shape.embed_dim, sum(shape.depths)
        drops = torch.linspace(0, shape.drop_path, count, device="cpu").tolist()
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.conv_first = nn.Conv2d(3, width, 3, padding=1)
        self.patch_embed = nn.Module()
        self.patch_embed.norm = nn.LayerNorm(width)
        firsts = [sum(shape.depths[:place]) for place in range(len(shape.depths))]
        self.layers = nn.ModuleList(
            Group(shape, place, drops[first : first + depth])
            for place, (first, depth) in enumerate(zip(firsts, shape.depths, strict=True))
        )
        self.norm = nn.LayerNorm(width)
        self.conv_after_body = nn.Conv2d(width, width, 3, padding=1)
        self.upsample = nn.Sequential(nn.Conv2d(width, 3 * scale**2, 3, padding=1), nn.PixelShuffle(scale))
        self.apply(_begin)

    def forward(self, image: Tensor) -> Tensor:
        """A batch (n, 3, height, width) with values 0 to 1, scale times larger."""
        first = self.conv_first(image - self.mean)
        made = self.patch_embed.norm(first.permute(0, 2, 3, 1))  # type: ignore[operator]
        for layer in self.layers:
            made = layer(made)
        made = self.conv_after_body(self.norm(made).permute(0, 3, 1, 2)) + first
        large: Tensor = self.upsample(made) + self.mean
        return large


def _begin(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)


class HitSr(nn.Module):
    """HiT-SR for pictures of any size."""

    scaled = ("body.upsample.",)

    def __init__(self, shape: Params, scale: int) -> None:
        super().__init__()
        check(shape, scale)
        self.hidden = {"kind": shape.kind, "base_window": shape.base_window}
        self.hidden |= {"window_ratios": list(shape.window_ratios)}
        self.body = Body(shape, scale)

    def forward(self, image: Tensor) -> Tensor:
        """A batch (n, 3, height, width) with values 0 to 1, scale times larger."""
        large: Tensor = self.body(image)
        return large


def build(shape: Params, scale: int) -> HitSr:
    """Build HiT-SR with untrained weights."""
    return HitSr(shape, scale)


def check(shape: Params, scale: int) -> None:
    """Refuse a shape that cannot be built."""
    check_scale(shape.kind, scale, SCALES)
    if len(shape.depths) != len(shape.num_heads):
        raise UserError(f"hitsr: depths {list(shape.depths)} and num_heads {list(shape.num_heads)} differ in length")
    if set(shape.depths) != {len(shape.window_ratios)}:
        raise UserError(f"hitsr: depths {list(shape.depths)} must be the {len(shape.window_ratios)} of window_ratios")
    for ratio in shape.window_ratios:
        side = shape.base_window * ratio
        if side != int(side) or (ratio > 1 and ratio != int(ratio)):
            raise UserError(f"hitsr: window_ratios: {ratio} of base_window {shape.base_window} is no whole window")
    uneven = [heads for heads in shape.num_heads if shape.embed_dim % (2 * heads)]
    if uneven:
        raise UserError(f"hitsr: embed_dim {shape.embed_dim} cannot be shared by 2 x {uneven[0]} heads")


def find(tensors: dict[str, Tensor], where: str) -> tuple[Params, int] | None:
    """Return the shape and scale of a published file's network; None if it is another network's."""
    if LOOK not in tensors:
        return None
    try:
        shape, scale = _shape_of(tensors)
    except (KeyError, IndexError):
        raise UserError(f"{where}: weights of HiT-SR are missing; get the file again") from None
    last = tensors.get(f"layers.0.residual_group.blocks.{len(PUBLISHED) - 1}.correlation.spatial_linear.weight")
    if last is None or last.shape[1] != max(PUBLISHED) ** 2:
        raise UserError(f"{where}: not HiT-SR's published windows; use it as a baseline with network.kind hitsr")
    return shape, scale


def _shape_of(tensors: dict[str, Tensor]) -> tuple[Params, int]:
    """Read the shape of a network with the published windows from its weights."""
    names = [name.split(".") for name in tensors]
    groups = 1 + max(int(name[1]) for name in names if name[0] == "layers")
    first = "layers.{}.residual_group.blocks.0.{}"
    heads = [tensors[first.format(place, "correlation.pos.pos3.2.weight")].shape[0] for place in range(groups)]
    width = tensors["conv_first.weight"].shape[0]
    shape = Params(
        kind="hitsr",
        embed_dim=width,
        depths=(len(PUBLISHED),) * groups,
        num_heads=tuple(heads),
        base_window=BASE,
        window_ratios=PUBLISHED,
        mlp_ratio=tensors[first.format(0, "mlp.fc1.weight")].shape[0] / width,
        mlp="convolved" if first.format(0, "mlp.dwconv.depthwise_conv.0.weight") in tensors else "plain",
        drop_path=0.0,
    )
    return shape, math.isqrt(tensors["upsample.0.weight"].shape[0] // 3)
