"""native4k.sr.patches: what is cut, and in which order it is seen."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from native4k import images
from native4k.errors import UserError
from native4k.sr import patches

NUMBERS = patches.Params(side=16, per_image=5, textured_share=0.6, tries=6, seed=3)


def test_patches_of_the_same_image_and_seed_are_the_same_bytes() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    first, again = patches.cut(picture, "a", NUMBERS), patches.cut(picture, "a", NUMBERS)
    assert first.shape == (5, 16, 16, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, patches.cut(picture, "b", NUMBERS))


def test_textured_patches_come_from_where_the_texture_is() -> None:
    picture = np.full((64, 64, 3), 128, np.uint8)
    picture[:20, :20] = np.random.default_rng(0).integers(0, 256, (20, 20, 3))
    many = patches.Params(side=16, per_image=10, textured_share=0.5, tries=200, seed=0)
    spread = patches.cut(picture, "a", many).std(axis=(1, 2, 3))
    assert (spread[:5] > 30).all()
    assert (spread[5:] == 0).sum() >= 2


def test_a_picture_of_exactly_a_patchs_size_is_one_patch() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    assert np.array_equal(patches.cut(picture, "a", NUMBERS), np.stack([picture] * 5))


def test_every_patch_is_seen_once_an_epoch_wherever_one_starts() -> None:
    whole, _ = patches.order(0, 14, 7, seed=1)
    assert sorted(whole[:7]) == sorted(whole[7:]) == list(range(7))
    assert list(whole[:7]) != list(whole[7:])
    for seen in range(14):
        chosen, turns = patches.order(seen, 3, 7, seed=1)
        expected, expected_turns = patches.order(0, 17, 7, seed=1)
        assert list(chosen) == list(expected[seen : seen + 3])
        assert list(turns) == list(expected_turns[seen : seen + 3])


def test_the_eight_turns_are_all_different() -> None:
    patch = np.arange(12).reshape(2, 2, 3)
    assert len({patches.turn(patch, way).tobytes() for way in range(8)}) == 8


def test_a_store_is_cut_once_and_found_again(
    split: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = split("train", images=3)
    first = patches.store(folder, NUMBERS, tmp_path / "work", threads=2)
    picture = images.load(folder / "train0001.png")
    assert np.array_equal(first.pixels[5:10], patches.cut(picture, "train0001", NUMBERS))
    assert first.ids == ["train0000"] * 5 + ["train0001"] * 5 + ["train0002"] * 5

    monkeypatch.setattr(images, "load", None)
    again = patches.store(folder, NUMBERS, tmp_path / "work", threads=1)
    assert np.array_equal(again.pixels, first.pixels)


def test_a_store_that_was_not_finished_is_cut_again(split: Callable[..., Path], tmp_path: Path) -> None:
    folder = split("train")
    broken = folder / "train0001.png"
    content = broken.read_bytes()
    broken.write_bytes(b"x" * len(content))
    with pytest.raises(UserError, match=r"train0001\.png: cannot be decoded \(not_an_image\)"):
        patches.store(folder, NUMBERS, tmp_path / "work", threads=1)
    assert list((tmp_path / "work").iterdir()) == []
    broken.write_bytes(content)
    assert len(patches.store(folder, NUMBERS, tmp_path / "work", threads=1).pixels) == 10


def test_an_image_smaller_than_a_patch_is_named(split: Callable[..., Path], tmp_path: Path) -> None:
    folder = split("train", images=1, size=(12, 40))
    with pytest.raises(UserError, match=r"train0000\.png: 40x12 is smaller than sr\.patches\.side 16; lower that"):
        patches.store(folder, NUMBERS, tmp_path / "work", threads=1)


def test_an_empty_split_is_named(split: Callable[..., Path]) -> None:
    folder = split("val", images=0)
    with pytest.raises(UserError, match=r"val: there are no images in this split; publish a dataset that has some"):
        patches.pictures(folder)


def test_a_missing_image_says_how_to_get_it(split: Callable[..., Path], tmp_path: Path) -> None:
    folder = split("train")
    (folder / "train0000.png").unlink()
    with pytest.raises(UserError, match=r"train0000\.png: no such file; get it with: dvc pull .*train"):
        patches.store(folder, NUMBERS, tmp_path / "work", threads=1)
