"""native4k.sr.recipes on another device than the CPU: torch's "meta" holds no numbers, but does not meet the CPU's."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from native4k.learning import loop, micro_batches, process_group
from native4k.sr import networks, recipes
from native4k.sr.networks import edsr, rrdb, swinir
from native4k.sr.task import Content, Task
from tests.learning.playing import training
from tests.measure import models
from tests.sr import diffusion
from tests.sr.networks import test_hitsr, test_spandrel
from tests.sr.recipes import test_osediff

META = process_group.ProcessGroup(0, 1, torch.device("meta"))
WINDOWS: dict[str, Any] = {"embed_dim": 8, "depths": (2, 2), "num_heads": (2, 2), "window_size": 4, "mlp_ratio": 2.0}
SHAPES: dict[str, networks.Network] = {
    "swinir": swinir.Params(kind="swinir", upsampler="pixelshuffle", residual=True, drop_path=0.3, **WINDOWS),
    "edsr": edsr.Params(kind="edsr", num_feat=4, num_block=1, res_scale=1.0),
    "rrdb": rrdb.Params(kind="rrdb", num_feat=4, num_block=1, num_grow_ch=2),
    "hitsr": test_hitsr.shape(drop_path=0.3),
    "HAT": test_spandrel.shape("HAT"),
}
GAME = {"adversarial": {"kind": "vanilla", "weight": 0.1}, "discriminator": {"num_feat": 4, "lr": 1.0}}


@pytest.fixture(autouse=True)
def _without_what_meta_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    adam = torch.optim.AdamW

    def unfused(*args: Any, **rest: Any) -> torch.optim.AdamW:
        return adam(*args, **rest | {"fused": False})

    monkeypatch.setattr(torch.optim, "AdamW", unfused)
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: contextlib.nullcontext())


def step(network: nn.Module, recipe: dict[str, Any]) -> None:
    """One step of two parts, and a picture made after it; torch refuses numbers of two devices."""
    numbers = training(recipe=recipe, batch=4, parts=2, average=0.9, clip=0.5, images=8)
    learner = loop.Learner(recipes.build(numbers.recipe, network.train(), META.device), numbers, META)
    pixels = torch.zeros(2, 32, 32, 3, dtype=torch.uint8)
    parts = [micro_batches.MicroBatch(0, 4, first, 2, 0.5, Content(pixels, None, ["", ""])) for first in (0, 2)]
    task = Task(None, None, 4, None, {})  # type: ignore[arg-type]  # nothing is read
    sums = learner.step([(part, task.batch(part.content, META.device, learner.layout)) for part in parts])
    with learner.state.ema.applied(), torch.no_grad():
        made = learner.recipe.network.eval()(torch.zeros(1, 3, 13, 21, device=META.device))
    assert {value.device for value in [*sums.values(), made]} == {META.device}
    assert made.shape == (1, 3, 52, 84)


@pytest.mark.parametrize("kind", ["regression", "gan"])
@pytest.mark.parametrize("shape", SHAPES)
def test_all_that_a_step_needs_is_on_its_device(shape: str, kind: str, vgg: Path) -> None:
    recipe: dict[str, Any] = {"kind": kind, "pixel": {"kind": "charbonnier", "weight": 1.0}}
    recipe["perceptual"] = {"weight": 1.0, "layers": {"conv1_2": 1.0, "conv2_2": 1.0}, "file": str(vgg)}
    recipe["sharpened"] = {"reach": 5, "sigma": 2.0, "weight": 0.5, "threshold": 10}
    step(networks.build(SHAPES[shape], 4), recipe | (GAME if kind == "gan" else {}))


def test_all_that_osediff_needs_is_on_its_device(tmp_path: Path) -> None:
    step(diffusion.network(models.quietly(diffusion.stable, tmp_path)), test_osediff.NUMBERS)


def test_numbers_of_two_devices_do_not_meet() -> None:
    class Forgotten(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.mean = nn.Conv2d(3, 48, 3, padding=1), torch.ones(3, 1, 1)

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return nn.functional.pixel_shuffle(self.body(image - self.mean), 4)

    recipe = {"kind": "regression", "pixel": {"kind": "l1", "weight": 1.0}, "perceptual": None}
    with pytest.raises(RuntimeError, match="device"):
        step(Forgotten(), recipe)
