"""Flow matching on straight paths (rectified flow, Liu et al. 2022): x_t = (1 - t) x + t noise, v = noise - x."""

from collections.abc import Callable

import torch
from torch import Tensor

Velocity = Callable[[Tensor, Tensor, Tensor], Tensor]
"""A network: the velocity at (x_t, t, text)."""


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
        latents = latents - guided(network, latents, times, text, guidance) / steps
    return latents


def guided(network: Velocity, latents: Tensor, times: Tensor, text: Tensor, guidance: float) -> Tensor:
    """Classifier-free guidance (Ho and Salimans 2022): v(none) + guidance (v(text) - v(none)); 1 is no guidance."""
    both = network(latents.repeat(2, 1, 1, 1), times.repeat(2), torch.cat([text, torch.zeros_like(text)]))
    with_text, without = both.chunk(2)
    return without + guidance * (with_text - without)
