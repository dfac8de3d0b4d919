"""The one loop that trains everything: it knows recipes, and counts images seen.

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
from torch import Tensor
from tqdm import tqdm

from native4k.errors import UserError
from native4k.learning import random_rows
from native4k.sr import baselines, memory, patches
from native4k.sr.learning import average, checkpoint, loader, ranks, schedule, switches, validation
from native4k.sr.learning.recipe import Batch, Player, Recipe

COLUMNS = ["images_seen", "loss", "val_psnr"]
"""Of every curve; where the loss has several parts, one for each of them follows."""

DIGITS = 4
WATCH = {"cpu": 1, "cuda": 16}
"""Steps between two looks at the loss, since a GPU has to be waited for."""

Sums = dict[str, Tensor]
"""Parts of the loss over a batch by name, and the sum of the first player's as `loss`."""


def fit(
    recipe: Recipe, task: loader.Task, numbers: baselines.Training, home: Path, group: ranks.Ranks | None = None
) -> pd.DataFrame:
    """Train the recipe in place, from the last checkpoint in `home` if there is one; the curve of the run.

    The network ends with the averaged weights, if they are averaged.
    """
    group = group or ranks.alone()
    if group.device.type == "cpu":
        memory.keep_freed()
    learner = Learner(recipe, numbers, group)
    state, every = learner.state, (numbers.curve_every, numbers.checkpoint_every)
    checkpoint.restore(state, home)
    with _enough_memory(), tqdm(initial=state.progress.seen, **_bar(numbers, group)) as bar:
        check = validation.Check(task, numbers, group)
        if not state.progress.curve:
            _point(learner, check)
        unread: list[tuple[int, Sums]] = []
        for parts in loader.steps(task, numbers, state.progress.seen, group):
            before = state.progress.seen
            batches = [(part, loader.batch(part, task, group.device, learner.layout)) for part in parts]
            unread.append((before, learner.step(batches)))
            seen = state.progress.seen = min(before + numbers.batch, numbers.images)
            shown, kept = (seen == numbers.images or seen // count > before // count for count in every)
            if shown or kept or len(unread) == WATCH[group.device.type]:
                _read(unread, state.progress, task, numbers)
            bar.update(seen - before)
            if shown:
                bar.set_postfix(_point(learner, check), refresh=False)
            if kept and group.rank == 0:
                checkpoint.keep(state, home)
    state.average.settle()
    return curve(state.progress)


class Learner:
    """A recipe with all that moves its weights."""

    def __init__(self, recipe: Recipe, numbers: baselines.Training, group: ranks.Ranks) -> None:
        self.recipe, self.numbers, self.ranks = recipe, numbers, group
        self.layout = switches.prepare(recipe.modules, numbers)
        asked = numbers.optimizer
        optimizers: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(player.weights, betas=asked.betas, weight_decay=asked.weight_decay, fused=True)
            for player in recipe.players
        ]
        scaler = torch.amp.GradScaler(group.device.type, enabled=numbers.precision == "fp16")
        self.looks = [buffer for module in recipe.modules.values() for buffer in average.looks(module)]
        mean = average.Average(recipe.network, numbers.average)
        self.state = checkpoint.State(recipe.modules, mean, optimizers, scaler, checkpoint.Progress())

    def step(self, batches: list[tuple[loader.Part, Batch]]) -> Sums:
        """Each player in turn moves its weights once."""
        found = [self._turn(place, player, batches) for place, player in enumerate(self.recipe.players)]
        self.ranks.alike(self.looks)
        self.state.scaler.update()
        self.state.average.follow()
        whole = torch.stack(list(found[0].values())).sum()
        return {"loss": whole} | {name: value for parts in found for name, value in parts.items()}

    def _turn(self, place: int, player: Player, batches: list[tuple[loader.Part, Batch]]) -> Sums:
        optimizer, scaler, progress = self.state.optimizers[place], self.state.scaler, self.state.progress
        share = schedule.share(self.numbers.schedule, progress.seen, self.numbers.images)
        optimizer.param_groups[0]["lr"] = self.numbers.optimizer.lr * player.lr * share
        optimizer.zero_grad()
        with _only(player, self.recipe.players):
            sums = self._gradients(place, player, batches)
        gradients = [weight.grad for weight in player.weights if weight.grad is not None]
        self.ranks.total([*gradients, *sums.values()])
        if self.numbers.clip is not None:
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(player.weights, self.numbers.clip)
        scaler.step(optimizer)
        return sums

    def _gradients(self, place: int, player: Player, batches: list[tuple[loader.Part, Batch]]) -> Sums:
        """Add up the gradients of all parts; what is by chance in the network follows from the positions."""
        sums: Sums = {}
        for part, batch in batches:
            own = range(part.first, part.first + len(part.large))
            seed = _seed(self.numbers.seed, part.step, place)
            with random_rows.micro_batch(seed, own, part.whole, self.ranks.device):
                with switches.autocast(self.numbers, self.ranks.device):
                    found = {name: value.float() * part.weight for name, value in player.losses(batch).items()}
                self.state.scaler.scale(torch.stack(list(found.values())).sum()).backward()
            for name, value in found.items():
                sums[name] = value.detach() + sums[name] if name in sums else value.detach()
        return sums


