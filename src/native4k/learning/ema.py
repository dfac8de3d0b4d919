"""The exponential moving average (EMA) of the weights that learn.

torch's update, but not its AveragedModel: that copies frozen weights too (a second Stable Diffusion), leaves buffers as
they were when it was made, and takes the first step's weights instead of averaging from the start.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class EMA:
    """The average of a network's weights over a run; a decay of 0 is none, and does nothing."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        named = [(name, weight.detach()) for name, weight in network.named_parameters() if weight.requires_grad]
        self.weights = [weight for _, weight in named] if decay else []
        self.means = {name: weight.clone() for name, weight in named} if decay else {}
        self._average = get_ema_multi_avg_fn(decay)

    def update(self) -> None:
        """Follow the weights after a step."""
        if self.means:
            self._average(list(self.means.values()), self.weights, None)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Give the network the averaged weights for a while."""
        own = [weight.clone() for weight in self.weights]
        self.apply()
        try:
            yield
        finally:
            for weight, value in zip(self.weights, own, strict=True):
                weight.copy_(value)

    def apply(self) -> None:
        """Give the network the averaged weights for good."""
        for weight, mean in zip(self.weights, self.means.values(), strict=True):
            weight.copy_(mean)
