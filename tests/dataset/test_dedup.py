"""Groups of copies, held against their definition by brute force."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from native4k import cli, tables
from native4k.dataset import dedup
from native4k.errors import UserError
from tests.dataset.signed import DEDUP, signed, view_texts

ROWS = st.lists(
    st.tuples(
        st.integers(0, 3),  # which of four far-apart pictures
        st.sets(st.integers(0, 63), max_size=4),  # bits that a re-encode has flipped
        st.sets(st.integers(0, 255), max_size=4),  # bits of the signature that it has flipped
        st.booleans(),  # whether it is a crop: its whole is the middle of the others
        st.integers(0, 3),  # bits a pixel: ties are wanted
        st.integers(0, 30),  # pixels: the same number is the same picture
        st.sampled_from(["", "", "", "flat"]),
    ),
    max_size=16,
)
Rows = list[tuple[int, set[int], set[int], bool, int, int, str]]
CENTRES = (0xFF00FF00FF00FF00, 0xFFFFFFFF00000000, 0x00000000FFFFFFFF, 0x0000000000000000)
"""Four far-apart hashes; the last is of a blank picture."""

CROPPED = 0xF0F0F0F0F0F0F0F0
"""What a crop does to a hash: it is then far from all of them."""

FINE_BITS = 2**256 - 2**100
"""A signature."""

LEAST, FINE = 20, 6
RADII = st.integers(0, 12)
NUMBERS = DEDUP | {"verify": FINE, "views": ["middles"], "min_bits": LEAST}


def deduped(table: pd.DataFrame, radius: int = 10, **numbers: Any) -> pd.DataFrame:
    foreign = numbers.pop("foreign", None)
    return dedup.dedup(table, dedup.Params(**(NUMBERS | {"radius": radius} | numbers)), foreign=foreign)


def flipped(value: int, bits: set[int]) -> int:
    return value ^ sum(1 << bit for bit in bits)


def images(rows: Rows) -> pd.DataFrame:
    """Pictures made from rows; those with the same number are the first of them again."""
    first = {row[5]: row for row in reversed(rows)}
    shown = [first[row[5]] for row in rows]
    table = signed(
        [flipped(CENTRES[row[0]] ^ CROPPED * row[3], row[1]) for row in shown],
        pixels=[f"{row[5]:032x}" for row in rows],
        signature=[f"{flipped(0, row[2]):064x}" for row in shown],
        view_phash=[view_texts({} if row[3] else {"small_middle": CENTRES[row[0]] ^ CROPPED}, 16) for row in shown],
        bits_per_pixel=[float(row[4] + 1) for row in rows],
        reason=[row[6] for row in rows],
    )
    ids = [f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}" for number in range(1, len(rows) + 1)]
    return table.assign(id=ids, rejected_by=table["reason"].map(lambda reason: "select" if reason else "")).astype(
        {"id": "str", "reason": "str", "rejected_by": "str"}
    )


def apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def tells(phash: str) -> bool:
    return LEAST <= int(phash, 16).bit_count() <= 64 - LEAST


def views(row: dict[Any, Any]) -> list[tuple[str, str]]:
    """The whole and the middles that tell enough: hash and signature."""
    phashes = [row["view_phash"][at : at + 16] for at in (16, 32)]
    middles = zip(phashes, (row["view_signature"][at : at + 64] for at in (64, 128)), strict=True)
    return [(row["phash"], row["signature"]), *(view for view in middles if tells(view[0]))]


def copies(one: dict[Any, Any], other: dict[Any, Any], radius: int) -> bool:
    if one["pixels"] == other["pixels"]:
        return True
    if not (tells(one["phash"]) and tells(other["phash"])):
        return False
    ones, others = views(one), views(other)
    pairs = [(ones[0], view) for view in others] + [(view, others[0]) for view in ones]
    return any(apart(a[0], b[0]) <= radius and apart(a[1], b[1]) <= FINE for a, b in pairs)


def by_definition(table: pd.DataFrame, radius: int) -> dict[str, str]:
    """Id -> representative: in the order of bits a pixel, an image joins the first that it is a copy of."""
    alive = sorted(
        (row for row in table.to_dict("records") if row["reason"] == ""),
        key=lambda row: (-row["bits_per_pixel"], -row["width"] * row["height"], row["id"]),
    )
    leaders: list[dict[Any, Any]] = []
    joined = {}
    for row in alive:
        leader = next((leader for leader in leaders if copies(leader, row, radius)), None)
        if leader is None:
            leaders.append(row)
        joined[row["id"]] = str((leader or row)["id"])
    return joined


def representatives(after: pd.DataFrame) -> dict[str, str]:
    grouped = after[after["representative"] != ""]
    return dict(zip(grouped["id"], grouped["representative"], strict=True))


@given(rows=ROWS, radius=RADII)
def test_groups_are_those_of_the_definition(rows: Rows, radius: int) -> None:
    before = images(rows)
    assert representatives(deduped(before, radius)) == by_definition(before, radius)


@given(rows=ROWS, radius=RADII, data=st.data())
@settings(max_examples=25)
def test_what_must_hold_of_any_collection(rows: Rows, radius: int, data: st.DataObject) -> None:
    before = images(rows)
    after = deduped(before, radius)
    tables.check_conservation(before, after, "dedup")
    assert (after["group"] == after["representative"]).all()

    by_id = after.set_index("id")
    first = dedup.best_first(before, dedup.Params(**NUMBERS)).drop_duplicates("pixels").set_index("pixels")["id"]
    for row in after[after["representative"] != ""].to_dict("records"):
        leader = by_id.loc[row["representative"]].to_dict()
        assert leader["bits_per_pixel"] >= row["bits_per_pixel"]
        assert copies(row, leader, radius)
        alone, same = row["id"] == row["representative"], row["id"] != first[row["pixels"]]
        assert row["reason"] == ("" if alone else "exact_copy" if same else "near_copy")
        assert (
            row["match"] == "" if alone else row["match"] == "pixels" if same else row["match"] in {"whole", "middles"}
        )
        if row["match"] == "whole" or row["pixels"] == leader["pixels"]:
            assert row["distance"] == apart(row["phash"], leader["phash"])
            assert row["fine_distance"] == apart(row["signature"], leader["signature"])
        assert row["pixels"] == leader["pixels"] or (row["distance"] <= radius and row["fine_distance"] <= FINE)

    kept = after[tables.is_kept(after)].to_dict("records")
    assert not [1 for at, one in enumerate(kept) for other in kept[:at] if copies(one, other, radius)]

    left_out = after[after["representative"] == ""]
    assert (left_out["reason"] == "flat").all()
    assert (left_out[["distance", "fine_distance"]] == -1).all(axis=None)

    order = data.draw(st.permutations(range(len(rows))))
    again = deduped(before.iloc[order].reset_index(drop=True), radius)
    pd.testing.assert_frame_equal(
        again.sort_values("id", ignore_index=True), after.sort_values("id", ignore_index=True)
    )
    survivors = before[before["id"].isin([row["id"] for row in kept])].reset_index(drop=True)
    assert (deduped(survivors, radius)["reason"] == "").all(), "deduplicating twice is deduplicating once"


@given(rows=ROWS, radius=RADII, data=st.data())
@settings(max_examples=25)
def test_a_representative_stays_one_until_a_better_copy_arrives(rows: Rows, radius: int, data: st.DataObject) -> None:
    grown = images(rows)
    there = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    old = representatives(deduped(grown[np.array(there, dtype=bool)].reset_index(drop=True), radius))
    after = deduped(grown, radius)
    new, rank = representatives(after), list(dedup.best_first(grown, dedup.Params(**NUMBERS))["id"])
    for id_, leader in old.items():
        if id_ == leader and new[id_] != id_:
            assert rank.index(new[id_]) < rank.index(id_), "a better copy"
        if id_ != leader and new[id_] == id_:
            assert new[leader] != leader, "its representative has a better copy now"


def row(picture: int = 0, flips: set[int] = frozenset(), bits: int = 1, pixels: int = 0, reason: str = "") -> Any:  # type: ignore[assignment]
    """A row of `images` whose signature nobody changed."""
    return (picture, set(flips), set(), False, bits, pixels, reason)


BETTER: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("more pixels", {"width": 200, "bits_per_pixel": 1.0}, {"bits_per_pixel": 9.0, "format": "PNG"}),
    ("more pixels of its own", {}, {"width": 200, "height": 100, "nativeness": "upscaled", "upscaled_by": 2.0}),
    ("about as many of its own", {}, {"width": 160, "height": 80, "nativeness": "upscaled", "upscaled_by": 2.0}),
    ("an enlargement is not shown by a far smaller copy",
        {"width": 400, "height": 200, "nativeness": "upscaled", "upscaled_by": 2.0}, {}),
    ("nor by one that is not native",
        {"width": 200, "height": 100, "nativeness": "upscaled", "upscaled_by": 2.0}, {"nativeness": "unknown"}),
    ("nor by a cut",
        {"width": 200, "height": 100, "nativeness": "upscaled", "upscaled_by": 2.0}, {"height": 100}),
    ("nor by one of its size", {"nativeness": "upscaled", "upscaled_by": 1.3}, {"bits_per_pixel": 0.9}),
    ("less compressed", {"bits_per_pixel": 1.5, "pwatermark": 0.9, "piqe": 9.0}, {"bits_per_pixel": 0.9}),
    ("lossless", {"format": "PNG", "bits_per_pixel": 0.2}, {"bits_per_pixel": 9.0}),
    ("WebP needs fewer bits", {"format": "WEBP", "bits_per_pixel": 0.8}, {}),
    ("GIF has few colours", {"bits_per_pixel": 0.9}, {"format": "GIF", "bits_per_pixel": 8.0}),
    ("unmarked", {"pwatermark": 0.3}, {"pwatermark": 0.31, "bits_per_pixel": 1.3}),
    ("not known to be marked", {"pwatermark": None}, {"pwatermark": 0.9}),
    ("a few more bits", {"bits_per_pixel": 1.1}, {"piqe": 0.0}),
    ("a better score", {"piqe": 1.0}, {"piqe": 2.0}),
    ("any score", {"piqe": 99.0}, {"piqe": None}),
    ("a smaller id", {"id": "a"}, {"id": "b"}),
]  # fmt: skip
"""Why one of two copies is better, that one, the other one."""


@pytest.mark.parametrize(("better", "worse"), [case[1:] for case in BETTER], ids=[case[0] for case in BETTER])
@pytest.mark.parametrize("first", [0, 1])
def test_the_better_copy_stands_for_its_group(better: dict[str, Any], worse: dict[str, Any], first: int) -> None:
    equal = signed([CENTRES[0]] * 2, piqe=5.0, id=["z", "y"]).to_dict("records")
    table = pd.DataFrame([equal[0] | better, equal[1] | worse])
    kept, rejected = table["id"]
    after = deduped(table.iloc[[first, 1 - first]], score=dedup.Score(column="piqe", best="lowest"))
    assert after.set_index("id")["reason"].to_dict() == {kept: "", rejected: "near_copy"}
    assert set(after["representative"]) == {kept}


def test_a_format_without_a_weight_is_named() -> None:
    with pytest.raises(UserError, match="params dedup.bits_as_jpeg: no number for AVIF"):
        deduped(signed([CENTRES[0]], format="AVIF"), bits_as_jpeg={"JPEG": 1.0})


def test_groups_do_not_chain() -> None:
    table = images([row(bits=3, pixels=1), row(0, {0, 1}, 2, 2), row(0, {0, 1, 2, 3}, 1, 3)])
    assert deduped(table, 2)["reason"].tolist() == ["", "near_copy", ""]


def test_equal_pixels_are_exact_copies_at_any_radius_and_rejected_rows_stand_for_nobody() -> None:
    table = images([row(bits=3, pixels=1, reason="flat"), row(bits=2, pixels=1), row(bits=1, pixels=1)])
    after = deduped(table, 0)
    assert after["reason"].tolist() == ["flat", "", "exact_copy"]
    assert after["match"].tolist() == ["", "", "pixels"]
    assert after["group"].tolist() == ["", after["id"][1], after["id"][1]]


def test_equal_pixels_are_exact_copies_also_where_a_better_picture_stands_for_both() -> None:
    table = images([row(bits=3, pixels=1), row(0, {1}, 2, 2), row(0, {1}, 1, 2)])
    after = deduped(table, 2)
    assert after["reason"].tolist() == ["", "near_copy", "exact_copy"]
    assert after["match"].tolist() == ["", "whole", "pixels"]
    assert set(after["representative"]) == {after["id"][0]}


def test_a_mirrored_copy_and_a_cut_to_another_aspect_are_near_copies_where_their_views_are_compared() -> None:
    table = signed([CENTRES[0], CENTRES[1], CENTRES[2]], bits_per_pixel=[3.0, 2.0, 1.0])
    table["view_phash"] = [
        view_texts({"mirrored": CENTRES[1], "tall": CROPPED}, 16),
        view_texts({"mirrored": CENTRES[0]}, 16),
        view_texts({"tall": CROPPED}, 16),
    ]
    table["view_signature"] = view_texts({"mirrored": FINE_BITS, "tall": FINE_BITS}, 64)
    table["signature"] = f"{FINE_BITS:064x}"
    after = deduped(table, views=["mirrored", "middles", "windows"])
    assert after["match"].tolist() == ["", "mirrored", "windows"]
    assert deduped(table, views=["mirrored"])["reason"].tolist() == ["", "near_copy", ""]
    assert deduped(table)["reason"].tolist() == ["", "", ""]


@pytest.mark.parametrize("rows", [[], [row(reason="flat")] * 3])
def test_a_collection_without_survivors_has_no_groups(rows: Rows) -> None:
    after = deduped(images(rows))
    assert after["group"].tolist() == [""] * len(rows)
    assert after["distance"].tolist() == [-1] * len(rows)


def test_an_image_near_two_representatives_joins_the_better_one() -> None:
    table = images([row(bits=3, pixels=1), row(0, {0, 1, 2, 3}, 2, 2), row(0, {0, 1}, 1, 3)])
    after = deduped(table, 2)
    assert after["representative"].tolist() == [after["id"][0], after["id"][1], after["id"][0]]


def test_near_hashes_whose_signatures_differ_are_chance() -> None:
    table = signed([CENTRES[0]] * 3, bits_per_pixel=[3.0, 2.0, 1.0])
    table["signature"] = [f"{flipped(0, set(range(bits))):064x}" for bits in (0, FINE + 1, FINE)]
    assert deduped(table)["reason"].tolist() == ["", "", "near_copy"]
    assert deduped(table, verify=256)["reason"].tolist() == ["", "near_copy", "near_copy"]


@pytest.mark.parametrize("better", ["crop", "original"])
def test_a_crop_is_found_by_the_middle_of_its_original_whichever_is_better(better: str) -> None:
    crop = (0, set(), set(), True, 1 + (better == "crop"), 1, "")
    table = images([crop, (0, {1}, set(), False, 1 + (better == "original"), 2, "")])
    after = deduped(table)
    assert sorted(after["match"]) == ["", "middles"]
    assert after["reason"].tolist() == (["", "near_copy"] if better == "crop" else ["near_copy", ""])
    assert deduped(table, views=[])["reason"].tolist() == ["", ""]


def test_blank_images_are_grouped_by_their_pixels_alone() -> None:
    table = images([row(3, bits=4, pixels=1), row(3, bits=3, pixels=2), row(3, {1}, 2, 3), row(3, bits=1, pixels=1)])
    after = deduped(table)
    assert after["representative"].tolist() == [after["id"][at] for at in (0, 1, 2, 0)]
    assert after["reason"].tolist() == ["", "", "", "exact_copy"]


def test_a_picture_is_not_chained_to_a_nearly_blank_one() -> None:
    table = images([row(3, set(range(19)), 2, 1), row(3, set(range(20)), 1, 2)])
    assert deduped(table)["reason"].tolist() == ["", ""]
    assert deduped(table, min_bits=19)["reason"].tolist() == ["", "near_copy"]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_step_writes_the_groups_and_says_what_chance_would_group(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], threads: int
) -> None:
    numbers = tmp_path / "params.yaml"
    numbers.write_text(yaml.safe_dump({"dedup": NUMBERS}))
    shown = [row(bits=3, pixels=1), row(0, {1}, 2, 2), row(1, pixels=3), row(3, pixels=4)]
    table = images([*shown, row(1, {2}, 1, 5, "flat")])
    tables.write(table, tmp_path / "in.parquet")
    paths = [str(tmp_path / name) for name in ("in.parquet", "out.parquet")]
    words = ["dedup", *paths, "--threads", str(threads), "--params", str(numbers)]
    expected = deduped(table).sort_values("id", ignore_index=True)
    assert cli.main(words) == 0
    assert capsys.readouterr().out == (
        "dedup: 3 of 4 images are compared by pHash, 5 pairs of views each; by chance alone 1.5e-07 pairs of uniform"
        " hashes would be within 10 bits, and 4.9e-65 would also agree in all but 6 bits of the signature\n"
    )
    pd.testing.assert_frame_equal(tables.read(tmp_path / "out.parquet"), expected)


def test_fewer_threads_than_one_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["dedup", "in.parquet", "out.parquet", "--threads", "0"]) == 1
    assert capsys.readouterr().err == "native4k dedup: --threads 0: expected at least 1\n"


@pytest.mark.parametrize(
    ("key", "value"), [("radius", -1), ("radius", 65), ("min_bits", -1), ("min_bits", 33), ("verify", 257)]
)
def test_bits_that_a_hash_does_not_have_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str, value: int
) -> None:
    numbers = tmp_path / "params.yaml"
    numbers.write_text(yaml.safe_dump({"dedup": NUMBERS | {key: value}}))
    assert cli.main(["dedup", "in.parquet", "out.parquet", "--params", str(numbers)]) == 1
    assert f"dedup.{key}: Input should be" in capsys.readouterr().err
