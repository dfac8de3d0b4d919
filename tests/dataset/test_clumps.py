"""Clumps: connected components of being near, by walking and by searching; a crowd is one."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native4k.dataset import clumps, near, signs

CENTRES = np.random.default_rng(1).integers(0, 2**64, 40, dtype=np.uint64)
RADIUS = 4


def pictures(seed: int, count: int) -> signs.Signs:
    """Pictures around a few centres, in chains: near to some of their kind only."""
    dice = np.random.default_rng(seed)
    hashes = CENTRES[dice.integers(0, len(CENTRES), count)]
    for _ in range(5):
        hashes ^= np.where(dice.random(count) < 0.7, np.uint64(1) << dice.integers(0, 64, count, dtype=np.uint64), 0)
    return signs.plain(hashes, RADIUS)


def components(relation: signs.Signs, crowd: np.ndarray) -> list[int]:
    """The same by definition: the smallest number spreads over all pairs until it rests."""
    hashes = relation.shorts[0]
    pair = np.bitwise_count(hashes[:, None] ^ hashes) <= RADIUS
    pair |= crowd[:, None] & crowd
    label = np.arange(len(hashes))
    while True:
        spread = np.where(pair, label, len(label)).min(axis=1, initial=len(label))
        if (spread == label).all():
            return label.tolist()
        label = spread


@given(seed=st.integers(0, 10**6), count=st.integers(0, 60))
def test_walked_clumps_are_the_connected_components(seed: int, count: int) -> None:
    relation = pictures(seed, count)
    assert clumps.walked(relation).tolist() == components(relation, np.zeros(count, dtype=bool))


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(1, 300), share=st.sampled_from([0.0, 0.1, 1.0]))
def test_searched_clumps_are_the_connected_components_with_the_crowd_as_one(
    monkeypatch_module: pytest.MonkeyPatch, seed: int, count: int, share: float
) -> None:
    relation, crowd = pictures(seed, count), np.random.default_rng(seed).random(count) < share
    monkeypatch_module.setattr(near, "SMALL", 0)
    assert clumps.linked(relation, crowd, 2).tolist() == components(relation, crowd)


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch
