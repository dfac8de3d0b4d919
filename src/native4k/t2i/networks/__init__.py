"""The networks that text-to-image baselines train: one module a kind, a plain nn.Module each.

A kind has `Params` and `build(shape, channels, text_width)`: the velocity at a latent of so many channels, from
(latent, time, text).
"""

from typing import Annotated

from torch import nn

from native4k import kinds

Network = Annotated[kinds.Kind, kinds.one_of(__name__)]
"""The shape of any network; `kind` says which."""


def build(network: Network, channels: int, text_width: int) -> nn.Module:
    """Build a network with untrained weights, drawn from torch's random state."""
    built: nn.Module = kinds.module_of(__name__, network).build(network, channels, text_width)
    return built
