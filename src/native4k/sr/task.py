"""What super-resolution learns: to make patches large again that were made small.

The seed and the position of a patch say which comes when, and how it is turned.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from native4k import degrade, resample
from native4k.learning import acceleration
from native4k.learning.process_group import ProcessGroup
from native4k.sr import baselines, patches
from native4k.sr.recipes import Batch


class Content(NamedTuple):
    """Patches in uint8; `small` is missing where the device makes it."""

    large: Tensor
    small: Tensor | None
    captions: list[str]


@dataclass(frozen=True)
class Task:
    """Patches to learn from, patches to validate on, and how they are made small."""

    memory_hint: ClassVar[str] = "lower sr.patches.side"

    learn: patches.Store
    check: patches.Store
    scale: int
    degrade: degrade.Params | None
    """Numbers of the degradation, if it has some: bicubic has none."""
    captions: dict[str, str]
    """By an image's id; an image without one has an empty caption."""

    def read(self, numbers: baselines.Training, own: range, whole: range) -> Content:
        """Read and turn some patches, and make them small unless the device does."""
        del whole
        chosen, turns = self._order(numbers, own)
        large = [patches.turn(self.learn.pixels[place], way) for place, way in zip(chosen, turns, strict=True)]
        small = None
        if numbers.degradation != "bicubic":
            pairs = zip(own, large, strict=True)
            small = _stack([self.degraded(numbers, f"{numbers.seed} {at}", patch) for at, patch in pairs])
        return Content(_stack(large), small, [self.captions.get(self.learn.ids[place], "") for place in chosen])

    def batch(self, content: Content, device: torch.device, layout: torch.memory_format) -> Batch:
        """Bring patches to the device as a recipe takes them."""
        large = _tensor(content.large, device)
        small = resample.downscale(large, self.scale) if content.small is None else _tensor(content.small, device)
        return Batch(small.contiguous(memory_format=layout), large.contiguous(memory_format=layout), content.captions)

    def names(self, numbers: baselines.Training, positions: range) -> set[str]:
        """List the ids of the images that patches at some positions were cut from."""
        return {self.learn.ids[place] for place in self._order(numbers, positions)[0]}

    def validation(self, numbers: baselines.Training, group: ProcessGroup) -> "Validation":
        """Make the patches small that the network is validated on."""
        return Validation(self, numbers, group)

    def degraded(self, numbers: baselines.Training, name: str, patch: np.ndarray) -> np.ndarray:
        """Make a patch small; the name is the seed of its degradation."""
        assert self.degrade is not None
        return degrade.degrade(np.ascontiguousarray(patch), name, self.scale, numbers.degradation, self.degrade)

    def _order(self, numbers: baselines.Training, positions: range) -> tuple[np.ndarray, np.ndarray]:
        return patches.order(positions.start, len(positions), len(self.learn.ids), numbers.seed)


class Validation:
    """A process's share of the validation patches, evenly taken from the store and made small once."""

    def __init__(self, task: Task, numbers: baselines.Training, group: ProcessGroup) -> None:
        self.task, self.numbers, self.group = task, numbers, group
        self.count = min(numbers.val_patches, len(task.check.ids))
        places = [number * len(task.check.ids) // self.count for number in range(self.count)]
        self.pairs = [(self._small(place), place) for place in places[group.rank :: group.size]]

    @torch.no_grad()
    def __call__(self, network: nn.Module) -> dict[str, float]:
        """The mean PSNR over all processes, dB of RGB."""
        network.eval()
        found = torch.tensor([sum(self._psnr(network, *pair) for pair in self.pairs)], dtype=torch.float64)
        network.train()
        found = found.to(self.group.device)
        self.group.all_reduce([found])
        return {"val_psnr": float(found) / self.count}

    def _psnr(self, network: nn.Module, small: Tensor, place: int) -> float:
        with acceleration.autocast(self.numbers, self.group.device):
            made = network(small.to(self.group.device))
        truth = resample.to_tensor(self.task.check.pixels[place])[None].to(self.group.device)
        off = resample.quantise(made.float()) - truth
        return 10 * math.log10(1 / max(float(off.square().mean()), 1e-10))

    def _small(self, place: int) -> Tensor:
        truth = self.task.check.pixels[place]
        if self.numbers.degradation == "bicubic":
            return resample.downscale(resample.to_tensor(truth)[None], self.task.scale)
        return resample.to_tensor(self.task.degraded(self.numbers, f"validation {place}", truth))[None]


def _tensor(pixels: Tensor, device: torch.device) -> Tensor:
    """(n, height, width, 3) in uint8 to (n, 3, height, width) with values 0 to 1."""
    return pixels.to(device, non_blocking=True).permute(0, 3, 1, 2).contiguous().float().div_(255)


def _stack(pictures: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(pictures))
