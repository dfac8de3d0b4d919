"""What is learned, and from what: a recipe's players take turns in every step, a task has samples to learn from."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from native4k.learning.process_group import ProcessGroup

Validation = Callable[[nn.Module], dict[str, float]]
"""How good a network is on samples that it does not learn from: numbers by name."""


class Player(NamedTuple):
    """One side of a recipe; a plain regression has one, a GAN two."""

    name: str
    weights: list[nn.Parameter]
    lr: float
    """Times the learning rate of the schedule."""
    losses: Callable[[Any], dict[str, Tensor]]
    """Weighted parts by name, of what the task makes of a micro-batch; their sum is minimised."""


class Recipe(NamedTuple):
    """All that learns; `network` is what is kept, averaged, validated and put to use."""

    network: nn.Module
    players: tuple[Player, ...]
    modules: dict[str, nn.Module]
    """Everything whose state a checkpoint must hold, the network among it, by name."""
    message: str | None = None
    """A line for the log."""


class Task(Protocol):
    """Samples by their position in the run; `numbers` are the run's Training, or a subclass with the task's own."""

    @property
    def memory_hint(self) -> str:
        """What else to lower where memory runs out."""

    def read(self, numbers: Any, own: range, whole: range) -> Any:
        """Read some positions of a step's batch, perhaps in a worker process; tensors may be pinned."""

    def batch(self, content: Any, device: torch.device, layout: torch.memory_format) -> Any:
        """Bring to the device what has been read, as the recipe's players take it."""

    def names(self, numbers: Any, positions: range) -> set[str]:
        """Name the samples at some positions."""

    def validation(self, numbers: Any, group: ProcessGroup) -> Validation | None:
        """Prepare the validation, if there is one; every process calls it at once."""
