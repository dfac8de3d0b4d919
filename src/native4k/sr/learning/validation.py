"""How good a network is on patches of the validation split, which stay the same over a run."""

import math

import torch
from torch import Tensor, nn

from native4k.sr import baselines, resample
from native4k.sr.learning import loader, switches
from native4k.sr.learning.ranks import Ranks


class Check:
    """A process's share of the patches, evenly taken from the store and made small once."""

    def __init__(self, task: loader.Task, numbers: baselines.Training, ranks: Ranks) -> None:
        self.task, self.numbers, self.ranks = task, numbers, ranks
        self.count = min(numbers.val_patches, len(task.check.ids))
        places = [number * len(task.check.ids) // self.count for number in range(self.count)]
        self.pairs = [(self._small(place), place) for place in places[ranks.rank :: ranks.size]]

    @torch.no_grad()
    def psnr(self, network: nn.Module) -> float:
        """The mean over all processes, dB of RGB."""
        network.eval()
        found = torch.tensor([sum(self._psnr(network, *pair) for pair in self.pairs)], dtype=torch.float64)
        network.train()
        found = found.to(self.ranks.device)
        self.ranks.total([found])
        return float(found) / self.count

    def _psnr(self, network: nn.Module, small: Tensor, place: int) -> float:
        with switches.autocast(self.numbers, self.ranks.device):
            made = network(small.to(self.ranks.device))
        truth = resample.to_tensor(self.task.check.pixels[place])[None].to(self.ranks.device)
        off = resample.quantise(made.float()) - truth
        return 10 * math.log10(1 / max(float(off.square().mean()), 1e-10))

    def _small(self, place: int) -> Tensor:
        truth = self.task.check.pixels[place]
        if self.numbers.degradation == "bicubic":
            return resample.downscale(resample.to_tensor(truth)[None], self.task.scale)
        return resample.to_tensor(loader.degraded(self.task, self.numbers, f"validation {place}", truth))[None]
