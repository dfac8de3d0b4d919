"""The weights that learn, and their average over a run."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def learned(module: nn.Module) -> dict[str, Tensor]:
    """The state of a module by name, but for its frozen weights."""
    frozen = {name for name, weight in module.named_parameters(remove_duplicate=False) if not weight.requires_grad}
    return {name: value for name, value in module.state_dict().items() if name not in frozen}


def looks(module: nn.Module) -> list[Tensor]:
    """What of its state is no weight, but is changed by looking at pictures, as running means are."""
    weights = {name for name, _ in module.named_parameters(remove_duplicate=False)}
    return [value for name, value in module.state_dict().items() if name not in weights]


class Average:
    """The moving average of a network's weights; a decay of 0 is none, and does nothing."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        named = [(name, weight.detach()) for name, weight in network.named_parameters() if weight.requires_grad]
        self.weights = [weight for _, weight in named] if decay else []
        self.means = {name: weight.clone() for name, weight in named} if decay else {}

    def follow(self) -> None:
        """After a step."""
        if self.decay:
            torch._foreach_lerp_(list(self.means.values()), self.weights, 1 - self.decay)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """For a while the network has the averaged weights."""
        own = [weight.clone() for weight in self.weights]
        self.settle()
        try:
            yield
        finally:
            for weight, value in zip(self.weights, own, strict=True):
                weight.copy_(value)

    def settle(self) -> None:
        """Give the network the averaged weights for good."""
        for weight, mean in zip(self.weights, self.means.values(), strict=True):
            weight.copy_(mean)
