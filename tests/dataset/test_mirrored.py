"""Mirrored copies of real pictures: one group, one zone, and a leak where they stand in two splits."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from native4k import images
from native4k.dataset import dedup, leaks, released_images
from native4k.dataset.near_duplicates.signatures import Limits
from native4k.measure import image_signatures
from tests.dataset.signed import DEDUP, EQUAL

LIMITS = Limits(radius=10, verify=76, views=["mirrored"], min_bits=20)
NUMBERS = dedup.Params(**DEDUP, verify=76, views=["mirrored"])


def drawn(seed: int) -> Image.Image:
    """A picture that is not its own mirror image: noise at three scales."""
    dice, total = np.random.default_rng(seed), np.zeros((300, 400, 3))
    for cells in (4, 8, 16):
        coarse = Image.fromarray(dice.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        total += np.asarray(coarse.resize((400, 300), Image.Resampling.BICUBIC), dtype=float) / 3
    return Image.fromarray(total.astype(np.uint8))


def saved(image: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return images.decode(out.getvalue())


@pytest.fixture(name="table")
def originals_and_a_mirrored_copy() -> pd.DataFrame:
    mirrored = saved(drawn(0).transpose(Image.Transpose.FLIP_LEFT_RIGHT), 75)
    pictures = [drawn(0), drawn(1), mirrored, drawn(2)]
    rows = [{"phash": image_signatures.phash(one), **image_signatures.signatures(one)} for one in pictures]
    table = pd.DataFrame(rows).assign(**EQUAL, reason="", rejected_by="")
    return table.assign(id=["a", "b", "m", "z"], sha256=["sa", "sb", "sm", "sz"], bits_per_pixel=[2.0, 2.0, 1.0, 2.0])


def test_a_mirrored_copy_is_in_the_group_of_its_original(table: pd.DataFrame) -> None:
    made = dedup.dedup(table, NUMBERS)
    assert made["representative"].tolist() == ["a", "b", "a", "z"]
    assert made[["reason", "match"]].to_numpy().tolist() == [["", ""], ["", ""], ["near_copy", "mirrored"], ["", ""]]


def test_a_mirrored_copy_of_a_released_image_is_in_its_zone(table: pd.DataFrame) -> None:
    lists = pd.DataFrame([("a", "test", "a", "sa")], columns=released_images.COLUMNS, dtype="str")
    better = table.assign(bits_per_pixel=[1.0, 2.0, 9.0, 2.0])
    made = released_images.group_around(better, lists, lambda rows: dedup.dedup(rows, NUMBERS), "dedup")
    assert made["representative"].tolist() == ["m", "b", "m", "z"]
    assert released_images.released_zones(made, lists).tolist() == ["test", "", "test", ""]


def test_a_mirrored_copy_in_another_split_is_a_leak(table: pd.DataFrame) -> None:
    split = table.assign(split=["train", "test", "test", "train"])
    pairs, searched = leaks.leaks(split, LIMITS)
    assert pairs.loc[pairs["leak"], ["id", "near_id", "search"]].to_numpy().tolist() == [["a", "m", "mirrored"]]
    assert {one["search"]: one["leaks"] for one in searched["searched"]} == {"phash": 0, "signature": 0, "mirrored": 1}
    without = Limits(radius=10, verify=76, views=[], min_bits=20)
    assert not leaks.leaks(split, without)[0]["leak"].any()
