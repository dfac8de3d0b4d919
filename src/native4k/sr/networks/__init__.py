"""The networks: one module a kind, all from a small picture with values 0 to 1 to one that is `scale` times larger.

A kind has `Params` and `build(shape, scale)`. A network that learns has `body`, the network as it was published, by
whose keys published weights are named; `scaled`, how the names of weights begin whose shape or presence depends on the
scale; and `hidden`, what no weight's shape shows.
"""

from collections.abc import Collection
from typing import Annotated

from torch import nn

from native4k import kinds
from native4k.errors import UserError

Network = Annotated[kinds.Kind, kinds.one_of(__name__)]
"""The shape of any network; `kind` says which."""


def build(network: Network, scale: int) -> nn.Module:
    """Build a network with untrained weights, drawn from torch's random state."""
    built: nn.Module = kinds.module_of(__name__, network).build(network, scale)
    return built


def check_scale(name: str, scale: int, possible: Collection[int]) -> None:
    """Refuse a scale that a network cannot do."""
    if scale not in possible:
        raise UserError(f"{name} cannot do scale {scale}; it can do {', '.join(map(str, possible))}")
