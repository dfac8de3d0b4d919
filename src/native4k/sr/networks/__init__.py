"""The networks: one module a kind, all from a small picture with values 0 to 1 to one that is `scale` times larger.

A kind has `Params` and `build(shape, scale)`. A network that learns has `body`, the network as it was published, by
whose keys published weights are named; `scaled`, how the names of weights begin whose shape or presence depends on the
scale; and `hidden`, what no weight's shape shows. A kind whose shape a file of weights shows has `resolve`, and a
network whose published names are not those of `body` has `converted`.
"""

import importlib
import sys
import warnings
from collections.abc import Collection
from types import ModuleType
from typing import Annotated

from torch import Tensor, nn

from native4k import kinds
from native4k.errors import UserError

Network = Annotated[kinds.Kind, kinds.one_of(__name__)]
"""The shape of any network; `kind` says which."""


def build(network: Network, scale: int) -> nn.Module:
    """Build a network with untrained weights, drawn from torch's random state."""
    built: nn.Module = kinds.module_of(__name__, network).build(network, scale)
    return built


def leaves_shape(network: Network) -> bool:
    """Whether a network leaves its shape to its starting weights."""
    return hasattr(kinds.module_of(__name__, network), "resolve") and getattr(network, "architecture", None) is None


def resolve(network: Network, tensors: dict[str, Tensor], scale: int, where: str) -> Network:
    """Return the whole shape of a network that leaves it to its starting weights."""
    resolved: Network = kinds.module_of(__name__, network).resolve(tensors, scale, where)
    return resolved


def check_scale(name: str, scale: int, possible: Collection[int]) -> None:
    """Refuse a scale that a network cannot do."""
    if scale not in possible:
        raise UserError(f"{name} cannot do scale {scale}; it can do {', '.join(map(str, possible))}")


def import_basicsr(name: str) -> ModuleType:
    """A module of basicsr by its name inside the package, such as "archs.swinir_arch".

    basicsr 1.4.2 imports torchvision.transforms.functional_tensor, which torchvision 0.17 removed; the one function
    that it wants from there (rgb_to_grayscale) lives on in torchvision.transforms.functional.
    """
    functional = importlib.import_module("torchvision.transforms.functional")
    sys.modules.setdefault("torchvision.transforms.functional_tensor", functional)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="basicsr")  # of its own old imports
        return importlib.import_module(f"basicsr.{name}")
