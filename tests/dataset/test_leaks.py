"""Leaks: the nearest pairs across splits by every signature that is there, and copies among them."""

import argparse
import hashlib
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native4k import tables
from native4k.dataset import leaks
from native4k.dataset.near_duplicates.signatures import Limits
from native4k.errors import UserError
from tests.dataset.signed import view_texts

LIMITS = Limits(radius=6, verify=20, views=["mirrored", "middles", "windows"], min_bits=8)
SIZES = {"phash": 64, "signature": 256, "view_phash": 320, "view_signature": 1280}
SPLITS = ("train", "val", "test", "reserve")


def near_hash(name: str, picture: int, flips: int) -> str:
    """A hash of a picture, with the first few of its bits flipped."""
    size = SIZES[name]
    digest = hashlib.shake_128(f"{name} {picture}".encode()).digest(size // 8)
    return f"{int.from_bytes(digest) ^ ((1 << flips) - 1) << (size - 64):0{size // 4}x}"


def images(rows: list[tuple[str, int, int]]) -> pd.DataFrame:
    """Images of a split and a picture, their hashes so many bits from the picture's own."""
    table = pd.DataFrame({"id": [f"i{number:02}" for number in range(len(rows))], "reason": ""}, dtype="str")
    table["split"] = pd.Series([split for split, *_ in rows], dtype="str")
    for name in SIZES:
        table[name] = pd.Series([near_hash(name, picture, flips) for _, picture, flips in rows], dtype="str")
    return table


def apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def parts(text: str, digits: int) -> list[str]:
    return [text[start : start + digits] for start in range(0, len(text), digits)]


def closest(one: dict[str, str], other: dict[str, str], search: str) -> int:
    if search in {"phash", "signature"}:
        return apart(one[search], other[search])
    ones, others = (parts(row["view_phash"], 16) for row in (one, other))
    if search == "windows":
        return min(apart(*windows) for windows in zip(ones[3:], others[3:], strict=True))
    places = slice(1) if search == "mirrored" else slice(1, 3)
    forth = [apart(one["phash"], view) for view in others[places]]
    return min([*forth, *(apart(other["phash"], view) for view in ones[places])])


def nearest(table: pd.DataFrame, search: str) -> dict[tuple[str, str], int]:
    """Of each image and each other split that is not smaller the least distance, comparing all with all."""
    groups = {name: part.to_dict("records") for name, part in table.groupby("split")}
    found = {}
    for pair in combinations([name for name in SPLITS if name in groups], 2):
        fewer, more = sorted(pair, key=lambda name: len(groups[name]))
        for one in groups[fewer]:
            found[one["id"], more] = min(closest(one, other, search) for other in groups[more])
    return found


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.sampled_from(SPLITS), st.integers(0, 3), st.integers(0, 12)), max_size=20),
    st.integers(1, 3),
)
def test_the_nearest_of_every_image_is_that_of_comparing_all_with_all(
    rows: list[tuple[str, int, int]], threads: int
) -> None:
    table = images(rows)
    pairs, told = leaks.leaks(table, LIMITS, threads)
    for search in leaks.SEARCHES:
        part = pairs[pairs["search"] == search]
        least = {key: int(value) for key, value in part.groupby(["id", "near_split"])["distance"].min().items()}
        assert least == nearest(table, search)
    assert told["images"] == len(rows)
    sizes = table["split"].value_counts()
    expected = sum(int(sizes[one] * sizes[other]) for one, other in combinations(sizes.index, 2))
    assert {sum(one["pairs"] for one in told["searched"] if one["search"] == s) for s in leaks.SEARCHES} == {expected}
    order = table.sample(frac=1, random_state=0).reset_index(drop=True)
    pd.testing.assert_frame_equal(leaks.leaks(order, LIMITS)[0], pairs)


def test_a_copy_in_another_split_is_a_leak_and_so_is_every_other_one() -> None:
    table = images([("train", 1, 0), ("train", 1, 2), ("test", 1, 1), ("test", 2, 0), ("train", 3, 0)])
    pairs, told = leaks.leaks(table, LIMITS)
    found = pairs.loc[pairs["leak"], ["id", "split", "near_id", "near_split", "search", "distance"]]
    assert found[found["search"] == "phash"].to_numpy().tolist() == [
        ["i02", "test", "i00", "train", "phash", 1],
        ["i02", "test", "i01", "train", "phash", 1],
    ]
    by_phash = [one for one in told["searched"] if one["search"] == "phash"]
    assert {one["splits"]: (one["within"], one["leaks"]) for one in by_phash} == {"train-test": (2, 2)}


@pytest.mark.parametrize(("flips", "leak"), [(20, True), (21, False)])
def test_a_near_phash_is_a_leak_only_if_the_longer_signature_agrees(flips: int, leak: bool) -> None:
    table = images([("train", 1, 0), ("val", 1, 3)])
    table["signature"] = [near_hash("signature", 1, 0), near_hash("signature", 1, flips)]
    pairs, told = leaks.leaks(table, LIMITS)
    assert pairs[["search", "distance", "leak"]].to_numpy().tolist()[:2] == [
        ["phash", 3, leak],
        ["signature", flips, False],
    ]
    assert [one["within"] for one in told["searched"]][:2] == [1, int(leak)]


