"""Groups within clumps are the groups of a search among all, whatever the clumps were made by."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k.dataset import clumps, near, signs, within

CENTRES = np.random.default_rng(1).integers(0, 2**64, 12, dtype=np.uint64)


def pictures(seed: int, count: int, radius: int, verify: int) -> signs.Signs:
    """Pictures around a few centres, each with a middle, and signatures that tell some of them apart."""
    dice = np.random.default_rng(seed)
    shorts = CENTRES[dice.integers(0, len(CENTRES), (2, count))]
    for _ in range(4):
        flips = np.uint64(1) << dice.integers(0, 64, (2, count), dtype=np.uint64)
        shorts ^= np.where(dice.random((2, count)) < 0.6, flips, np.uint64(0))
    longs = dice.integers(0, 256, (2, count, 1), dtype=np.uint64)
    return signs.Signs(shorts, longs, radius, verify)


@pytest.mark.parametrize("few", [0, 64])
@given(seed=st.integers(0, 10**6), count=st.integers(0, 80), radius=st.integers(0, 6), verify=st.integers(0, 5))
def test_each_has_the_representative_that_a_search_among_all_finds(
    few: int, seed: int, count: int, radius: int, verify: int
) -> None:
    asked, looser = (pictures(seed, count, radius + more, verify + more) for more in (0, 1))
    with patch.object(within, "FEW", few):
        found = within.leaders(asked, clumps.walked(looser), threads=1)
    assert found.tolist() == near.leaders(asked, threads=1).tolist()
