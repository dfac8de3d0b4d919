"""Flow matching on straight paths (rectified flow, Liu et al. 2022): x_t = (1 - t) x + t noise, v = noise - x."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from native4k.learning.recipe import Player, Recipe
from native4k.learning.training import Training

Velocity = Callable[[Tensor, Tensor, Tensor], Tensor]
"""A network: the velocity at (x_t, t, text)."""


class Batch(NamedTuple):
    """Latents and their captions' features, with what is drawn for each."""

    latents: Tensor
    text: Tensor
    times: Tensor
    noise: Tensor


@dataclass(frozen=True)
class Task:
    """Encoded images to learn from; each step draws from a generator of its own, of seed and position."""

    memory_hint: ClassVar[str] = "take a smaller network or larger patches"

    latents: Tensor
    captions: Tensor
    ids: list[str]
    drop: float
    """The share of captions left out."""

    def read(self, numbers: Training, own: range, whole: range) -> Batch:
        """Draw images, times and noise for the whole batch, and take the rows that are asked for."""
        random = _generator(numbers, whole)
        rows = slice(own.start - whole.start, own.stop - whole.start)
        chosen = torch.from_numpy(random.integers(len(self.latents), size=len(whole)))
        kept = torch.from_numpy(random.random((len(whole), 1)) >= self.drop)
        times = torch.from_numpy(random.random(len(whole), np.float32))
        noise = torch.from_numpy(random.standard_normal((len(whole), *self.latents.shape[1:]), np.float32))
        text = self.captions[chosen[rows]] * kept[rows]
        return Batch(self.latents[chosen[rows]], text, times[rows], noise[rows])

    def batch(self, content: Batch, device: torch.device, layout: torch.memory_format) -> Batch:
        """Bring a batch to the device."""
        latents, text, times, noise = (part.to(device, non_blocking=True) for part in content)
        return Batch(latents.contiguous(memory_format=layout), text, times, noise.contiguous(memory_format=layout))

    def names(self, numbers: Training, positions: range) -> set[str]:
        """List the ids of the images at the positions of a whole batch."""
        chosen = _generator(numbers, positions).integers(len(self.latents), size=len(positions))
        return {self.ids[place] for place in chosen}

    def validation(self, numbers: Any, group: Any) -> None:
        """Nothing: `t2i evaluate` measures the loss on held-out images."""


def recipe(network: nn.Module) -> Recipe:
    """One player: the network, whose velocity is to be that of straight paths."""

    def parts(batch: Batch) -> dict[str, Tensor]:
        return {"flow": losses(network, batch.latents, batch.text, batch.times, batch.noise).mean()}

    return Recipe(network, (Player("network", list(network.parameters()), 1.0, parts),), {"network": network})


def losses(network: Velocity, latents: Tensor, text: Tensor, times: Tensor, noise: Tensor) -> Tensor:
    """Mean squared error of the velocity, one number a latent."""
    t = times[:, None, None, None]
    found = network((1 - t) * latents + t * noise, times, text)
    return (found - (noise - latents)).square().mean(dim=(1, 2, 3))


def sample(network: Velocity, noise: Tensor, text: Tensor, steps: int, guidance: float) -> Tensor:
    """Euler's method from noise (t = 1) to an image (t = 0) in equal steps."""
    latents = noise
    for step in range(steps):
        times = torch.full((len(latents),), 1 - step / steps)
        latents = latents - guided_velocity(network, latents, times, text, guidance) / steps
    return latents


def guided_velocity(network: Velocity, latents: Tensor, times: Tensor, text: Tensor, guidance: float) -> Tensor:
    """Classifier-free guidance (Ho and Salimans 2022): v(none) + guidance (v(text) - v(none)); 1 is no guidance."""
    both = network(latents.repeat(2, 1, 1, 1), times.repeat(2), torch.cat([text, torch.zeros_like(text)]))
    with_text, without = both.chunk(2)
    return without + guidance * (with_text - without)


def _generator(numbers: Training, whole: range) -> np.random.Generator:
    return np.random.default_rng((numbers.seed, whole.start // numbers.batch))
