"""The networks: one file each, all from a small picture with values 0 to 1 to one that is `scale` times larger."""

from typing import Annotated

from pydantic import Field
from torch import nn

from native4k.sr.networks import bicubic, swinir
from native4k.sr.networks.osediff import network as osediff

Network = Annotated[bicubic.Params | osediff.Params | swinir.Params, Field(discriminator="kind")]
"""The shape of any network; `kind` says which."""


def build(network: Network, scale: int) -> nn.Module:
    """The network with untrained weights, drawn from torch's random state."""
    match network:
        case bicubic.Params():
            return bicubic.Bicubic(scale)
        case osediff.Params():
            return osediff.OSEDiff(network, scale)
        case swinir.Params():
            return swinir.SwinIR(network, scale)
