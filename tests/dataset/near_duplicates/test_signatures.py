"""What is compared of pictures: read from a table, and what of it is chance."""

from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from native4k.dataset.near_duplicates import signatures
from native4k.dataset.near_duplicates.signatures import Limits, Signatures
from native4k.measure import image_signatures
from tests.dataset.signed import signed, view_texts

Kinds = tuple[Literal["mirrored", "middles", "windows"], ...]
EVEN, ODD = 0x5555555555555555, 0xAAAAAAAAAAAAAAAA


def limits(radius: int, verify: int, kinds: Kinds = ("middles",)) -> Limits:
    return Limits(radius=radius, verify=verify, views=[*kinds], min_bits=20)


def test_a_hash_tells_when_enough_bits_are_set_and_enough_clear() -> None:
    texts = pd.Series(["0" * 16, "f" * 16, "00000000000fffff", "fffff00000000fff", "000fffffffffff00"])
    hashes = signatures.numbers_of(texts, 1)[0]
    assert signatures.informative(hashes, 20).tolist() == [False, False, True, True, True]
    assert signatures.informative(hashes, 21).tolist() == [False, False, False, True, False]


def test_an_empty_text_is_zero_also_where_a_column_lies_in_pieces() -> None:
    pieces = pa.chunked_array([["", f"{EVEN:016x}{ODD:016x}"], [f"{ODD:016x}{EVEN:016x}", ""]], pa.large_string())
    texts = pa.table({"texts": pieces}).to_pandas()["texts"]
    assert signatures.numbers_of(texts, 2).tolist() == [[0, EVEN, ODD, 0], [0, ODD, EVEN, 0]]
    assert signatures.numbers_of(texts[1:3], 2).tolist() == [[EVEN, ODD], [ODD, EVEN]]


def test_some_pictures_are_taken_in_the_order_asked_for() -> None:
    made = signatures.read_signatures(signed([EVEN, ODD]), limits(3, 70, ()))
    assert made.part(np.array([1, 0])).short.tolist() == [[ODD, EVEN]]
    assert made.part(np.array([0, 1])) is made


def test_views_are_read_from_a_table_and_a_middle_that_tells_nothing_gives_way_to_the_whole() -> None:
    table = signed([EVEN, ODD])
    views = {"large_middle": ODD, "small_middle": 0, "tall": 1}, {"large_middle": 0, "small_middle": EVEN}
    table["view_phash"] = [view_texts(one, 16) for one in views]
    views = {"large_middle": 7, "small_middle": 8}, {"large_middle": 9, "small_middle": 2**255 + 10}
    table["view_signature"] = [view_texts(one, 64) for one in views]
    made = signatures.read_signatures(table, limits(3, 70))
    assert made.short.tolist() == [[EVEN, ODD], [ODD, ODD], [EVEN, EVEN]]
    whole = made.long[0, 0].tolist()
    assert len(set(whole)) == 4
    assert made.long[:, 0].tolist() == [whole, [0, 0, 0, 7], whole]
    assert made.long[:, 1].tolist() == [whole, whole, [2**63, 0, 0, 10]]
    assert (made.limits, len(made)) == (limits(3, 70), 2)
    assert signatures.read_signatures(table, limits(3, 70, ())).short.tolist() == [[EVEN, ODD]]


@pytest.mark.parametrize("kinds", [(), ("middles",), ("windows", "mirrored")])
def test_an_empty_table_has_no_pictures(kinds: Kinds) -> None:
    assert len(signatures.read_signatures(signed([]), limits(3, 70, kinds))) == 0


def test_as_many_views_are_measured_as_are_read() -> None:
    assert sum(signatures.VIEWS.values()) == image_signatures.VIEWS


def test_views_are_compared_crosswise_with_the_whole_and_windows_with_their_like() -> None:
    made = limits(3, 70, ("windows", "mirrored"))
    assert dict(zip(made.view_pairs(), made.pair_kinds(), strict=True)) == {
        (0, 0): "whole", (0, 1): "mirrored", (1, 0): "mirrored", (2, 2): "windows", (3, 3): "windows"
    }  # fmt: skip


def test_views_that_are_compared_with_the_whole_are_not_compared_with_each_other() -> None:
    short = np.array([[1, 2**20], [2**40, 2**40]], dtype=np.uint64)
    apart = Signatures(short, np.zeros((2, 2, 4), dtype=np.uint64), limits(0, 0, ("mirrored",)))
    assert apart.near(0, np.array([1])).tolist() == [False]
    mirrored = Signatures(short[::-1].copy(), apart.long, limits(0, 0, ("mirrored",)))
    assert mirrored.near(0, np.array([1])).tolist() == [True]


def test_distances_are_those_of_the_nearest_views_that_agree() -> None:
    short = np.array([[0b1, 0b0, 2**50 - 1], [0b111, 0b1, 0]], dtype=np.uint64)
    long = np.zeros((2, 3, 4), dtype=np.uint64)
    long[1, 1, 3] = 0b11
    made = Signatures(short, long, limits(2, 1, ("mirrored",)))
    bits, fine, views = made.distances(np.array([0, 0, 1]), np.array([0, 1, 2]))
    assert bits.tolist() == [0, 1, 0]
    assert fine.tolist() == [0, 0, 0]
    assert views.tolist() == [0, 0, 1], "the third by its view: its whole is far"
    strict = Signatures(short, long, limits(0, 1, ("mirrored",)))
    assert [column.tolist() for column in strict.distances(np.array([0]), np.array([1]))] == [[1], [0], [-1]]


def test_chance_copies_are_those_of_a_collection_in_which_they_can_be_counted() -> None:
    dice, count, radius, verify = np.random.default_rng(4), 2500, 20, 110
    words = dice.integers(0, 2**64, (count, 4), dtype=np.uint64)
    found = 0
    for row in range(count):
        apart = np.bitwise_count(words[:row] ^ words[row])
        found += int(((apart[:, 0] <= radius) & (apart.sum(axis=1) <= verify)).sum())
    assert found == pytest.approx(signatures.chance_pairs(count, limits(radius, verify))[1], rel=0.1)
    assert signatures.chance_pairs(count, limits(radius, 256))[1] == pytest.approx(
        count * (count - 1) / 2 * 0.0018, rel=0.2
    )
