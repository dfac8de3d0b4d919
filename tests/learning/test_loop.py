"""native4k.learning.loop: whatever happens, a run ends as if nothing had."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from native4k.errors import UserError
from native4k.learning import loop, micro_batches, process_group, recipe
from native4k.sr import patches
from native4k.sr.recipes import Batch
from tests.learning.playing import RICH, Enlarger, game, played, regression, same, task, training

GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
STEPS = math.ceil(RICH["images"] / RICH["batch"])


def stopping(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """The next runs end in the middle of the step after so many."""
    true, done = loop.Learner.step, []

    def step(learner: loop.Learner, batches: Any) -> Any:
        found = true(learner, batches)
        done.append(1)
        if len(done) > after:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(loop.Learner, "step", step)


@given(stops=st.lists(st.integers(0, STEPS - 1), min_size=1, max_size=3), every=st.integers(1, 20), half=st.booleans())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_run_that_is_stopped_at_any_step_ends_with_the_same_bits(
    stops: list[int], every: int, half: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    numbers = RICH | {"checkpoint_every": every, "precision": "fp16" if half else "float32"}
    folder = tmp_path_factory.mktemp("runs")
    expected, curve = played(game(), folder / "undisturbed", **numbers)
    for stop in stops:
        with pytest.MonkeyPatch.context() as patched:
            stopping(patched, stop)
            with pytest.raises(KeyboardInterrupt):
                played(game(), folder / "stopped", **numbers)
            if stop == STEPS - 1:
                break
    found, again = played(game(), folder / "stopped", **numbers)
    assert same(found, expected)
    pd.testing.assert_frame_equal(again, curve)


def test_each_part_of_the_loss_has_a_column_where_there_are_several(tmp_path: Path) -> None:
    _, several = played(game(), tmp_path / "game", **RICH)
    _, one = played(regression(), tmp_path / "regression", **RICH)
    assert list(several) == ["images_seen", "loss", "val_psnr", "l1", "fooling", "telling"]
    assert list(one) == ["images_seen", "loss", "val_psnr"]
    assert list(one["images_seen"]) == [0, 15, 25, 35, 42]
    rest = several.iloc[1:]
    assert np.allclose(rest["loss"], rest["l1"] + rest["fooling"], atol=2e-4)


def test_each_player_moves_its_own_weights_alone() -> None:
    played_by = game(single=True)
    network, critic = played_by.modules.values()
    for idle, moved in ((0, critic), (1, network)):
        before = [weight.clone() for weight in moved.parameters()]
        still = [weight.clone() for weight in played_by.players[idle].weights]
        players = tuple(
            player._replace(lr=0.0) if place == idle else player for place, player in enumerate(played_by.players)
        )
        numbers = training(images=2, optimizer={"lr": 0.1, "betas": [0.9, 0.9], "weight_decay": 0.0})
        learner = loop.Learner(played_by._replace(players=players), numbers, process_group.single())
        learner.step(_batches(numbers))
        assert all(map(torch.equal, still, played_by.players[idle].weights))
        assert not all(map(torch.equal, before, moved.parameters()))
    assert all(weight.requires_grad for module in (network, critic) for weight in module.parameters())


def _batches(numbers: Any, step: int = 0) -> list[Any]:
    parts = micro_batches.Steps(task(), numbers, process_group.single())[step]
    return [(part, task().batch(part.content, torch.device("cpu"), torch.contiguous_format)) for part in parts]


def test_a_step_is_that_of_torchs_own_adam(tmp_path: Path) -> None:
    numbers = training(batch=4, images=12, optimizer={"lr": 0.01, "betas": [0.9, 0.99], "weight_decay": 0.0})
    ours, theirs = regression(), regression()
    learner = loop.Learner(ours, numbers, process_group.single())
    optimizer = torch.optim.Adam(theirs.players[0].weights, lr=0.01, betas=(0.9, 0.99))
    for step in range(3):
        batches = _batches(numbers, step)
        learner.step(batches)
        optimizer.zero_grad()
        theirs.players[0].losses(batches[0][1])["l1"].backward()
        optimizer.step()
    assert same(ours.network.state_dict(), theirs.network.state_dict(), rtol=1e-5, atol=1e-6)


def test_the_average_follows_the_weights_and_is_what_is_validated_and_kept(tmp_path: Path) -> None:
    numbers = training(batch=4, images=12, average=0.7, curve_every=12, checkpoint_every=12)
    followed = regression()
    learner = loop.Learner(followed, numbers, process_group.single())
    mean = {name: value.clone() for name, value in followed.network.state_dict().items()}
    for step in range(3):
        learner.step(_batches(numbers, step))
        learner.state.progress.seen += 4
        mean = {name: 0.7 * value + 0.3 * followed.network.state_dict()[name] for name, value in mean.items()}
    fitted = regression()
    curve = loop.fit(fitted, task(), numbers, tmp_path)
    assert same(fitted.network.state_dict(), mean, rtol=1e-5, atol=1e-6)
    assert not same(fitted.network.state_dict(), followed.network.state_dict(), rtol=1e-5, atol=1e-6)
    validation = task().validation(numbers, process_group.single())
    assert curve["val_psnr"].iloc[-1] == round(validation(fitted.network)["val_psnr"], 4)


def test_gradients_are_no_longer_than_asked() -> None:
    lengths = []
    for clip in (1e-3, 1e6, None):
        learner = loop.Learner(regression(), training(clip=clip), process_group.single())
        learner.step(_batches(learner.numbers))
        gradients = [weight.grad for weight in learner.recipe.players[0].weights]
        lengths.append(float(torch.stack([gradient.norm() for gradient in gradients]).norm()))
    assert lengths[0] == pytest.approx(1e-3, rel=1e-3)
    assert lengths[1] == lengths[2] > 1e-2


@pytest.mark.parametrize(
    ("switch", "tolerance"),
    [
        ({"parts": 3}, {"rtol": 1e-4, "atol": 1e-6}),
        ({"channels_last": True}, {"rtol": 1e-4, "atol": 1e-6}),
        ({"checkpointing": True}, {}),
        ({"workers": 2}, {}),
    ],
    ids=str,
)
def test_what_saves_time_or_memory_changes_nothing(switch: dict[str, Any], tolerance: Any, tmp_path: Path) -> None:
    dropout = 0.0 if tolerance else 0.3
    plain, curve = played(regression(dropout), tmp_path / "plain", batch=5, images=12)
    found, again = played(regression(dropout), tmp_path / "switched", batch=5, images=12, **switch)
    assert same(found, plain, **tolerance)
    assert np.allclose(again.iloc[:, 1:], curve.iloc[:, 1:], atol=2e-4, equal_nan=True)


def test_recomputing_keeps_less_for_the_gradients() -> None:
    def kept(checkpointing: bool) -> int:
        sizes: list[int] = []
        learner = loop.Learner(regression(), training(checkpointing=checkpointing), process_group.single())
        with torch.autograd.graph.saved_tensors_hooks(
            lambda value: sizes.append(value.numel()) or value, lambda value: value
        ):
            learner.recipe.players[0].losses(_batches(learner.numbers)[0][1])
        return sum(sizes)

    assert kept(checkpointing=True) < 0.7 * kept(checkpointing=False)


def test_compiled_modules_learn_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled, true = [], nn.Module.compile

    def traced(module: nn.Module) -> None:  # the compiler for this machine would take half a minute
        compiled.append(module)
        true(module, backend="eager")

    monkeypatch.setattr(nn.Module, "compile", traced)
    plain, _ = played(regression(), tmp_path / "plain", images=4)
    found, _ = played(regression(), tmp_path / "compiled", images=4, compile=True)
    assert [type(module) for module in compiled] == [Enlarger]
    assert same(found, plain, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_fewer_bits_learn_nearly_the_same(precision: str, tmp_path: Path) -> None:
    _, full = played(regression(), tmp_path / "full", images=40, batch=4)
    _, half = played(regression(), tmp_path / "half", images=40, batch=4, precision=precision)
    assert not half.equals(full)
    assert np.allclose(half["loss"], full["loss"], rtol=0.02, equal_nan=True)


@GPU
def test_a_gpu_learns_nearly_the_same_in_bf16(tmp_path: Path) -> None:
    _, full = played(
        regression(), tmp_path / "cpu", process_group.ProcessGroup(0, 1, torch.device("cpu")), images=40, batch=4
    )
    moved = regression()
    moved.network.cuda()
    fast = {"precision": "bf16", "channels_last": True, "compile": True, "workers": 1}
    _, half = played(moved, tmp_path / "gpu", process_group.single(), images=40, batch=4, **fast)
    assert np.allclose(half["loss"], full["loss"], rtol=0.02, equal_nan=True)


class Breaking(Enlarger):
    """Makes nothing but NaN once it has been called so often."""

    def __init__(self, calls: int, broken: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.calls, self.broken = calls, broken

    def forward(self, image: Tensor) -> Tensor:
        self.calls -= self.training
        made = super().forward(image)
        return self.broken(made) if self.calls < 0 else made


def breaking(calls: int, broken: Callable[[Tensor], Tensor]) -> recipe.Recipe:
    """Plain regression with such a network."""
    network = Breaking(calls, broken)

    def losses(batch: Batch) -> dict[str, Tensor]:
        return {"l1": (network(batch.small) - batch.large).abs().mean()}

    return recipe.Recipe(
        network, (recipe.Player("network", list(network.parameters()), 1.0, losses),), {"network": network}
    )


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_stops_names_the_images_and_keeps_the_last_checkpoint(
    bad: float, tmp_path: Path
) -> None:
    numbers = training(batch=2, images=20, checkpoint_every=4)
    with pytest.raises(UserError) as caught:
        loop.fit(breaking(5, lambda made: made * bad), task(), numbers, tmp_path)
    chosen, _ = patches.order(10, 2, 7, numbers.seed)
    named = ", ".join(sorted(f"image{place}" for place in chosen))
    expected = (
        rf"the loss is not finite after 10 images \(.*(nan|inf).*\); lower training.optimizer.lr "
        f".* look at the images {named};"
    )
    assert re.match(expected, str(caught.value))
    assert [path.name for path in tmp_path.iterdir()] == ["000000000008"]
    curve = loop.fit(breaking(99, lambda made: made), task(), numbers, tmp_path)
    assert curve["images_seen"].iloc[-1] == 20
    assert np.isfinite(curve["val_psnr"]).all()


def test_too_little_memory_is_one_line_that_says_what_to_lower(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match="^out of memory; lower training.batch, raise training.parts .* sr.patches.side$"
    ):
        loop.fit(breaking(1, lambda made: made + torch.empty(2**50).sum()), task(), training(), tmp_path)


def test_an_error_of_the_code_is_not_taken_for_too_little_memory(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="must match the size"):
        loop.fit(breaking(1, lambda made: made[..., 1:]), task(), training(), tmp_path)


def test_weights_that_are_frozen_are_not_in_the_checkpoint(tmp_path: Path) -> None:
    frozen = regression()
    frozen.network.body[0].requires_grad_(requires_grad=False)
    weights = [weight for weight in frozen.network.parameters() if weight.requires_grad]
    state, _ = played(
        frozen._replace(players=(frozen.players[0]._replace(weights=weights),)), tmp_path / "run", average=0.5
    )
    kept = sorted(name for name in state if not name.startswith("left/"))
    assert kept == [
        "average/body.1.0.bias",
        "average/body.1.0.weight",
        "network/body.1.0.bias",
        "network/body.1.0.weight",
    ]
