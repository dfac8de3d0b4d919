"""Gradient descent that can be killed at any moment: the same call again ends with the same bits."""

import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from native4k import tables
from native4k.errors import UserError
from native4k.params import params


@params
class Params:
    """Adam, and a schedule that counts images seen."""

    images: int  # seen in all, each as often as it is drawn
    batch: int  # images a step
    learning_rate: float  # at its highest; it falls to zero along a half cosine
    warmup: int  # images over which the rate rises from zero
    clip: float  # longest gradient, L2
    save_every: int  # images between two checkpoints in the scratch folder


def fit(
    network: nn.Module,
    loss_of: Callable[[np.random.Generator], Tensor],
    numbers: Params,
    seed: int,
    checkpoint: Path | None,
    key: str,
) -> list[float]:
    """Train the network in place; the loss of every step. Each step draws from its own generator, of seed and step."""
    optimizer = torch.optim.Adam(network.parameters())
    losses = _resume(network, optimizer, checkpoint, key)
    steps = math.ceil(numbers.images / numbers.batch)
    every = max(1, numbers.save_every // numbers.batch)
    for step in tqdm(range(len(losses), steps), initial=len(losses), total=steps, unit="step", disable=None):
        for group in optimizer.param_groups:
            group["lr"] = rate(step * numbers.batch, numbers)
        loss = loss_of(np.random.default_rng((seed, step)))
        if not torch.isfinite(loss):
            seen = step * numbers.batch
            raise UserError(f"the loss is {loss.item()} after {seen} images; lower learning_rate and run again")
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), numbers.clip)
        optimizer.step()
        losses.append(loss.item())
        if checkpoint and (step + 1) % every == 0:
            _save(network, optimizer, losses, checkpoint, key)
    return losses


def rate(seen: int, numbers: Params) -> float:
    """The learning rate after so many images."""
    rise = min(1.0, (seen + numbers.batch) / max(numbers.warmup, 1))
    return numbers.learning_rate * rise * 0.5 * (1 + math.cos(math.pi * seen / numbers.images))


def exact(threads: int, seed: int) -> None:
    """The same bits every time; sums depend on the number of threads, so that it belongs to the result."""
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(mode=True)
    torch.manual_seed(seed)  # of the first weights


def key_of(*parts: bytes) -> str:
    """What a checkpoint was made from; another torch or another loop would go on differently."""
    every = (torch.__version__.encode(), Path(__file__).read_bytes(), *parts)
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in every)).hexdigest()


def _save(network: nn.Module, optimizer: torch.optim.Optimizer, losses: list[float], path: Path, key: str) -> None:
    state = {"key": key, "losses": losses, "network": network.state_dict(), "optimizer": optimizer.state_dict()}
    with tables.whole(path) as temporary:
        torch.save(state, temporary)


def _resume(network: nn.Module, optimizer: torch.optim.Optimizer, path: Path | None, key: str) -> list[float]:
    """The losses so far: none where the checkpoint is missing or was made from other numbers, data or code."""
    if path is None or not path.exists():
        return []
    state = torch.load(path, weights_only=True)
    if state["key"] != key:
        return []
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    return list(state["losses"])
