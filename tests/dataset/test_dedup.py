"""Groups of copies, held against their definition by brute force."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from native4k import cli, tables
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
CENTRES = (0xFF00FF00FF00FF00, 0xFFFFFFFF00000000, 0x00000000FFFFFFFF, 0x0000000000000000)
"""Four far-apart hashes; the last is of a blank picture."""

LEAST = 20
RADII = st.integers(0, 12)


def deduped(table: pd.DataFrame, radius: int) -> pd.DataFrame:
    return dedup.dedup(table, dedup.Params(radius=radius, min_bits=LEAST))


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


def tells(phash: str) -> bool:
    return LEAST <= int(phash, 16).bit_count() <= 64 - LEAST


def copies(one: dict[Any, Any], other: dict[Any, Any], radius: int) -> bool:
    told = tells(one["phash"]) and tells(other["phash"])
    return bool(one["sha256"] == other["sha256"] or (told and apart(one["phash"], other["phash"]) <= radius))


def by_definition(table: pd.DataFrame, radius: int) -> dict[str, str]:
    """Id -> representative: in the order of detail, an image joins the first that is near or has the same bytes."""
    alive = sorted(
        (row for row in table.to_dict("records") if row["reason"] == ""),
        key=lambda row: (-row["detail"], -row["width"] * row["height"], row["id"]),
    )
    leaders: list[dict[Any, Any]] = []
    joined = {}
    for row in alive:
        near = (leader for leader in leaders if copies(leader, row, radius))
        leader = next(near, None)
        if leader is None:
            leaders.append(row)
        joined[row["id"]] = str((leader or row)["id"])
    return joined


@given(rows=ROWS, radius=RADII)
def test_groups_are_those_of_the_definition(rows: list[tuple[int, set[int], int, int, str]], radius: int) -> None:
    before = images(rows)
    after = deduped(before, radius)
    grouped = after[after["representative"] != ""]
    assert dict(zip(grouped["id"], grouped["representative"], strict=True)) == by_definition(before, radius)


@given(rows=ROWS, radius=RADII, data=st.data())
def test_what_must_hold_of_any_collection(
    rows: list[tuple[int, set[int], int, int, str]], radius: int, data: st.DataObject
) -> None:
    before = images(rows)
    after = deduped(before, radius)
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
    compared = [phash for phash in kept["phash"] if tells(phash)]
    assert all(apart(a, b) > radius for i, a in enumerate(compared) for b in compared[:i])

    left_out = after[after["representative"] == ""]
    assert (left_out["reason"] == "flat").all()
    assert (left_out["distance"] == -1).all()

    order = data.draw(st.permutations(range(len(rows))))
    again = deduped(before.iloc[order].reset_index(drop=True), radius)
    pd.testing.assert_frame_equal(
        again.sort_values("id", ignore_index=True), after.sort_values("id", ignore_index=True)
    )


def test_the_most_detailed_stands_for_its_copies_then_the_largest_then_the_first_id() -> None:
    table = images([(0, set(), 1, 1, ""), (0, {1}, 2, 2, ""), (0, {2}, 2, 3, ""), (0, {3}, 2, 3, "")])
    table["width"] = [900, 100, 200, 200]
    table["id"] = ["a", "b", "d", "c"]
    after = deduped(table, 10)
    assert after["representative"].tolist() == ["c"] * 4
    assert after["reason"].tolist() == ["near_copy", "near_copy", "exact_copy", ""]


def test_groups_do_not_chain() -> None:
    table = images([(0, set(), 3, 1, ""), (0, {0, 1}, 2, 2, ""), (0, {0, 1, 2, 3}, 1, 3, "")])
    after = deduped(table, 2)
    assert after["reason"].tolist() == ["", "near_copy", ""]


def test_exact_copies_are_found_at_any_radius_and_rejected_rows_stand_for_nobody() -> None:
    table = images([(0, set(), 3, 1, "flat"), (0, set(), 2, 1, ""), (0, set(), 1, 1, "")])
    after = deduped(table, 0)
    assert after["reason"].tolist() == ["flat", "", "exact_copy"]
    assert after["group"].tolist() == ["", after["id"][1], after["id"][1]]


@pytest.mark.parametrize("rows", [[], [(0, set(), 1, 1, "flat")] * 3])
def test_a_collection_without_survivors_has_no_groups(rows: list[tuple[int, set[int], int, int, str]]) -> None:
    after = deduped(images(rows), 10)
    assert after["group"].tolist() == [""] * len(rows)
    assert after["distance"].tolist() == [-1] * len(rows)


def test_an_image_near_two_representatives_joins_the_more_detailed_one() -> None:
    table = images([(0, set(), 3, 1, ""), (0, {0, 1, 2, 3}, 2, 2, ""), (0, {0, 1}, 1, 3, "")])
    after = deduped(table, 2)
    assert after["representative"].tolist() == [after["id"][0], after["id"][1], after["id"][0]]


def test_blank_images_are_grouped_by_their_bytes_alone() -> None:
    table = images([(3, set(), 4, 1, ""), (3, set(), 3, 2, ""), (3, {1}, 2, 3, ""), (3, set(), 1, 1, "")])
    after = deduped(table, 10)
    assert after["representative"].tolist() == [after["id"][row] for row in (0, 1, 2, 0)]
    assert after["reason"].tolist() == ["", "", "", "exact_copy"]


def test_a_picture_is_not_chained_to_a_nearly_blank_one() -> None:
    table = images([(3, set(range(19)), 2, 1, ""), (3, set(range(20)), 1, 2, "")])
    assert deduped(table, 10)["reason"].tolist() == ["", ""]
    assert dedup.dedup(table, dedup.Params(radius=10, min_bits=19))["reason"].tolist() == ["", "near_copy"]


def test_a_hash_tells_when_enough_bits_are_set_and_enough_clear() -> None:
    hashes = dedup.numbers_of(
        pd.Series(["0" * 16, "f" * 16, "00000000000fffff", "fffff00000000fff", "000fffffffffff00"])
    )
    assert dedup.telling(hashes, 20).tolist() == [False, False, True, True, True]
    assert dedup.telling(hashes, 21).tolist() == [False, False, False, True, False]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_step_writes_the_groups_and_says_what_chance_would_group(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], threads: int
) -> None:
    numbers = tmp_path / "params.yaml"
    numbers.write_text("dedup: {radius: 10, min_bits: 20}")
    table = images(
        [(0, set(), 3, 1, ""), (0, {1}, 2, 2, ""), (1, set(), 1, 3, ""), (3, set(), 0, 4, ""), (1, {2}, 1, 5, "flat")]
    )
    tables.write(table, tmp_path / "in.parquet")
    words = ["dedup", "in.parquet", "out.parquet", "--threads", str(threads)]
    assert (
        cli.main([*words[:1], *(str(tmp_path / name) for name in words[1:3]), *words[3:], "--params", str(numbers)])
        == 0
    )
    compared = "dedup: 3 of 4 images are compared by pHash; "
    said = compared + "by chance alone 3e-08 pairs of uniform hashes would be within 10 bits\n"
    assert capsys.readouterr().out == said
    expected = deduped(table, 10).sort_values("id", ignore_index=True)
    pd.testing.assert_frame_equal(tables.read(tmp_path / "out.parquet"), expected)


def test_fewer_threads_than_one_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["dedup", "in.parquet", "out.parquet", "--threads", "0"]) == 1
    assert capsys.readouterr().err == "native4k dedup: --threads 0: expected at least 1\n"


@pytest.mark.parametrize(("key", "value"), [("radius", -1), ("radius", 65), ("min_bits", -1), ("min_bits", 33)])
def test_bits_that_a_hash_does_not_have_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str, value: int
) -> None:
    numbers = tmp_path / "params.yaml"
    numbers.write_text(yaml.safe_dump({"dedup": {"radius": 10, "min_bits": 20} | {key: value}}))
    assert cli.main(["dedup", "in.parquet", "out.parquet", "--params", str(numbers)]) == 1
    assert f"dedup.{key}: Input should be" in capsys.readouterr().err
