"""native4k.learning.micro_batches: however a batch is cut, each picture has the same luck."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from native4k.learning import micro_batches
from native4k.sr import networks

CPU = torch.device("cpu")


@given(st.integers(0, 2**32), st.integers(1, 9), st.data())
def test_parts_together_have_what_the_whole_batch_has(seed: int, whole: int, data: st.DataObject) -> None:
    cuts = [0, *sorted(data.draw(st.sets(st.integers(1, whole)))), whole]
    like = torch.zeros(whole, 2, 3)
    with micro_batches.micro_batch(seed, range(whole), whole, CPU):
        expected = [micro_batches.draw_normal(like) for _ in range(2)]
    found = []
    for first, last in pairwise(cuts):
        with micro_batches.micro_batch(seed, range(first, last), whole, CPU):
            found.append([micro_batches.draw_normal(like[first:last]) for _ in range(2)])
    for drawn, one in zip(zip(*found, strict=True), expected, strict=True):
        assert torch.equal(torch.cat(drawn), one)


def test_outside_of_a_part_all_rows_are_ones_own() -> None:
    with micro_batches.micro_batch(0, range(3, 5), 8, CPU):
        pass
    torch.manual_seed(5)
    expected = torch.randn(4, 2)
    torch.manual_seed(5)
    assert torch.equal(micro_batches.draw_normal(torch.zeros(4, 2)), expected)


def test_a_block_is_left_out_as_basicsr_leaves_it_out() -> None:
    theirs, ours = networks.import_basicsr("archs.swinir_arch").DropPath(0.4), micro_batches.DropPath(0.4)
    made = torch.randn(64, 5, 2)
    torch.manual_seed(1)
    expected = theirs(made)
    torch.manual_seed(1)
    assert torch.equal(ours(made), expected)
    assert 0 < (expected == 0).all((1, 2)).sum() < 64
    assert torch.equal(ours.eval()(made), made)


def test_a_compiled_network_is_compiled_once_for_all_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch._dynamo.config, "error_on_recompile", True)
    block = micro_batches.DropPath(0.4)
    with micro_batches.micro_batch(3, range(12), 12, CPU):
        expected = block(torch.ones(12, 5, 2))
    block.compile(backend="eager")
    found = []
    for first in (0, 4, 8):
        with micro_batches.micro_batch(3, range(first, first + 4), 12, CPU):
            found.append(block(torch.ones(4, 5, 2)))
    assert torch.equal(torch.cat(found), expected)
