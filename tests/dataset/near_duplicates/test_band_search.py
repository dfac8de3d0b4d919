"""Bands of bits: they miss nothing, do not overlap, and share out the radius."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k.dataset.near_duplicates import band_search


@given(
    shape=st.tuples(st.integers(1, 13), st.integers(0, 14)),
    flips=st.sets(st.integers(0, 63), max_size=12),
    one=st.integers(0, 2**64 - 1),
)
def test_bands_miss_nothing_within_the_radius(shape: tuple[int, int], flips: set[int], one: int) -> None:
    number, width = shape
    radius = max(len(flips), number - 1)
    if number * width > band_search.BITS:
        width = band_search.BITS // number
    other = one ^ sum(1 << bit for bit in flips)
    shares = band_search.equal_bands(number, width, radius)
    assert any(((one ^ other) >> start & (2**width - 1)).bit_count() <= allowed for start, width, allowed in shares)


@pytest.mark.parametrize("radius", [0, 1, 4, 8, 10, 20, 64])
@pytest.mark.parametrize("count", [0, 1, 10**3, 10**6, 10**8])
def test_the_bands_of_a_plan_do_not_overlap_and_share_out_the_radius(count: int, radius: int) -> None:
    plan = band_search.plan_bands(count, radius)
    taken = [bit for start, width, _ in plan for bit in range(start, start + width)]
    assert len(set(taken)) == len(taken)
    assert max(taken, default=0) < band_search.BITS
    assert len({width for _, width, _ in plan}) == 1
    width = plan[0][1]
    assert all(flips == width for *_, flips in plan) or sum(flips + 1 for *_, flips in plan) == radius + 1


@pytest.mark.parametrize(("width", "flips", "patterns"), [(0, 0, 1), (4, 1, 5), (4, 4, 16), (4, 9, 16), (4, -1, 0)])
def test_patterns_with_so_few_bits_are_counted(width: int, flips: int, patterns: int) -> None:
    assert band_search.patterns_within(width, flips) == patterns
