"""Groups of copies, held against their definition by brute force."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k import tables
from native4k.dataset import dedup

ROWS = st.lists(
    st.tuples(
        st.integers(0, 3),  # which of four far-apart pictures
        st.sets(st.integers(0, 63), max_size=4),  # bits that a re-encode has flipped
        st.integers(0, 3),  # detail: ties are wanted
        st.integers(0, 30),  # content: the same number is the same bytes
        st.sampled_from(["", "", "", "flat"]),
    ),
    max_size=16,
)
CENTRES = (0x0000000000000000, 0xFFFFFFFF00000000, 0x00000000FFFFFFFF, 0xF0F0F0F0F0F0F0F0)


def images(rows: list[tuple[int, set[int], int, int, str]]) -> pd.DataFrame:
    hashes = [CENTRES[picture] ^ sum(1 << bit for bit in bits) for picture, bits, *_ in rows]
    same = {content: value for value, (_, _, _, content, _) in zip(hashes, rows, strict=True)}
    table = pd.DataFrame(
        {
            "id": [f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}" for number in range(1, len(rows) + 1)],
            "phash": [f"{same[content]:016x}" for *_, content, _ in rows],
            "sha256": [f"{content:064x}" for *_, content, _ in rows],
            "detail": [float(detail) for _, _, detail, *_ in rows],
            "reason": [reason for *_, reason in rows],
        }
    ).assign(width=100, height=50)
    return table.assign(rejected_by=table["reason"].map(lambda reason: "select" if reason else ""))


def apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def by_definition(table: pd.DataFrame, radius: int) -> dict[str, str]:
    """Id -> representative: in the order of detail, an image joins the first representative that is near."""
    alive = sorted(
        (row for row in table.to_dict("records") if row["reason"] == ""),
        key=lambda row: (-row["detail"], -row["width"] * row["height"], row["id"]),
    )
    leaders: list[dict[object, object]] = []
    joined = {}
    for row in alive:
        near = (
            leader for leader in leaders
            if leader["sha256"] == row["sha256"] or apart(str(leader["phash"]), row["phash"]) <= radius
        )  # fmt: skip
        leader = next(near, None)
        if leader is None:
            leaders.append(row)
        joined[row["id"]] = str((leader or row)["id"])
    return joined


@given(rows=ROWS, radius=st.integers(0, 12))
def test_groups_are_those_of_the_definition(rows: list[tuple[int, set[int], int, int, str]], radius: int) -> None:
    before = images(rows)
    after = dedup.dedup(before, dedup.Params(radius=radius))
    grouped = after[after["representative"] != ""]
    assert dict(zip(grouped["id"], grouped["representative"], strict=True)) == by_definition(before, radius)


@given(rows=ROWS, radius=st.integers(0, 12), data=st.data())
def test_what_must_hold_of_any_collection(
    rows: list[tuple[int, set[int], int, int, str]], radius: int, data: st.DataObject
) -> None:
    before = images(rows)
    after = dedup.dedup(before, dedup.Params(radius=radius))
    tables.conserve(before, after, "dedup")
    assert (after["group"] == after["representative"]).all()

    by_id = after.set_index("id")
    members = after[after["representative"] != ""]
    for row in members.itertuples():
        leader = by_id.loc[row.representative]
        assert row.distance == apart(str(row.phash), leader["phash"])
        assert row.distance <= radius or row.sha256 == leader["sha256"]
        assert leader["detail"] >= row.detail
        copy = "exact_copy" if row.sha256 == leader["sha256"] else "near_copy"
        assert row.reason == ("" if row.id == row.representative else copy)

    kept = after[tables.kept(after)]
    assert kept["sha256"].is_unique
    assert all(apart(a, b) > radius for i, a in enumerate(kept["phash"]) for b in kept["phash"].iloc[:i])

    left_out = after[after["representative"] == ""]
    assert (left_out["reason"] == "flat").all()
    assert (left_out["distance"] == -1).all()

    order = data.draw(st.permutations(range(len(rows))))
    again = dedup.dedup(before.iloc[order].reset_index(drop=True), dedup.Params(radius=radius))
    pd.testing.assert_frame_equal(
        again.sort_values("id", ignore_index=True), after.sort_values("id", ignore_index=True)
    )


def test_the_most_detailed_stands_for_its_copies_then_the_largest_then_the_first_id() -> None:
    table = images([(0, set(), 1, 1, ""), (0, {1}, 2, 2, ""), (0, {2}, 2, 3, ""), (0, {3}, 2, 3, "")])
    table["width"] = [900, 100, 200, 200]
    table["id"] = ["a", "b", "d", "c"]
    after = dedup.dedup(table, dedup.Params(radius=10))
    assert after["representative"].tolist() == ["c"] * 4
    assert after["reason"].tolist() == ["near_copy", "near_copy", "exact_copy", ""]


def test_groups_do_not_chain() -> None:
    table = images([(0, set(), 3, 1, ""), (0, {0, 1}, 2, 2, ""), (0, {0, 1, 2, 3}, 1, 3, "")])
    after = dedup.dedup(table, dedup.Params(radius=2))
    assert after["reason"].tolist() == ["", "near_copy", ""]


def test_exact_copies_are_found_at_any_radius_and_rejected_rows_stand_for_nobody() -> None:
    table = images([(0, set(), 3, 1, "flat"), (0, set(), 2, 1, ""), (0, set(), 1, 1, "")])
    after = dedup.dedup(table, dedup.Params(radius=0))
    assert after["reason"].tolist() == ["flat", "", "exact_copy"]
    assert after["group"].tolist() == ["", after["id"][1], after["id"][1]]


@pytest.mark.parametrize("rows", [[], [(0, set(), 1, 1, "flat")] * 3])
def test_a_collection_without_survivors_has_no_groups(rows: list[tuple[int, set[int], int, int, str]]) -> None:
    after = dedup.dedup(images(rows), dedup.Params(radius=10))
    assert after["group"].tolist() == [""] * len(rows)
    assert after["distance"].tolist() == [-1] * len(rows)


def test_distances_count_the_bits_that_differ() -> None:
    hashes = np.array([0, 1, 2**64 - 1], dtype=np.uint64)
    assert dedup.distances(np.uint64(1), hashes).tolist() == [1, 0, 63]


def test_an_image_near_two_representatives_joins_the_more_detailed_one() -> None:
    table = images([(0, set(), 3, 1, ""), (0, {0, 1, 2, 3}, 2, 2, ""), (0, {0, 1}, 1, 3, "")])
    after = dedup.dedup(table, dedup.Params(radius=2))
    assert after["representative"].tolist() == [after["id"][0], after["id"][1], after["id"][0]]
