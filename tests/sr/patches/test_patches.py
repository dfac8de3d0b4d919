"""native4k.sr.patches: stores that are cut once, whatever happens, and the order in which patches are seen."""

import hashlib
import itertools
import json
import multiprocessing
import os
import re
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native4k import images
from native4k.errors import UserError
from native4k.sr import patches
from native4k.sr.patches import cutting

NUMBERS = patches.Params(side=16, margin=8, per_image=5, textured_share=0.6, tries=6, seed=3)
VIEWS: tuple[cutting.View, ...] = ("native", "half", "half_field", "upscaled")


@given(
    patches_=st.integers(1, 60),
    seed=st.integers(0, 9),
    ranks=st.integers(1, 5),
    batches=st.lists(st.integers(1, 40), min_size=1),
)
@settings(max_examples=40, deadline=None)
def test_each_epoch_has_every_patch_once_for_any_batches_and_ranks(
    patches_: int, seed: int, ranks: int, batches: list[int]
) -> None:
    whole, turns = patches.order(0, sum(batches), patches_, seed)
    for first in range(0, len(whole), patches_):
        epoch = whole[first : first + patches_]
        assert len(set(epoch)) == len(epoch)
        assert set(epoch) <= set(range(patches_))
    together, seen = [], 0
    for batch in batches:
        cuts = [seen + batch * rank // ranks for rank in range(ranks + 1)]
        for first, last in itertools.pairwise(cuts):
            together += list(zip(*patches.order(first, last - first, patches_, seed), strict=True))
        seen += batch
    assert together == list(zip(whole, turns, strict=True))


def test_epochs_and_seeds_are_shuffled_differently_and_evenly() -> None:
    epochs = patches.order(0, 9 * 2000, 9, seed=1)[0].reshape(-1, 9)
    places = np.stack([np.bincount(column, minlength=9) for column in epochs.T])
    assert np.abs(places - 2000 / 9).max() < 5 * (2000 / 9) ** 0.5
    assert len({tuple(epoch) for epoch in epochs}) > 1900
    turns = patches.order(0, 8000, 9, seed=1)[1]
    assert np.abs(np.bincount(turns, minlength=8) - 1000).max() < 5 * 1000**0.5
    assert list(patches.order(0, 9, 9, seed=2)[0]) != list(epochs[0])


def test_a_batch_out_of_a_thousand_million_patches_is_had_at_once() -> None:
    start = time.process_time()
    chosen, _ = patches.order(10**12, 64, 10**9, seed=0)
    assert len(set(chosen)) == 64
    assert time.process_time() - start < 0.5, "no list of all of them"


def test_the_eight_turns_are_all_different() -> None:
    patch = np.arange(12).reshape(2, 2, 3)
    assert len({patches.turn(patch, way).tobytes() for way in range(8)}) == 8


def test_a_store_is_cut_once_and_found_again(
    split: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = split("train", images=3)
    first = patches.store(folder, NUMBERS, tmp_path / "work", threads=2)
    picture = images.load(folder / "train0001.png")
    assert np.array_equal(first.pixels[5:10], cutting.cut(picture, "train0001", NUMBERS, "native"))
    assert first.ids == ["train0000"] * 5 + ["train0001"] * 5 + ["train0002"] * 5

    monkeypatch.setattr(images, "load", None)
    again = patches.store(folder, NUMBERS, tmp_path / "work", threads=1)
    assert np.array_equal(again.pixels, first.pixels)


def test_several_views_are_of_the_same_places_and_decode_each_image_once(
    split: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = split("train", images=2)
    seen: list[Path] = []
    load = images.load
    monkeypatch.setattr(images, "load", lambda path: seen.append(path) or load(path))
    found = patches.stores(folder, NUMBERS, tmp_path / "work", 1, *VIEWS)
    assert [path.name for path in seen] == ["train0000.png", "train0001.png"]
    for view in VIEWS:
        picture = load(folder / "train0001.png")
        assert np.array_equal(found[view].pixels[5:], cutting.cut(picture, "train0001", NUMBERS, view))
        alone = patches.store(folder, NUMBERS, tmp_path / "others", 1, view)
        assert np.array_equal(found[view].pixels, alone.pixels)
    assert seen[2:] == [folder / "train0000.png", folder / "train0001.png"] * 4


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patches, "IMAGES", 2)


def _slow(folder: Path, scratch: Path, told: Any) -> None:
    """A process that tells the name of each image it decodes, slowly, and what it has in the end."""
    patches.IMAGES = 2
    load = images.load

    def slowly(path: Path) -> np.ndarray:
        told.put(path.name)
        time.sleep(0.05)
        return load(path)

    images.load = slowly
    told.put(_digest(patches.store(folder, NUMBERS, scratch, threads=1)))


def _digest(store: patches.Store) -> str:
    return hashlib.sha256(store.pixels.tobytes()).hexdigest()


def _drained(told: Any) -> list[str]:
    found = []
    while not told.empty():
        found.append(told.get())
    return found


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # Python 3.12 on forking beside threads
@pytest.mark.usefixtures("small_pieces")
def test_what_was_cut_before_a_kill_is_not_cut_again(
    split: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = split("train", images=9)
    whole = patches.store(folder, NUMBERS, tmp_path / "undisturbed", threads=1)
    fork = multiprocessing.get_context("fork")
    told = fork.SimpleQueue()
    process = fork.Process(target=_slow, args=(folder, tmp_path / "work", told))
    process.start()
    for _ in range(6):
        told.get()
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()

    seen: list[str] = []
    load = images.load
    monkeypatch.setattr(images, "load", lambda path: seen.append(path.name) or load(path))
    again = patches.store(folder, NUMBERS, tmp_path / "work", threads=1)
    assert not {f"train000{number}.png" for number in range(4)} & set(seen), "two pieces were finished"
    assert {"train0006.png", "train0007.png", "train0008.png"} <= set(seen)
    assert np.array_equal(again.pixels, whole.pixels)
    assert _files(tmp_path / "work") == _files(tmp_path / "undisturbed")


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # Python 3.12 on forking beside threads
@pytest.mark.usefixtures("small_pieces")
def test_processes_that_start_at_once_share_the_work(split: Callable[..., Path], tmp_path: Path) -> None:
    folder = split("train", images=9)
    fork = multiprocessing.get_context("fork")
    told = fork.SimpleQueue()
    processes = [fork.Process(target=_slow, args=(folder, tmp_path / "work", told)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    whole = patches.store(folder, NUMBERS, tmp_path / "undisturbed", threads=1)
    once, ends = [f"train{number:04}.png" for number in range(9)], [_digest(whole)] * 3
    assert sorted(_drained(told)) == sorted(once + ends), "each image once, and all of them in the end"
    assert _files(tmp_path / "work") == _files(tmp_path / "undisturbed")


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("small_pieces")
def test_damaged_images_hold_up_no_others_and_are_one_line(split: Callable[..., Path], tmp_path: Path) -> None:
    folder = split("train", images=5)
    whole = patches.store(folder, NUMBERS, tmp_path / "undisturbed", threads=1)
    kept = {}
    for name in ("train0001.png", "train0002.png"):
        kept[name] = (folder / name).read_bytes()
        (folder / name).write_bytes(kept[name][:300])
    with pytest.raises(UserError, match=r"train0001\.png: cannot be decoded \(.*\); get it again.*; 1 more "):
        patches.store(folder, NUMBERS, tmp_path / "work", threads=1)
    for name, content in kept.items():
        (folder / name).write_bytes(content)
    found = patches.store(folder, NUMBERS, tmp_path / "work", threads=1)
    assert np.array_equal(found.pixels, whole.pixels)


def test_a_store_that_was_half_deleted_is_one_line(split: Callable[..., Path], tmp_path: Path) -> None:
    folder = split("train")

    def said() -> str:
        with pytest.raises(UserError) as caught:
            patches.store(folder, NUMBERS, tmp_path / "work", threads=1)
        return re.sub(r"work/\w{16}", "work/KEY", str(caught.value)).replace(f"{tmp_path}/", "")

    patches.store(folder, NUMBERS, tmp_path / "work", threads=1)
    (home,) = (tmp_path / "work").iterdir()
    mend = "remove work/KEY/native, then the same command makes it again"
    for name in ("patches.npy", "done", "about.json"):
        (home / "native" / name).rename(tmp_path / name)
        assert said() == f"work/KEY/native/{name}: is missing, this store of patches was half deleted; {mend}"
        (tmp_path / name).rename(home / "native" / name)
    os.truncate(home / "native/patches.npy", 5000)
    assert said() == f"work/KEY/native/patches.npy: has 5000 bytes, not 7808; {mend}"
    shutil.rmtree(home / "native")
    patches.store(folder, NUMBERS, tmp_path / "work", threads=1)
    about = json.loads((home / "native/about.json").read_text())
    (home / "native/about.json").write_text(json.dumps(about | {"layout": 0}))
    assert said() == (
        "work/KEY/native/about.json: says {'layout': 0, 'shape': [10, 16, 16, 3]}, "
        f"this code makes {{'layout': 1, 'shape': [10, 16, 16, 3]}}; {mend}"
    )
    (home / "native/about.json").write_text("{")
    assert "about.json: says nothing readable, this code makes" in said()


def test_a_disk_that_is_too_small_is_said_before_anything_is_cut(
    split: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = split("train")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**9, 10**9, 7000))
    with pytest.raises(UserError, match=r"work: the patches take 0\.00 GB, 0\.00 GB are free; remove stores of old "):
        patches.store(folder, NUMBERS, tmp_path / "work", threads=1)
    assert list((tmp_path / "work").iterdir()) == []


def test_an_image_without_room_for_a_patch_is_named(split: Callable[..., Path], tmp_path: Path) -> None:
    folder = split("train", images=2, size=(30, 40))
    expected = (
        r"train0000\.png: 40x30 has no room for sr\.patches\.side 16 and sr\.patches\.margin 8 around it, 32 pixels; "
        r"lower these \(2 of 2 images are too small\)$"
    )
    with pytest.raises(UserError, match=expected):
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
