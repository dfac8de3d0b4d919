"""Checkpoints: a folder each, renamed into place when it is whole, with the weights' exponential moving average (EMA).

The EMA is torch's update, but not its AveragedModel: that copies frozen weights too (a second Stable Diffusion), leaves
buffers as they were when it was made, and takes the first step's weights instead of averaging from the start.
"""

import dataclasses
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from native4k import tables

WEIGHTS, STATE = "weights.safetensors", "state.pt"
AVERAGE = "average"


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


@dataclass
class Progress:
    """How far a run is; sums are of each part of the loss since the last point of the curve."""

    seen: int = 0
    steps: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    curve: list[dict[str, float]] = field(default_factory=list)


@dataclass
class State:
    """All that the next step depends on."""

    modules: dict[str, nn.Module]
    ema: EMA
    optimizers: list[torch.optim.Optimizer]
    scaler: torch.amp.GradScaler
    progress: Progress

    def tensors(self) -> dict[str, Tensor]:
        """List every weight by the names of its module and itself, averages included; no copies."""
        own = {name: learned(module) for name, module in self.modules.items()} | {AVERAGE: self.ema.means}
        return {f"{module}/{name}": value for module, state in own.items() for name, value in state.items()}


def save(state: State, home: Path) -> None:
    """Write a checkpoint, then remove those before it."""
    target = home / f"{state.progress.seen:012}"
    rest: dict[str, Any] = {
        "progress": dataclasses.asdict(state.progress),
        "optimizers": [optimizer.state_dict() for optimizer in state.optimizers],
        "scaler": state.scaler.state_dict(),
    }
    with tables.atomic_folder(target) as folder:
        save_file({name: value.contiguous() for name, value in state.tensors().items()}, folder / WEIGHTS)
        torch.save(rest, folder / STATE)
        for path in (folder / WEIGHTS, folder / STATE):
            with path.open("rb") as file:
                os.fsync(file.fileno())
    for old in sorted(home.iterdir()):
        if old != target:
            shutil.rmtree(old)


def learned(module: nn.Module) -> dict[str, Tensor]:
    """The state of a module by name, without its frozen weights."""
    frozen = {name for name, weight in module.named_parameters(remove_duplicate=False) if not weight.requires_grad}
    return {name: value for name, value in module.state_dict().items() if name not in frozen}


def key_of(definition: str, *parts: bytes) -> str:
    """16 hex digits for what a run depends on: the definition of its code and numbers, other parts, and torch."""
    digests = [hashlib.sha256(part).digest() for part in (torch.__version__.encode(), definition.encode(), *parts)]
    return hashlib.sha256(b"".join(digests)).hexdigest()[:16]


def restore(state: State, home: Path) -> None:
    """Go back to the last checkpoint, if there is one."""
    found = [path for path in sorted(home.glob("*")) if path.name.isdecimal()]
    if not found:
        return
    tensors = load_file(found[-1] / WEIGHTS)
    with torch.no_grad():
        for name, value in state.tensors().items():
            value.copy_(tensors[name])
    rest = torch.load(found[-1] / STATE, weights_only=True, map_location="cpu")
    for optimizer, old in zip(state.optimizers, rest["optimizers"], strict=True):
        optimizer.load_state_dict(old)
    state.scaler.load_state_dict(rest["scaler"])
    state.progress = Progress(**rest["progress"])
