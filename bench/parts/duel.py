"""Our training loop and basicsr's: in turn, on the same batches from the same weights; or each alone, for its pace."""

import dataclasses
import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from native4k import resample
from native4k.learning import loop, micro_batches, process_group
from native4k.sr import baselines, networks, patches, recipes
from native4k.sr.networks import swinir
from native4k.sr.recipes import Batch
from native4k.sr.task import Task
from parts import paper

NETWORK = "swinir_lightweight_x4"


class Taken(NamedTuple):
    """Seconds and losses of every step, first to last."""

    ours: list[float]
    theirs: list[float]
    our_losses: list[float]
    their_losses: list[float]

    def medians(self, first: int) -> tuple[float, float]:
        """Of ours and theirs, without the first steps."""
        return statistics.median(self.ours[first:]), statistics.median(self.theirs[first:])

    def apart(self) -> float:
        """The largest relative difference of the losses of a step."""
        pairs = zip(self.our_losses, self.their_losses, strict=True)
        return max(abs(ours - theirs) / theirs for ours, theirs in pairs)


class Basicsr:
    """basicsr's SwinIRModel as its train.py drives it; it is handed its batches, so reading costs it nothing."""

    def __init__(self, network: swinir.SwinIR, baseline: baselines.Params, side: int, device: torch.device) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # third parties' imports
            model = networks.import_basicsr("models.swinir_model").SwinIRModel(options(baseline, side, device))
        learned = dict(network.body.named_parameters())
        for name, weight in model.net_g.named_parameters():
            weight.data.copy_(learned[name].detach())
        model.model_ema(0)
        self.model, self.done = model, 0

    def step(self, small: Tensor, large: Tensor) -> float:
        """One iteration of its loop; the loss."""
        self.done += 1
        self.model.update_learning_rate(self.done, warmup_iter=-1)
        self.model.feed_data({"lq": small, "gt": large})
        self.model.optimize_parameters(self.done)
        return float(self.model.get_current_log()["l_pix"])


def published(batch: int, **switches: Any) -> baselines.Params:
    """SwinIR-light x4 as in the paper, on as many patches, with other switches of training."""
    baseline = baselines.load(paper.numbers(), NETWORK)
    assert baseline.training is not None
    numbers: dict[str, Any] = {"batch": batch, "threads": 1, "workers": 0, "val_patches": 1} | switches
    return dataclasses.replace(baseline, training=dataclasses.replace(baseline.training, **numbers))


