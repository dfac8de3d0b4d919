"""Groups of near duplicates, held against the rule as brute force says it, on hashes as skewed as real ones."""

from concurrent.futures import ThreadPoolExecutor
from typing import Literal
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native4k.dataset.near_duplicates import groups, signatures
from native4k.dataset.near_duplicates.band_search import Workers
from native4k.dataset.near_duplicates.signatures import Limits, Signatures

WORDS = st.integers(0, 2**64 - 1)
CLUSTERS = st.lists(
    st.tuples(
        WORDS,  # a picture
        st.lists(st.sets(st.integers(0, 63), max_size=12), min_size=1, max_size=40),  # what its copies flip
    ),
    max_size=5,
)
Kinds = tuple[Literal["mirrored", "middles", "windows"], ...]
FIGURES = {  # radius -> false pairs among 1 M, 10 M and 100 M uniform hashes, as published in FACTS
    3: (0, 0, 12),
    4: (0, 2, 184),
    6: (2, 226, 23_000),
    8: (139, 14_000, 1_400_000),
    10: (5_000, 500_000, 50_000_000),
}


def plain(hashes: np.ndarray, radius: int) -> Signatures:
    """Hashes alone, without signatures or middles."""
    limits = Limits(radius=radius, verify=0, views=[], min_bits=0)
    return Signatures(hashes[None], np.empty((1, len(hashes), 0), dtype=np.uint64), limits)


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


