"""The one loop that trains everything: it knows tasks and recipes, and counts images seen.

Killed at any moment, the same call goes on from its last checkpoint, and on a CPU it ends with the same bits: what a
step does follows from the checkpoint and from the positions of its images alone.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from native4k.errors import UserError
from native4k.learning import acceleration, checkpoint, micro_batches, process_group, training
from native4k.learning.checkpoint import EMA
from native4k.learning.process_group import ProcessGroup
from native4k.learning.recipe import Player, Recipe, Task, Validation
from native4k.learning.training import Training
from native4k.progress import Bar

DIGITS = 4
NO_MEMORY = (
    "out of memory; lower training.batch, raise training.parts (the same batch in smaller pieces), set "
    "training.checkpointing, or {}"
)
READ_EVERY = {"cpu": 1, "cuda": 16}
"""Steps between two readings of the loss, which wait for a GPU."""

Given = list[tuple[micro_batches.MicroBatch, Any]]
"""The micro-batches of a step, each with what the task has brought to the device."""

Sums = dict[str, Tensor]
"""Parts of the loss over a batch by name, and the sum of the first player's as `loss`."""


def fit(
    recipe: Recipe, task: Task, numbers: Training, home: Path | None, group: ProcessGroup | None = None
) -> pd.DataFrame:
    """Train the recipe in place, from the last checkpoint in `home` if there is one, and return the run's curve.

    The network ends with the averaged weights, if they are averaged. Without `home` there are no checkpoints. The curve
    has the columns images_seen, loss, those of the validation and, of a loss of several parts, one for each.
    """
    group = group or process_group.single()
    if group.device.type == "cpu":
        acceleration.keep_freed()
    learner = Learner(recipe, numbers, group)
    state, every = learner.state, (numbers.curve_every, numbers.checkpoint_every)
    if home is not None:
        checkpoint.restore(state, home)
    with (
        acceleration.out_of_memory_says(NO_MEMORY.format(task.memory_hint)),
        _bar(state.progress, numbers, group) as bar,
    ):
        validation = task.validation(numbers, group)
        if validation is not None and not state.progress.curve:
            _add_point(learner, validation)
        unread: list[tuple[int, Sums]] = []
        for step in micro_batches.remaining_steps(task, numbers, state.progress.seen, group):
            before = state.progress.seen
            given = [(part, task.batch(part.content, group.device, learner.layout)) for part in step]
            unread.append((before, learner.step(given)))
            seen = state.progress.seen = min(before + numbers.batch, numbers.images)
            shown, kept = (seen == numbers.images or seen // count > before // count for count in every)
            if shown or kept or len(unread) == READ_EVERY[group.device.type]:
                _read(unread, state.progress, task, numbers)
            bar.update(seen - before)
            if shown:
                bar.set_postfix(_add_point(learner, validation), refresh=False)
            if kept and home is not None and group.rank == 0:
                checkpoint.save(state, home)
    state.ema.apply()
    return pd.DataFrame(state.progress.curve)


class Learner:
    """A recipe with all that moves its weights."""

    def __init__(self, recipe: Recipe, numbers: Training, group: ProcessGroup) -> None:
        self.recipe, self.numbers, self.group = recipe, numbers, group
        self.layout = acceleration.prepare(recipe.modules, numbers)
        asked = numbers.optimizer
        optimizers: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(player.weights, betas=asked.betas, weight_decay=asked.weight_decay, fused=True)
            for player in recipe.players
        ]
        scaler = torch.amp.GradScaler(group.device.type, enabled=numbers.precision == "fp16")
        self.buffers = [buffer for module in recipe.modules.values() for buffer in _buffers(module)]
        ema = EMA(recipe.network, numbers.average)
        self.state = checkpoint.State(recipe.modules, ema, optimizers, scaler, checkpoint.Progress())

    def step(self, given: Given) -> Sums:
        """Let each player in turn move its weights once."""
        found = [self._turn(place, player, given) for place, player in enumerate(self.recipe.players)]
        self.group.broadcast(self.buffers)
        self.state.scaler.update()
        self.state.ema.update()
        whole = torch.stack(list(found[0].values())).sum()
        return {"loss": whole} | {name: value for sums in found for name, value in sums.items()}

    def _turn(self, place: int, player: Player, given: Given) -> Sums:
        optimizer, scaler, progress = self.state.optimizers[place], self.state.scaler, self.state.progress
        share = training.learning_rate_share(self.numbers.schedule, progress.seen, self.numbers.images)
        optimizer.param_groups[0]["lr"] = self.numbers.optimizer.lr * player.lr * share
        optimizer.zero_grad()
        with _only_gradients_of(player, self.recipe.players):
            sums = self._gradients(place, player, given)
        gradients = [weight.grad for weight in player.weights if weight.grad is not None]
        self.group.all_reduce([*gradients, *sums.values()])
        if self.numbers.clip is not None:
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(player.weights, self.numbers.clip)
        scaler.step(optimizer)
        return sums

    def _gradients(self, place: int, player: Player, given: Given) -> Sums:
        """Add up the gradients of all micro-batches; random numbers in the network follow from the positions."""
        sums: Sums = {}
        for part, batch in given:
            own = range(part.first, part.first + part.rows)
            seed = _seed(self.numbers.seed, part.step, place)
            with micro_batches.micro_batch(seed, own, part.whole, self.group.device):
                with acceleration.autocast(self.numbers, self.group.device):
                    found = {name: value.float() * part.weight for name, value in player.losses(batch).items()}
                self.state.scaler.scale(torch.stack(list(found.values())).sum()).backward()
            for name, value in found.items():
                sums[name] = value.detach() + sums[name] if name in sums else value.detach()
        return sums


