"""bench/parts: what the benchmarks of super-resolution count and say, in small and without a GPU."""

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from native4k.sr import tiles

CPU = torch.device("cpu")


@pytest.fixture
def parts() -> Iterator[Any]:
    sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
    from parts import accelerated, duel, roofline

    yield {"accelerated": accelerated, "duel": duel, "roofline": roofline}
    sys.path.pop(0)


def _tiny(duel: Any) -> Any:
    baseline = duel.published(2)
    shape = dataclasses.replace(baseline.network, embed_dim=12, depths=(2,), num_heads=(2,))
    return dataclasses.replace(baseline, network=shape)


def test_operations_are_counted_as_worked_out_by_hand(parts: Any) -> None:
    one, other = torch.ones(8, 16), torch.ones(16, 4)
    assert parts["roofline"].counted(lambda: one @ other) == 2 * 8 * 16 * 4
    layer = nn.Conv2d(3, 5, 3, padding=1)
    assert parts["roofline"].counted(lambda: layer(torch.ones(1, 3, 10, 20))) == 2 * 3 * 5 * 9 * 10 * 20


def test_products_and_what_only_moves_memory_are_told_apart(parts: Any) -> None:
    one = torch.rand(400, 400)
    products = parts["roofline"].spent(lambda: [one @ one for _ in range(20)], CPU)
    moves = parts["roofline"].spent(lambda: [one + one for _ in range(200)], CPU)
    assert products.products > 0.5 > products.others
    assert moves.others > moves.products
    assert sum(products) == pytest.approx(1)
    assert products.limit() == "multiplying matrices"
    assert parts["roofline"].peak(CPU, torch.float32, 64) > 0


def test_both_loops_learn_the_same_from_the_same_batches(parts: Any, tmp_path: Path) -> None:
    taken = parts["duel"].duel(_tiny(parts["duel"]), 32, 4, tmp_path, CPU)
    assert (len(taken.our_losses), len(taken.their_losses)) == (4, 4)
    assert taken.apart() < 1e-3  # Adam's first steps go by the sign of gradients, however small
    assert len(set(taken.our_losses)) == 4
    assert min(taken.medians(1)) > 0


def test_what_limits_training_and_upscaling_is_said(parts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    ours = parts["accelerated"]
    said = ours.learning(_tiny(parts["duel"]), 32, CPU, 1e12, 0.5)
    assert said.startswith("training: 4.00 patches/s, memory not watched, 0.0% of the peak (products ")
    network, numbers = (
        nn.Upsample(scale_factor=2),
        tiles.Params(tile=8, overlap=2, threads=1, largest=16, memory_share=0.5),
    )
    said = ours.enlarging(network, np.zeros((20, 30, 3), np.uint8), 2, numbers, CPU, 1e12)
    assert "of the peak (products 0%" in said
    assert "tiles of 16" in capsys.readouterr().out
