"""native4k.learning.process_group: several processes learn what one would."""

import multiprocessing
import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import torch

from native4k.learning import loop, process_group
from tests.learning.playing import RICH, game, played, same, task, training

FORK, SPAWN = multiprocessing.get_context("fork"), multiprocessing.get_context("spawn")
NUMBERS = RICH | {"images": 43}
"""The last batch has three images, so that some of four processes have none."""


State = dict[str, torch.Tensor]
Together = Callable[[int, "Asked"], list[tuple[pd.DataFrame, State]]]


class Asked(NamedTuple):
    """How a run goes: where, of which game, and after how many steps it ends suddenly, if it does."""

    home: Path
    single: bool = False
    last: int | None = None
    ends: int | None = None
    """The process that ends suddenly; none is all."""


def _one(rank: int, size: int, port: int, asked: Asked, answers: Any) -> None:
    torch.set_num_threads(1)
    names = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in names.items()})
    if asked.last is not None and asked.ends in {None, rank}:
        _end_after(asked.last)
    with process_group.join() as group:
        recipe = game(single=asked.single)
        curve = loop.fit(recipe, task(), training(**NUMBERS), asked.home, group)
    state = {
        f"{name}/{key}": value.numpy()
        for name, module in recipe.modules.items()
        for key, value in module.state_dict().items()
    }
    answers.put((rank, curve, state))


def _end_after(steps: int) -> None:
    true, done = loop.Learner.step, []

    def step(learner: loop.Learner, batches: Any) -> Any:
        done.append(1)
        if len(done) > steps:
            os._exit(9)
        return true(learner, batches)

    loop.Learner.step = step  # type: ignore[method-assign]


@pytest.fixture(scope="module", name="together")
def in_a_process_that_has_not_trained() -> Iterator[Together]:
    """What each of so many processes ends with. Their parent is fresh: a fork of one that has trained cannot train."""
    with ProcessPoolExecutor(1, SPAWN) as fresh:
        yield lambda size, asked: [
            (curve, {name: torch.from_numpy(value) for name, value in state.items()})
            for _, curve, state in fresh.submit(_together, size, asked).result()
        ]


def _together(size: int, asked: Asked) -> list[tuple[int, pd.DataFrame, dict[str, np.ndarray]]]:
    """Rank, curve and state of each process; nothing if they end suddenly, or because another has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answers = FORK.SimpleQueue()
    processes = [FORK.Process(target=_one, args=(rank, size, port, asked, answers)) for rank in range(size)]
    for process in processes:
        process.start()
    found = [] if asked.last is not None else sorted(_answers(processes, answers), key=lambda answer: answer[0])
    for process in processes:
        process.join()
    expected = [9 if asked.ends in {None, rank} else 1 for rank in range(size)]
    assert [process.exitcode for process in processes] == ([0] * size if asked.last is None else expected)
    return found


def _answers(processes: list[Any], answers: Any) -> list[tuple[int, pd.DataFrame, Any]]:
    """Of all processes, or of those before one that fails."""
    found: list[tuple[int, pd.DataFrame, Any]] = []
    while len(found) < len(processes) and not any(process.exitcode for process in processes):
        if answers.empty():
            time.sleep(0.01)
        else:
            found.append(answers.get())
    return found


def test_a_process_alone_needs_nobody() -> None:
    with process_group.join() as group:
        assert group == process_group.single()
        tensor = torch.ones(3)
        group.all_reduce([tensor])
    assert torch.equal(tensor, torch.ones(3))


@pytest.mark.parametrize("size", [2, 4])
def test_several_processes_learn_what_one_does(size: int, together: Together, tmp_path: Path) -> None:
    expected, curve = played(game(single=True), tmp_path / "one", **NUMBERS)
    curves = [found for found, _ in together(size, Asked(tmp_path / "several", single=True))]
    for found in curves:
        pd.testing.assert_frame_equal(found, curves[0])
    assert np.allclose(curves[0], curve, atol=1.1e-4, equal_nan=True)  # the fourth decimal may be rounded otherwise
    kept, _ = played(game(single=True), tmp_path / "several", **NUMBERS)
    assert same(kept, expected, rtol=1e-5, atol=1e-6)


def test_a_run_goes_on_with_another_number_of_processes(together: Together, tmp_path: Path) -> None:
    _, curve = played(game(single=True), tmp_path / "one", **NUMBERS)
    for size, last, reached in ((2, 3, "000000000015"), (3, 2, "000000000025")):
        together(size, Asked(tmp_path / "several", single=True, last=last))
        assert [path.name for path in (tmp_path / "several").iterdir()] == [reached]
    _, found = played(game(single=True), tmp_path / "several", **NUMBERS)
    assert np.allclose(found, curve, atol=1.1e-4, equal_nan=True)


def test_processes_that_are_stopped_and_started_again_end_with_the_same_bits(
    together: Together, tmp_path: Path
) -> None:
    expected = together(2, Asked(tmp_path / "undisturbed"))
    together(2, Asked(tmp_path / "stopped", last=4))
    found = together(2, Asked(tmp_path / "stopped"))
    for curve, state in found:
        pd.testing.assert_frame_equal(curve, expected[0][0])
        assert same(state, expected[0][1])


@pytest.mark.timeout(60)
def test_the_end_of_one_process_is_not_waited_out_by_the_others(together: Together, tmp_path: Path) -> None:
    together(2, Asked(tmp_path, last=2, ends=1))  # the other one fails
    assert [path.name for path in tmp_path.iterdir()] == ["000000000010"]
