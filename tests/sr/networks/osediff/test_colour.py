"""native4k.sr.networks.osediff.colour: colours are the reference's, details stay."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from native4k.sr.networks.osediff import colour

SIDES = st.tuples(st.integers(2, 70), st.integers(2, 70))
FIXES = ["adain", "wavelet"]


def pictures(seed: int, size: tuple[int, int], count: int = 2) -> Tensor:
    return torch.rand(count, 2, 3, *size, generator=torch.Generator().manual_seed(seed))


@given(seed=st.integers(0, 99), size=SIDES)
@settings(max_examples=30, deadline=None)
def test_adain_gives_each_channel_the_references_mean_and_spread(seed: int, size: tuple[int, int]) -> None:
    ours, reference = pictures(seed, size)
    made = colour.adain(ours, reference)
    for one, other in zip(torch.std_mean(made, (-2, -1)), torch.std_mean(reference, (-2, -1)), strict=True):
        assert torch.allclose(one, other, atol=1e-3)


@given(seed=st.integers(0, 99), size=SIDES)
@settings(max_examples=30, deadline=None)
def test_the_wavelet_keeps_details_and_takes_the_rest_from_the_reference(seed: int, size: tuple[int, int]) -> None:
    ours, reference = pictures(seed, size)
    made = colour.wavelet(ours, reference)
    assert torch.allclose(made - ours, colour.low_frequencies(reference - ours), atol=1e-5)  # the change is smooth
    assert torch.allclose(made - colour.low_frequencies(reference), ours - colour.low_frequencies(ours), atol=1e-5)


def test_low_frequencies_are_the_references_after_the_wavelet() -> None:
    ours, reference = pictures(0, (256, 256))
    ramp = torch.linspace(0, 1, 256)[:, None].expand(256, 256)
    reference = reference * 0.2 + ramp * 0.6
    made = colour.wavelet(ours, reference)
    blocks = [torch.nn.functional.avg_pool2d(one, 128) for one in (ours, reference, made)]
    assert float((blocks[0] - blocks[1]).abs().max()) > 0.1
    assert float((blocks[2] - blocks[1]).abs().max()) < 0.005


@pytest.mark.parametrize("fix", FIXES)
@given(seed=st.integers(0, 99), size=SIDES, drift=st.floats(-0.5, 0.5))
@settings(max_examples=20, deadline=None)
def test_a_drift_of_all_colours_is_undone(fix: colour.Fix, seed: int, size: tuple[int, int], drift: float) -> None:
    picture = pictures(seed, size)[0]
    assert torch.allclose(colour.match_colours(picture + drift, picture, fix), picture, atol=1e-4)


@pytest.mark.parametrize("fix", FIXES)
def test_pictures_of_a_batch_are_fixed_each_by_its_own_reference(fix: colour.Fix) -> None:
    ours, reference = pictures(1, (20, 30))
    made = colour.match_colours(ours, reference, fix)
    alone = torch.cat([colour.match_colours(ours[i : i + 1], reference[i : i + 1], fix) for i in range(2)])
    assert torch.allclose(made, alone, atol=1e-6)


def test_a_flat_picture_becomes_the_references_mean() -> None:
    reference = pictures(2, (16, 16))[0]
    made = colour.adain(torch.full_like(reference, 0.5), reference)
    assert torch.allclose(made, reference.mean((-2, -1), keepdim=True).expand_as(made), atol=1e-5)


def test_none_leaves_the_picture_as_it_is() -> None:
    ours, reference = pictures(3, (8, 8))
    assert colour.match_colours(ours, reference, "none") is ours