@pytest.mark.parametrize("cropped", ["train", "val"])
def test_a_crop_in_another_split_is_found_by_the_middle_of_its_original(cropped: str) -> None:
    whole = "val" if cropped == "train" else "train"
    table = images([(cropped, 1, 0), (whole, 2, 0)])
    table.loc[1, "view_phash"] = view_texts({"small_middle": int(near_hash("phash", 1, 4), 16)}, 16)
    before, _ = leaks.leaks(table, LIMITS)
    assert not before["leak"].any(), "the signatures differ"
    table.loc[1, "view_signature"] = view_texts({"small_middle": int(near_hash("signature", 1, 5), 16)}, 64)
    pairs, _ = leaks.leaks(table, LIMITS)
    assert pairs.loc[pairs["leak"], ["search", "distance"]].to_numpy().tolist() == [["middles", 4]]


def test_an_uninformative_phash_is_not_compared_but_counted() -> None:
    table = images([("train", 1, 0), ("test", 2, 0), ("train", 3, 0), ("test", 4, 0)])
    table.loc[[0, 1], "phash"] = "f" * 15 + "7"
    pairs, told = leaks.leaks(table, LIMITS)
    assert set(zip(pairs["id"], pairs["near_id"], strict=True)) == {("i02", "i03")}
    assert (told["images"], told["left_out"], told["searched"][0]["pairs"]) == (4, 2, 1)


@pytest.mark.parametrize("rows", [[], [("train", 1, 0)], [("test", 1, 0), ("test", 1, 0)]])
def test_where_there_is_one_split_or_none_nothing_is_compared(rows: list[tuple[str, int, int]]) -> None:
    pairs, told = leaks.leaks(images(rows), LIMITS)
    assert list(pairs) == leaks.COLUMNS
    assert len(pairs) == 0
    assert told == {"searched": [], "images": len(rows), "left_out": 0}


def test_rejected_images_are_not_compared() -> None:
    table = images([("train", 1, 0), ("", 1, 0), ("test", 2, 0)])
    table.loc[1, ["reason", "phash"]] = ["truncated", ""]
    pairs, _ = leaks.leaks(table, LIMITS)
    assert set(zip(pairs["id"], pairs["near_id"], strict=True)) == {("i00", "i02")}


def step(root: Path, threads: int, views: str = "mirrored, middles, windows") -> Any:
    numbers = (
        f"radius: 6, verify: 20, views: [{views}], min_bits: 8, enlarged: 1.35, bits_as_jpeg: {{JPEG: 1}}, marked: 0.3"
    )
    (root / "params.yaml").write_text(
        f"dedup: {{{numbers}, bits_as_jpeg: {{JPEG: 1}}, score: null, firewall: {{}}, embedding: null}}\n"
    )
    paths = {"table": root / "in.parquet", "out": root / f"{threads}.parquet", "params": root / "params.yaml"}
    return leaks.run(argparse.Namespace(threads=threads, **paths))


def test_the_step_writes_the_same_bytes_on_any_number_of_threads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = np.random.default_rng(0)
    rows = [(SPLITS[dice.integers(4)], int(dice.integers(9)), int(dice.integers(9))) for _ in range(60)]
    tables.write(images(rows), tmp_path / "in.parquet")
    for threads in (1, 3):
        step(tmp_path, threads)
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "3.parquet").read_bytes()
    told = leaks.read_searches(tmp_path / "1.parquet")
    splits = ["-".join(pair) for pair in combinations(SPLITS, 2) for _ in leaks.SEARCHES]
    assert [one["splits"] for one in told["searched"]] == splits
    rows = pd.DataFrame(told["searched"]).query("search == 'phash'")
    nearest = rows.sort_values("nearest", kind="stable").iloc[0]
    near = f"the nearest at {nearest['nearest']} bits ({nearest['splits']})"
    pairs, within, copies = rows[["pairs", "within", "leaks"]].sum()
    assert capsys.readouterr().out.splitlines()[:2] == [
        "leaks: 0 of 60 images have an uninformative pHash and were not compared",
        f"leaks: by phash {pairs:,} pairs, {near}, {within} within 6, {copies} copies",
    ]


def test_views_are_searched_only_where_dedup_compares_them(tmp_path: Path) -> None:
    tables.write(images([("train", 1, 0), ("test", 2, 0)]), tmp_path / "in.parquet")
    step(tmp_path, 1, views="mirrored")
    searched = leaks.read_searches(tmp_path / "1.parquet")["searched"]
    assert [one["search"] for one in searched] == ["phash", "signature", "mirrored"]


def test_an_uninformative_middle_is_replaced_by_the_whole() -> None:
    table = images([("train", 1, 0), ("val", 2, 0)])
    table["view_phash"], table["view_signature"] = "f" * 80, "f" * 320
    pairs, _ = leaks.leaks(table, LIMITS)
    distance = pairs.set_index("search")["distance"]
    assert distance["middles"] == distance["phash"]


def test_no_threads_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--threads 0: expected at least 1"):
        step(tmp_path, 0)