def curve(progress: checkpoint.Progress) -> pd.DataFrame:
    """The points so far; a loss of a single part needs no column for that part."""
    table = pd.DataFrame(progress.curve)
    several = len(table.columns) > len(COLUMNS) + 1
    return table if several else table[COLUMNS]


@contextmanager
def _only(player: Player, players: tuple[Player, ...]) -> Iterator[None]:
    """The losses of one player reach its own weights, and not those of the others."""
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


def _read(
    unread: list[tuple[int, Sums]], progress: checkpoint.Progress, task: loader.Task, numbers: baselines.Training
) -> None:
    """Add what steps have lost to the sums; one that is no number ends the run."""
    for seen, losses in unread:
        values = torch.stack(list(losses.values())).tolist()
        if not all(map(math.isfinite, values)):
            count = min(numbers.batch, numbers.images - seen)
            chosen, _ = patches.order(seen, count, len(task.learn.ids), numbers.seed)
            named = ", ".join(sorted({task.learn.ids[place] for place in chosen}))
            said = ", ".join(f"{name} {value}" for name, value in zip(losses, values, strict=True))
            raise UserError(
                f"the loss is no number after {seen} images ({said}); lower training.optimizer.lr or set "
                f"training.clip, or look at the images {named}; the last good checkpoint is kept"
            )
        progress.steps += 1
        for name, value in zip(losses, values, strict=True):
            progress.sums[name] = progress.sums.get(name, 0.0) + value
    unread.clear()


def _point(learner: Learner, check: validation.Check) -> dict[str, float]:
    """One more point of the curve; what of it the bar shows."""
    progress = learner.state.progress
    with learner.state.average.shown():
        quality = check.psnr(learner.recipe.network)
    means = {name: round(value / progress.steps, DIGITS) for name, value in progress.sums.items()}
    shown = {"loss": means.pop("loss", math.nan), "val_psnr": round(quality, DIGITS)}
    progress.curve.append({"images_seen": progress.seen} | shown | means)
    progress.sums, progress.steps = {}, 0
    return shown


def _bar(numbers: baselines.Training, group: ranks.Ranks) -> dict[str, Any]:
    return {"desc": "training", "total": numbers.images, "unit": "image", "disable": group.rank > 0} | patches.STEPS


@contextmanager
def _enough_memory() -> Iterator[None]:
    """Too little memory as one line that says which number to lower."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not memory.scarce(error):
            raise
        raise UserError(
            "out of memory; lower training.batch, raise training.parts (the same batch in smaller pieces), set "
            "training.checkpointing, or lower sr.patches.side"
        ) from None
