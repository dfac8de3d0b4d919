"""A recipe: players that take turns in every step, each with the weights it moves and the loss it minimises."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from torch import Tensor, nn


@dataclass
class Batch:
    """What one process sees at once: pictures with values 0 to 1."""

    small: Tensor
    """(n, 3, height, width), degraded."""
    large: Tensor
    """(n, 3, scale * height, scale * width)."""
    captions: list[str]
    shared: dict[str, Tensor] = field(default_factory=dict)
    """What a player leaves for those after it in the same step, such as the picture that was made."""


class Player(NamedTuple):
    """One side of a recipe; a plain regression has one, a GAN two."""

    name: str
    weights: list[nn.Parameter]
    lr: float
    """Times the learning rate of the schedule."""
    losses: Callable[[Batch], dict[str, Tensor]]
    """Weighted parts by name; their sum is minimised."""


class Recipe(NamedTuple):
    """All that learns; `network` is what is kept, averaged, validated and put to use."""

    network: nn.Module
    players: tuple[Player, ...]
    modules: dict[str, nn.Module]
    """Everything whose state a checkpoint must hold, the network among it, by name."""
    told: str | None = None
    """A line for the log."""
