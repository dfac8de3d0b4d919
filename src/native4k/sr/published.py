"""A file of published weights as a network that is ready: architecture, scale and limits from the file itself."""

from pathlib import Path
from typing import NamedTuple

from torch import nn

from native4k.sr import networks, weights
from native4k.sr.networks import hitsr, spandrel

AVERAGED = "params_ema"
"""Where a file holds plain and averaged weights, the ones that are taken."""


class Published(NamedTuple):
    """A network with its weights, its scale, and what its architecture is called."""

    network: nn.Module
    scale: int
    architecture: str


def load(path: Path, key: str | None = None) -> Published:
    """Load a file of weights, or fail with one line."""
    where = str(path)
    tensors, _ = weights.read(path, key, "weights", AVERAGED)
    shape, scale = hitsr.find(tensors, where) or spandrel.find(tensors, where)
    network = networks.build(shape, scale)
    weights.take(network, tensors, where)
    name = str(getattr(shape, "architecture", shape.kind))
    return Published(network.eval().requires_grad_(requires_grad=False), scale, name)
