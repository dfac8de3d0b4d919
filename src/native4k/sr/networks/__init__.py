"""The networks: one file each, all from a small picture with values 0 to 1 to one that is `scale` times larger.

One that learns has `body`, the network as it was published, by whose keys published weights are named; `scaled`, how
the names of weights begin whose shape or presence depends on the scale; and `hidden`, what no weight's shape shows.
"""

from typing import Annotated

from pydantic import Field
from torch import nn

from native4k.sr.networks import edsr, interpolation, rrdb, swinir
from native4k.sr.networks.osediff import network as osediff

Network = Annotated[
    interpolation.Params | edsr.Params | osediff.Params | rrdb.Params | swinir.Params, Field(discriminator="kind")
]
"""The shape of any network; `kind` says which."""


def build(network: Network, scale: int) -> nn.Module:
    """The network with untrained weights, drawn from torch's random state."""
    match network:
        case interpolation.Params():
            return interpolation.Interpolation(network, scale)
        case edsr.Params():
            return edsr.Edsr(network, scale)
        case osediff.Params():
            return osediff.OSEDiff(network, scale)
        case rrdb.Params():
            return rrdb.Rrdb(network, scale)
        case swinir.Params():
            return swinir.SwinIR(network, scale)