def pictures(count: int, seed: int, flips: int = 6, kinds: Kinds = ("middles",)) -> Signatures:
    """Pictures with views of some kinds and signatures, most of them made from views of few others."""
    dice = np.random.default_rng(seed)
    views = 1 + sum(signatures.VIEWS[kind] for kind in kinds)
    short = dice.integers(0, 2**64, (views, count), dtype=np.uint64)
    long = dice.integers(0, 2**64, (views, count, 4), dtype=np.uint64)
    models = max(1, count // 6)
    for row in range(models, count):
        mine, theirs, model = dice.integers(views), dice.integers(views), dice.integers(models)
        short[mine, row], long[mine, row] = short[theirs, model], long[theirs, model]
        short[mine, row] ^= np.bitwise_or.reduce(np.uint64(1) << dice.integers(0, 64, flips, dtype=np.uint64))
        for bit in dice.integers(0, 256, dice.integers(0, 90)):
            long[mine, row, bit // 64] ^= np.uint64(1) << np.uint64(bit % 64)
    order = dice.permutation(count)
    limits = Limits(radius=flips, verify=60, views=[*kinds], min_bits=0)
    return Signatures(short[:, order], long[:, order], limits)


def indexed(relation: groups.Relation, threads: int = 2) -> np.ndarray:
    """Cluster with an index, however few there are."""
    with ThreadPoolExecutor(threads) as pool:
        return groups.cluster_with_index(relation, Workers(pool, threads))


@given(clusters=CLUSTERS, others=st.lists(WORDS, max_size=30), radius=st.integers(0, 64), data=st.data())
def test_both_searches_find_the_groups_of_the_rule(
    clusters: list[tuple[int, list[set[int]]]], others: list[int], radius: int, data: st.DataObject
) -> None:
    copies = [middle ^ sum(1 << bit for bit in bits) for middle, flipped in clusters for bits in flipped]
    hashes = np.array(data.draw(st.permutations(copies + others)), dtype=np.uint64)
    expected = by_rule(hashes, radius)
    relation = plain(hashes, radius)
    assert groups.leaders(relation, threads=1).tolist() == expected
    with patch.object(groups, "SMALLEST", 4):
        assert indexed(relation).tolist() == expected


@pytest.mark.parametrize("kinds", [("middles",), ("windows",), ("mirrored", "middles", "windows")])
@given(count=st.integers(0, 120), seed=st.integers(0, 10**6))
@settings(max_examples=15)
def test_views_and_signatures_are_searched_by_the_same_rule(kinds: Kinds, count: int, seed: int) -> None:
    relation = pictures(count, seed, kinds=kinds)
    representatives: list[int] = []
    expected = []
    for row in range(count):
        first = next((one for one in representatives if relation.near(one, np.array([row]))[0]), row)
        expected.append(first)
        if first == row:
            representatives.append(row)
    assert groups.leaders(relation, threads=1).tolist() == expected
    with patch.object(groups, "SMALLEST", 10):
        assert indexed(relation).tolist() == expected


@pytest.mark.parametrize("radius", [0, 4, 10])
@pytest.mark.parametrize("threads", [1, 5])
def test_more_than_a_block_with_a_cluster_in_it_gives_the_groups_of_the_rule(radius: int, threads: int) -> None:
    hashes = np.unique(clustered(3 * groups.SMALLEST, share=0.3, flips=8))
    np.random.default_rng(2).shuffle(hashes)
    relation = plain(hashes, radius)
    expected = groups.cluster_with_numpy(relation)
    assert (expected != np.arange(len(hashes))).any() == (radius > 0)
    assert (indexed(relation, threads=threads) == expected).all()


def test_a_large_collection_is_searched_by_an_index_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    relation = plain(clustered(5000, share=0.5, flips=6), 6)
    expected = groups.leaders(relation, threads=1)
    monkeypatch.setattr(groups, "SMALL", 100)
    monkeypatch.setattr(groups, "cluster_with_numpy", None)
    assert (groups.leaders(relation, threads=2) == expected).all()


def test_every_member_is_within_the_radius_and_representatives_are_apart() -> None:
    hashes = clustered(6000, share=0.5, flips=10)
    leader = groups.leaders(plain(hashes, 8), threads=1)
    assert (np.bitwise_count(hashes ^ hashes[leader]) <= 8).all()
    stand = np.flatnonzero(leader == np.arange(len(hashes)))
    assert (groups.leaders(plain(hashes[stand], 8), threads=1) == np.arange(len(stand))).all()
    assert (leader[leader] == leader).all()


def test_equal_pictures_collapse_to_the_first() -> None:
    hashes = np.array([7, 2**40, 7, 2**40, 7], dtype=np.uint64)
    assert groups.leaders(plain(hashes, 0), threads=1).tolist() == [0, 1, 0, 1, 0]


def test_different_pictures_with_the_same_row_hash_do_not_collapse(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = np.array([7, 2**40, 7, 2**41], dtype=np.uint64)
    monkeypatch.setattr(Signatures, "row_hashes", lambda self: np.zeros(len(self), dtype=np.uint64))
    assert groups.leaders(plain(hashes, 0), threads=1).tolist() == [0, 1, 0, 3]


def test_a_cluster_of_look_alikes_is_compared_with_its_representatives_only(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    count = np.bitwise_count
    monkeypatch.setattr(np, "bitwise_count", lambda bits: compared.append(bits.size) or count(bits))
    leader = groups.leaders(plain(clustered(9000, share=1, flips=4), 8), threads=1)
    assert set(leader) == {0}
    assert sum(compared) <= 9000


def expect_pairs(count: int, radius: int) -> float:
    return signatures.chance_pairs(count, Limits(radius=radius, verify=0, views=[], min_bits=0))[0]


@pytest.mark.parametrize("radius", FIGURES)
def test_chance_pairs_agree_with_those_that_were_measured(radius: int) -> None:
    expected = [expect_pairs(10**power, radius) for power in (6, 7, 8)]
    assert expected == pytest.approx(FIGURES[radius], rel=0.05, abs=0.5)


def test_chance_pairs_are_those_of_a_collection_in_which_they_can_be_counted() -> None:
    hashes = np.random.default_rng(3).integers(0, 2**64, 3000, dtype=np.uint64)
    near_ones = sum(int((np.bitwise_count(hashes[:row] ^ hashes[row]) <= 18).sum()) for row in range(len(hashes)))
    assert near_ones == pytest.approx(expect_pairs(3000, 18), rel=0.1)
