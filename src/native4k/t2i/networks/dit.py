"""A diffusion transformer (DiT, Peebles and Xie 2023) with adaLN-zero, conditioned on time and caption."""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from native4k.params import params


@params
class Params:
    """Its size."""

    kind: Literal["dit"]
    patch: int  # latent pixels a side of one token
    width: int  # features of a token, a multiple of 4 and of heads
    depth: int  # blocks
    heads: int  # of attention


class DiT(nn.Module):
    """The velocity at a noised latent, for any height and width that the patch divides."""

    def __init__(self, size: Params, channels: int, text_width: int) -> None:
        """Output layer and gates start at zero, so that every block starts as the identity."""
        super().__init__()
        self.patch = size.patch
        self.read = nn.Conv2d(channels, size.width, size.patch, stride=size.patch)
        self.time = nn.Sequential(nn.Linear(size.width, size.width), nn.SiLU(), nn.Linear(size.width, size.width))
        self.text = nn.Linear(text_width, size.width)
        self.blocks = nn.ModuleList(Block(size.width, size.heads) for _ in range(size.depth))
        self.norm = nn.LayerNorm(size.width, elementwise_affine=False)
        self.modulation = _zero_weights(nn.Linear(size.width, 2 * size.width))
        self.write = _zero_weights(nn.Linear(size.width, channels * size.patch**2))

    def forward(self, latent: Tensor, time: Tensor, text: Tensor) -> Tensor:
        """latent: B x C x H x W; time: B, from 0 (image) to 1 (noise); text: B x text_width, zeros for no caption."""
        grid = self.read(latent)
        height, width = grid.shape[-2:]
        tokens = grid.flatten(2).transpose(1, 2) + positions(height, width, grid.shape[1], grid.device)
        condition = functional.silu(self.time(sinusoids(1000 * time, grid.shape[1])) + self.text(text))
        for block in self.blocks:
            tokens = block(tokens, condition)
        shift, scale = self.modulation(condition)[:, None].chunk(2, dim=-1)
        tokens = self.write(self.norm(tokens) * (1 + scale) + shift)
        return functional.pixel_shuffle(tokens.transpose(1, 2).unflatten(2, (height, width)), self.patch)


def build(size: Params, channels: int, text_width: int) -> DiT:
    """Build a transformer with untrained weights."""
    return DiT(size, channels, text_width)


class Block(nn.Module):
    """Attention and a perceptron, each shifted, scaled and gated by the condition."""

    def __init__(self, width: int, heads: int) -> None:
        """The perceptron is four times as wide as a token."""
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.mix = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width))
        self.modulation = _zero_weights(nn.Linear(width, 6 * width))

    def forward(self, tokens: Tensor, condition: Tensor) -> Tensor:
        """tokens: B x N x width; condition: B x width."""
        shift, scale, gate, shift2, scale2, gate2 = self.modulation(condition)[:, None].chunk(6, dim=-1)
        tokens = tokens + gate * self.attend(self.norm(tokens) * (1 + scale) + shift)
        return tokens + gate2 * self.mlp(self.norm(tokens) * (1 + scale2) + shift2)

    def attend(self, tokens: Tensor) -> Tensor:
        """Every token looks at every other."""
        query, key, value = self.mix(tokens).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return self.join(functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2))


def sinusoids(values: Tensor, width: int) -> Tensor:
    """Sines and cosines of each value at width / 2 frequencies from 1 down to 1/10,000: B x width."""
    frequencies = torch.exp(-math.log(10_000) * torch.arange(width // 2, device=values.device) / (width // 2))
    angles = values[:, None] * frequencies
    return torch.cat([angles.cos(), angles.sin()], dim=1)


def positions(height: int, width: int, features: int, device: torch.device) -> Tensor:
    """Encode where each token stands: half of the features its row, half its column; (height * width) x features."""
    rows = sinusoids(torch.arange(height, dtype=torch.float32, device=device), features // 2)
    columns = sinusoids(torch.arange(width, dtype=torch.float32, device=device), features // 2)
    return torch.cat([rows.repeat_interleave(width, 0), columns.repeat(height, 1)], dim=1)


def _zero_weights(layer: nn.Linear) -> nn.Linear:
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
