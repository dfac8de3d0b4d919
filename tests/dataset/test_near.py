"""The near search, held against the rule as brute force says it, on hashes as skewed as real ones."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k.dataset import near

WORDS = st.integers(0, 2**64 - 1)
CLUSTERS = st.lists(
    st.tuples(
        WORDS,  # a picture
        st.lists(st.sets(st.integers(0, 63), max_size=12), min_size=1, max_size=40),  # what its copies flip
    ),
    max_size=5,
)
FIGURES = {  # radius -> false pairs among 1 M, 10 M and 100 M uniform hashes, as published in FACTS
    3: (0, 0, 12),
    4: (0, 2, 184),
    6: (2, 226, 23_000),
    8: (139, 14_000, 1_400_000),
    10: (5_000, 500_000, 50_000_000),
}


def by_rule(hashes: np.ndarray, radius: int) -> list[int]:
    """Each row's representative: the first earlier one within the radius, or itself."""
    representatives: list[int] = []
    joined = []
    for row, one in enumerate(hashes.tolist()):
        near_ones = (other for other in representatives if (one ^ int(hashes[other])).bit_count() <= radius)
        joined.append(next(near_ones, row))
        if joined[-1] == row:
            representatives.append(row)
    return joined


def clustered(count: int, share: float, flips: int, seed: int = 1) -> np.ndarray:
    """Hashes of which a share lie in one cluster, so many bits or fewer from its middle; in no order."""
    dice = np.random.default_rng(seed)
    hashes = dice.integers(0, 2**64, count, dtype=np.uint64)
    members = int(count * share)
    hashes[:members] = hashes[0]
    for _ in range(flips):
        hashes[:members] ^= np.uint64(1) << dice.integers(0, 64, members, dtype=np.uint64)
    dice.shuffle(hashes)
    return hashes


@given(clusters=CLUSTERS, others=st.lists(WORDS, max_size=30), radius=st.integers(0, 64), data=st.data())
def test_both_searches_find_the_groups_of_the_rule(
    clusters: list[tuple[int, list[set[int]]]], others: list[int], radius: int, data: st.DataObject
) -> None:
    copies = [middle ^ sum(1 << bit for bit in bits) for middle, flipped in clusters for bits in flipped]
    hashes = np.array(data.draw(st.permutations(copies + others)), dtype=np.uint64)
    expected = by_rule(hashes, radius)
    assert near.leaders(hashes, radius, threads=1).tolist() == expected
    with patch.object(near, "SMALLEST", 4):
        assert near.probe(hashes, radius, threads=2).tolist() == expected


@given(
    shape=st.tuples(st.integers(1, 13), st.integers(0, 14)), flips=st.sets(st.integers(0, 63), max_size=12), one=WORDS
)
def test_bands_miss_nothing_within_the_radius(shape: tuple[int, int], flips: set[int], one: int) -> None:
    number, width = shape
    radius = max(len(flips), number - 1)
    if number * width > near.BITS:
        width = near.BITS // number
    other = one ^ sum(1 << bit for bit in flips)
    shares = near.shares(number, width, radius)
    assert any(((one ^ other) >> start & (2**width - 1)).bit_count() <= allowed for start, width, allowed in shares)


@pytest.mark.parametrize("radius", [0, 1, 4, 8, 10, 20, 64])
@pytest.mark.parametrize("count", [0, 1, 10**3, 10**6, 10**8])
def test_the_bands_of_a_plan_do_not_overlap_and_share_out_the_radius(count: int, radius: int) -> None:
    plan = near.plan(count, radius)
    taken = [bit for start, width, _ in plan for bit in range(start, start + width)]
    assert len(set(taken)) == len(taken)
    assert max(taken, default=0) < near.BITS
    assert len({width for _, width, _ in plan}) == 1
    width = plan[0][1]
    assert all(flips == width for *_, flips in plan) or sum(flips + 1 for *_, flips in plan) == radius + 1


@pytest.mark.parametrize("radius", [0, 3, 4, 10])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_more_than_a_block_with_a_cluster_in_it_gives_the_groups_of_the_rule(radius: int, threads: int) -> None:
    hashes = np.unique(clustered(3 * near.SMALLEST, share=0.3, flips=8))
    np.random.default_rng(2).shuffle(hashes)
    expected = near.walk(hashes, radius)
    assert (expected != np.arange(len(hashes))).any() == (radius > 0)
    assert (near.probe(hashes, radius, threads) == expected).all()


def test_a_large_collection_is_searched_by_bands_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = clustered(5000, share=0.5, flips=6)
    expected = near.leaders(hashes, 6, threads=1)
    monkeypatch.setattr(near, "SMALL", 100)
    monkeypatch.setattr(near, "walk", None)
    assert (near.leaders(hashes, 6, threads=2) == expected).all()


def test_every_member_is_within_the_radius_and_representatives_are_apart() -> None:
    hashes = clustered(6000, share=0.5, flips=10)
    leader = near.leaders(hashes, 8, threads=1)
    assert (np.bitwise_count(hashes ^ hashes[leader]) <= 8).all()
    stand = np.flatnonzero(leader == np.arange(len(hashes)))
    assert (near.leaders(hashes[stand], 8, threads=1) == np.arange(len(stand))).all()
    assert (leader[leader] == leader).all()


def test_equal_hashes_collapse_to_the_first() -> None:
    hashes = np.array([7, 2**40, 7, 2**40, 7], dtype=np.uint64)
    assert near.leaders(hashes, 0, threads=1).tolist() == [0, 1, 0, 1, 0]


def test_a_cluster_of_look_alikes_is_compared_with_its_representatives_only(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    count = np.bitwise_count
    monkeypatch.setattr(np, "bitwise_count", lambda bits: compared.append(bits.size) or count(bits))
    hashes = clustered(20_000, share=1, flips=4)
    leader = near.leaders(hashes, 8, threads=1)
    assert set(leader) == {0}
    assert sum(compared) <= 20_000


@pytest.mark.parametrize("radius", FIGURES)
def test_chance_pairs_agree_with_those_that_were_measured(radius: int) -> None:
    expected = [near.chance_pairs(10**power, radius) for power in (6, 7, 8)]
    assert expected == pytest.approx(FIGURES[radius], rel=0.05, abs=0.5)


def test_chance_pairs_are_those_of_a_collection_in_which_they_can_be_counted() -> None:
    hashes = np.random.default_rng(3).integers(0, 2**64, 3000, dtype=np.uint64)
    near_ones = sum(int((np.bitwise_count(hashes[:row] ^ hashes[row]) <= 18).sum()) for row in range(len(hashes)))
    assert near_ones == pytest.approx(near.chance_pairs(3000, 18), rel=0.1)