@contextmanager
def _only_gradients_of(player: Player, players: tuple[Player, ...]) -> Iterator[None]:
    """Let the losses of one player reach its own weights, and not those of the others."""
    others = [weight for other in players if other is not player for weight in other.weights]
    for weight in others:
        weight.requires_grad = False
    try:
        yield
    finally:
        for weight in others:
            weight.requires_grad = True


def _seed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


def _buffers(module: nn.Module) -> list[Tensor]:
    """List the buffers that may change while the network runs, such as running means."""
    weights = {name for name, _ in module.named_parameters(remove_duplicate=False)}
    return [value for name, value in module.state_dict().items() if name not in weights]


def _read(unread: list[tuple[int, Sums]], progress: checkpoint.Progress, task: Task, numbers: Training) -> None:
    """Add the losses of some steps to the sums; a loss that is not finite ends the run."""
    for seen, losses in unread:
        values = torch.stack(list(losses.values())).tolist()
        if not all(map(math.isfinite, values)):
            names = ", ".join(sorted(task.names(numbers, range(seen, min(seen + numbers.batch, numbers.images)))))
            parts = ", ".join(f"{name} {value}" for name, value in zip(losses, values, strict=True))
            raise UserError(
                f"the loss is not finite after {seen} images ({parts}); lower training.optimizer.lr or set "
                f"training.clip, or look at the images {names}; the last good checkpoint is kept"
            )
        progress.steps += 1
        for name, value in zip(losses, values, strict=True):
            progress.sums[name] = progress.sums.get(name, 0.0) + value
    unread.clear()


def _add_point(learner: Learner, validation: Validation | None) -> dict[str, float]:
    """Add a point to the curve, and return what the progress bar shows of it."""
    progress = learner.state.progress
    quality: dict[str, float] = {}
    if validation is not None:
        with learner.state.ema.applied():
            quality = validation(learner.recipe.network)
    means = {name: value / progress.steps for name, value in progress.sums.items()}
    shown = _rounded({"loss": means.pop("loss", math.nan)} | quality)
    parts = _rounded(means) if len(means) > 1 else {}
    progress.curve.append({"images_seen": progress.seen} | parts | shown)  # DVC plots the last column
    progress.sums, progress.steps = {}, 0
    return shown


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, DIGITS) for name, value in values.items()}


def _bar(progress: checkpoint.Progress, numbers: Training, group: ProcessGroup) -> Any:
    options: dict[str, Any] = {"mininterval": 5.0, "dynamic_ncols": True}  # also in a log file
    options |= {"initial": progress.seen, "total": numbers.images, "disable": group.rank > 0}
    return Bar(desc="training", unit="image", **options)
