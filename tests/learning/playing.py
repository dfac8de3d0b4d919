"""A small game to learn, with all that makes a run depend on its past: two players, chance, buffers, averages."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from native4k import params
from native4k.learning import loop, micro_batches, process_group
from native4k.learning.recipe import Player, Recipe
from native4k.sr import baselines, patches
from native4k.sr.recipes import Batch
from native4k.sr.task import Task
from tests.sr.conftest import SECTION, scene

RICH: dict[str, Any] = {
    "batch": 5,
    "parts": 2,
    "images": 42,
    "optimizer": {"lr": 0.01, "betas": [0.9, 0.99], "weight_decay": 0.01},
    "schedule": {"kind": "cosine", "warmup": 12, "floor": 0.1},
    "average": 0.8,
    "clip": 0.5,
    "curve_every": 11,
    "checkpoint_every": 5,
}
"""Everything at once; batches, points of the curve and checkpoints never fall together for long."""


def training(**changes: Any) -> baselines.Training:
    """Numbers of a run."""
    base = SECTION["baselines"]["swinir_x4"]["training"]
    return params.validate(baselines.Training, base | {"schedule": SCHEDULE} | changes, "training")


SCHEDULE = {"kind": "multistep", "warmup": 0, "milestones": [], "gamma": 0.5}


def task(count: int = 7, side: int = 16) -> Task:
    """Patches to be made two times larger."""
    from native4k import degrade

    pixels = np.stack([scene(number, side, side) for number in range(count)])
    store = patches.Store(pixels, [f"image{number}" for number in range(count)])
    return Task(store, store, 2, params.validate(degrade.Params, SECTION["degrade"], "degrade"), {})


class Enlarger(nn.Module):
    """A block of convolutions in a list, as networks have them, and pixels shuffled into place."""

    def __init__(self, *luck: nn.Module) -> None:
        super().__init__()
        block = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), *luck, nn.ReLU())
        self.body = nn.ModuleList([block, nn.Sequential(nn.Conv2d(8, 12, 3, padding=1), nn.Identity())])
        self.larger = nn.PixelShuffle(2)

    def forward(self, image: Tensor) -> Tensor:
        """Twice as large."""
        image = image.to(next(self.parameters()).dtype)
        for block in self.body:
            image = block(image)
        made: Tensor = self.larger(image)
        return made


def regression(dropout: float = 0.0) -> Recipe:
    """One player."""
    torch.manual_seed(0)
    network = Enlarger(nn.Dropout(dropout))

    def losses(batch: Batch) -> dict[str, Tensor]:
        return {"l1": (network(batch.small) - batch.large).abs().mean()}

    return Recipe(network, (Player("network", list(network.parameters()), 1.0, losses),), {"network": network})


def game(*, single: bool = False) -> Recipe:
    """Two players; the second has buffers that every look changes, and looks at what the first has made.

    Single: what is learned from a picture depends on no other of the batch, and on no chance but that which is drawn
    for a whole batch; and in float64, so that sums in another order give the same.
    """
    torch.manual_seed(0)
    network = Enlarger(micro_batches.DropPath(0.2) if single else nn.Dropout(0.2))
    norms = [] if single else [nn.BatchNorm2d(4), nn.utils.spectral_norm(nn.Conv2d(4, 4, 1))]
    critic = nn.Sequential(nn.Conv2d(3, 4, 4, 4), *norms, nn.Conv2d(4, 1, 1))
    if single:
        network.double(), critic.double()

    def fools(batch: Batch) -> dict[str, Tensor]:
        made = network(batch.small)
        batch.shared["made"] = made.detach()
        return {"l1": (made - batch.large).abs().mean(), "fooling": -0.1 * critic(made).mean()}

    def tells(batch: Batch) -> dict[str, Tensor]:
        return {
            "telling": (critic(batch.shared["made"]) - critic(batch.large.to(batch.shared["made"].dtype)))
            .clamp(min=-1)
            .mean()
        }

    players = (
        Player("network", list(network.parameters()), 1.0, fools),
        Player("critic", list(critic.parameters()), 0.5, tells),
    )
    return Recipe(network, players, {"network": network, "critic": critic})


def played(
    recipe: Recipe, home: Path, group: process_group.ProcessGroup | None = None, **changes: Any
) -> tuple[dict[str, Tensor], pd.DataFrame]:
    """The last checkpoint's weights with those that the network is left with, and the curve."""
    curve = loop.fit(recipe, task(), training(**changes), home, group)
    (last,) = home.iterdir()
    left = {f"left/{name}": value.clone() for name, value in recipe.network.state_dict().items()}
    return load_file(last / "weights.safetensors") | left, curve


def same(ours: dict[str, Tensor], theirs: dict[str, Tensor], **tolerance: float) -> bool:
    """Whether two states are equal to the bit, or nearly."""
    alike = (lambda a, b: torch.allclose(a, b, **tolerance)) if tolerance else torch.equal
    return ours.keys() == theirs.keys() and all(alike(value, theirs[name]) for name, value in ours.items())