def options(baseline: baselines.Params, side: int, device: torch.device) -> dict[str, Any]:
    """The same network and numbers in basicsr's own words."""
    shape, training = baseline.network, baseline.training
    assert isinstance(shape, swinir.Params)
    assert training is not None
    network = dataclasses.asdict(shape)
    for name in ("kind", "residual"):
        del network[name]
    network |= {"type": "SwinIR", "img_size": side // baseline.scale, "upscale": baseline.scale}
    network["drop_path_rate"] = network.pop("drop_path")
    adam = {"type": "Adam", "lr": training.optimizer.lr, "betas": training.optimizer.betas, "weight_decay": 0}
    return {
        "num_gpu": int(device.type == "cuda"),
        "is_train": True,
        "dist": False,
        "rank": 0,
        "scale": baseline.scale,
        "path": {},
        "network_g": network,
        "train": {
            "ema_decay": training.average,
            "optim_g": adam,
            "scheduler": {"type": "MultiStepLR", "milestones": [10**9], "gamma": 0.5},
            "pixel_opt": {"type": "L1Loss", "loss_weight": 1.0, "reduction": "mean"},
        },
    }


def duel(baseline: baselines.Params, side: int, steps: int, scratch: Path, device: torch.device) -> Taken:
    """Train both for so many steps; ours is `loop.fit` as it is, from reading the store to averaging the weights.

    Whenever ours has a batch in its hands, its clock is stopped and basicsr makes the same step with the same chance.
    """
    network, training = begun(baseline)
    theirs = Basicsr(network, baseline, side, device)
    recipe = recipes.build(training.recipe, network.train(), device)
    taken = Taken([], [], [], [])
    started: list[float] = []

    def losses(batch: Batch) -> dict[str, Tensor]:
        if started:
            taken.ours.append(_now(device) - started.pop())
        chance = _chance(device)
        start = _now(device)
        lost = theirs.step(batch.small, batch.large)
        taken.theirs.append(_now(device) - start)
        taken.their_losses.append(lost)
        _repeat(chance, device)
        started.append(_now(device))
        found = player.losses(batch)
        taken.our_losses.append(sum(float(value.detach()) for value in found.values()))
        return found

    (player,) = recipe.players
    numbers = brief(training, steps)
    loop.fit(recipe._replace(players=(player._replace(losses=losses),)), task(baseline, side), numbers, scratch)
    return taken


def pace(whose: str, batch: int, side: int, steps: int) -> list[float]:
    """Seconds of the steps of one of the two on a CPU, from batch to batch, without the first three.

    Each is to have a process of its own: in one, the heap as one leaves it costs the other page faults.
    """
    baseline, device = published(batch), torch.device("cpu")
    network, training = begun(baseline)
    numbers, given, marks = brief(training, steps), task(baseline, side), list[float]()
    if whose == "ours":
        recipe = recipes.build(training.recipe, network.train(), device)
        (player,) = recipe.players

        def losses(batch: Batch) -> dict[str, Tensor]:
            marks.append(_now(device))
            return player.losses(batch)

        with tempfile.TemporaryDirectory() as scratch:
            loop.fit(recipe._replace(players=(player._replace(losses=losses),)), given, numbers, Path(scratch))
    else:
        theirs = Basicsr(network, baseline, side, device)
        parts = [
            part for step in micro_batches.remaining_steps(given, numbers, 0, process_group.single()) for part in step
        ]
        for made in [given.batch(part.content, device, torch.contiguous_format) for part in parts]:
            marks.append(_now(device))
            theirs.step(made.small, made.large)
    return np.diff(marks)[3:].tolist()


def begun(baseline: baselines.Params) -> tuple[swinir.SwinIR, baselines.Training]:
    """The network as it is before training, which is about to begin."""
    training = baseline.training
    assert training is not None
    torch.set_num_threads(training.threads)
    torch.manual_seed(training.seed)
    network = baselines.build(baseline, "bench")
    assert isinstance(network, swinir.SwinIR)
    return network, training


def brief(training: baselines.Training, steps: int) -> baselines.Training:
    """So many steps, with nothing looked at or kept on the way."""
    return dataclasses.replace(training, images=steps * training.batch, curve_every=10**9, checkpoint_every=10**9)


def task(baseline: baselines.Params, side: int) -> Task:
    """Patches of noise that is smooth at some scales: enough of them for a batch twice."""
    training = baseline.training
    assert training is not None
    random = np.random.default_rng(0)
    coarse = torch.from_numpy(random.random((2 * training.batch, 3, side // 4, side // 4), np.float32))
    large = resample.quantise(resample.imresize(coarse, 4)).mul(255).byte().permute(0, 2, 3, 1).contiguous().numpy()
    store = patches.Store(large, [str(number) for number in range(len(large))])
    return Task(store, patches.Store(store.pixels[:1], store.ids[:1]), baseline.scale, None, {})


def _now(device: torch.device) -> float:
    """Seconds; on a CPU of the processor, since one thread does it all and others may be at work beside it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        return time.perf_counter()
    return time.process_time()


def _chance(device: torch.device) -> tuple[Tensor, Tensor | None]:
    return torch.get_rng_state(), torch.cuda.get_rng_state(device) if device.type == "cuda" else None


def _repeat(chance: tuple[Tensor, Tensor | None], device: torch.device) -> None:
    torch.set_rng_state(chance[0])
    if chance[1] is not None:
        torch.cuda.set_rng_state(chance[1], device)
