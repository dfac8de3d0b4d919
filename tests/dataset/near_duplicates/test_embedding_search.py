"""Copies by embedding: the relation, its index, and both relations together."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native4k import tables
from native4k.dataset import dedup
from native4k.dataset.near_duplicates import embedding_search, groups
from native4k.dataset.near_duplicates.band_search import Workers
from native4k.dataset.near_duplicates.embedding_search import SignaturesOrEmbeddings, read_embeddings
from native4k.dataset.near_duplicates.signatures import Limits, read_signatures
from native4k.errors import UserError
from tests.dataset.signed import signed

NUMBERS = embedding_search.Params(min_cosine=0.8, tables=8, bits=3)


def vectors(count: int, seed: int, noise: float = 0.5) -> np.ndarray:
    """Directions, a few of which many share but for noise."""
    dice = np.random.default_rng(seed)
    models = dice.standard_normal((max(1, count // 5), 24))
    return models[dice.integers(0, len(models), count)] + noise * dice.standard_normal((count, 24))


def table(directions: np.ndarray) -> pd.DataFrame:
    """Pictures that no hash tells to be copies, with embeddings."""
    dice = np.random.default_rng(0)
    hashes = [int(value) for value in dice.integers(0, 2**64, len(directions), dtype=np.uint64)]
    content = [one.astype("<f2").tobytes() for one in directions]
    return signed(hashes, embedding=content)


def relation(directions: np.ndarray) -> SignaturesOrEmbeddings:
    made = table(directions)
    pictures = read_signatures(made, Limits(radius=0, verify=0, views=[], min_bits=0))
    vectors_ = read_embeddings(made, NUMBERS)
    assert vectors_ is not None
    return SignaturesOrEmbeddings(pictures, vectors_)


def clustered(one: groups.Relation) -> list[int]:
    return groups.cluster_with_numpy(one).tolist()


@given(count=st.integers(0, 80), seed=st.integers(0, 10**6), threads=st.integers(1, 3))
@settings(max_examples=25)
def test_the_index_finds_the_groups_of_the_rule(count: int, seed: int, threads: int) -> None:
    either = relation(vectors(count, seed))
    expected = clustered(either)
    assert groups.leaders(either, threads=1).tolist() == expected
    with (
        patch.object(groups, "SMALLEST", 8),
        patch.object(embedding_search, "PAIRS", 9),
        ThreadPoolExecutor(threads) as pool,
    ):
        assert groups.cluster_with_index(either, Workers(pool, threads)).tolist() == expected


def test_members_are_copies_of_their_representative_and_close_pairs_are_hardly_ever_missed() -> None:
    directions = vectors(600, seed=1, noise=0.2)
    either = relation(directions)
    leader = np.array(clustered(either))
    assert (either.embeddings.cosines(np.arange(600), leader) >= 0.799).all()
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    close = unit @ unit.T >= 0.9
    found = np.array([either.embeddings.near(row, np.arange(600)) for row in range(600)])
    assert (found & close).sum() / close.sum() > 0.99
    assert not (found & (unit @ unit.T < 0.79)).any()


def test_products_do_not_depend_on_the_order_in_which_they_are_added() -> None:
    made = read_embeddings(table(vectors(50, seed=2)), NUMBERS)
    assert made is not None
    whole = made.vectors @ made.vectors.T
    backwards = made.vectors[:, ::-1] @ made.vectors[:, ::-1].T
    exact = made.vectors.astype(np.int64) @ made.vectors.T.astype(np.int64)
    assert (whole == exact).all()
    assert (backwards == exact).all()


def test_a_flipped_copy_is_found_by_its_embedding_alone() -> None:
    directions = np.eye(3)[[0, 1, 0]] + 0.01
    before = table(directions).assign(bits_per_pixel=[3.0, 2.0, 1.0])
    common: dict[str, Any] = {
        "radius": 10,
        "verify": 76,
        "views": ["middles"],
        "enlarged": 1.35,
        "bits_as_jpeg": {"JPEG": 1.0},
        "marked": 0.3,
        "min_bits": 20,
        "score": None,
        "firewall": {},
    }
    after = dedup.dedup(before, dedup.Params(**common, embedding=NUMBERS))
    assert after["match"].tolist() == ["", "", "embedding"]
    assert after["reason"].tolist() == ["", "", "near_copy"]
    assert after["cosine"].tolist() == pytest.approx([1, 1, 1], abs=1e-3)
    assert dedup.dedup(before, dedup.Params(**common, embedding=None))["reason"].tolist() == ["", "", ""]


def test_embeddings_that_are_asked_for_and_not_there_are_one_line(tmp_path: Any) -> None:
    with pytest.raises(UserError, match="name the table of embeddings with --embeddings"):
        dedup.join_embeddings(table(vectors(3, 0)).drop(columns="embedding"), None)
    some = table(vectors(3, 0))
    tables.write(some.iloc[:2][["id", "embedding"]], tmp_path / "some.parquet")
    with pytest.raises(UserError, match=r"some.parquet: 1 of 3 images have no embedding .0000000000000003.; run"):
        dedup.join_embeddings(some.drop(columns="embedding"), tmp_path / "some.parquet")
