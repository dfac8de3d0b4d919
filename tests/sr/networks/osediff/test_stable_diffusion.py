"""native4k.sr.networks.osediff.stable_diffusion: tiles are blended so that nothing of them is seen."""

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from native4k.sr.networks.osediff import stable_diffusion


@given(length=st.integers(1, 300), side=st.integers(1, 96), data=st.data())
def test_tiles_cover_a_side_with_the_overlap_or_more(length: int, side: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, side - 1))
    side = min(side, length)
    overlap = min(overlap, side - 1)
    found = stable_diffusion.starts(length, side, overlap)
    assert found[0] == 0
    assert found[-1] == length - side
    assert all(0 < after - before <= side - overlap for before, after in itertools.pairwise(found))


def test_weights_are_gaussian_and_the_same_from_both_ends() -> None:
    weight = stable_diffusion.gaussian(96)
    assert torch.equal(weight, weight.flip(0))
    assert int(weight.argmax()) in {47, 48}
    assert float(weight[48 + 9] / weight[47]) == pytest.approx(torch.tensor(-(9.5**2 - 0.5**2) / 2 / 9.6**2).exp())


@pytest.mark.parametrize("size", [(96, 96), (40, 96), (96, 7)])
def test_latents_no_larger_than_a_tile_go_through_in_one_piece(size: tuple[int, int]) -> None:
    whole, seen = torch.randn(2, 4, *size), []
    stable_diffusion.predict_tiles(lambda tile: seen.append(tile.shape) or tile, whole, 96, 32)
    assert seen == [whole.shape]


@pytest.mark.parametrize("size", [(97, 20), (150, 200), (96, 193)])
def test_what_each_place_alone_decides_is_the_same_in_tiles(size: tuple[int, int]) -> None:
    whole = torch.randn(1, 4, *size)
    assert torch.allclose(stable_diffusion.predict_tiles(torch.sin, whole, 96, 32), whole.sin(), atol=1e-6)


def test_a_network_that_sees_ten_pixels_around_differs_by_less_than_a_thousandth() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(*(nn.Conv2d(4, 4, 3, padding=1) for _ in range(10)))  # borders differ: zeros in tiles
    whole = torch.randn(1, 4, 160, 200)
    with torch.no_grad():
        one, many = network(whole), stable_diffusion.predict_tiles(network, whole, 96, 32)
        hard = stable_diffusion.predict_tiles(
            network, whole, 96, 0
        )  # the same without overlap shows what the blending is good for
    assert float((one - many).abs().max() / one.std()) < 1e-3
    assert float((one - hard).abs().max() / one.std()) > 0.1
