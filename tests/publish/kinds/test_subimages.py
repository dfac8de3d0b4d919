"""Sub-images cover a picture as BasicSR's do, in folders and databases that BasicSR reads."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from native4k import images, resample
from native4k.errors import UserError
from native4k.publish.kinds import Source, Squares, subimages
from tests.publish.kinds.pairs import dataset, loaded


def expected(published: Any) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The squares of train by their definition: 40 x 30 pixels cut to 40 x 28, 16 a side, 8 apart, the last flush."""
    found = {}
    for name in ("a.jpg", "b.png"):
        pixels = images.load(published.out / "train" / name)[:28, :40]
        small = resample.to_pixels(resample.downscale(resample.to_tensor(pixels), 4))
        places = [(top, left) for top in (0, 8, 12) for left in (0, 8, 16, 24)]
        for number, (top, left) in enumerate(places, start=1):
            pair = pixels[top : top + 16, left : left + 16], small[top // 4 : top // 4 + 4, left // 4 : left // 4 + 4]
            found[f"{name[0]}_s{number:03d}"] = pair
    return found


@pytest.fixture(name="readers")
def both_ways(exported: Callable[[str], Path]) -> dict[str, Any]:
    folder, database = exported("subimages") / "train", exported("lmdb")
    listed = {"meta_info_file": str(folder / "meta_info.txt")}
    return {
        "folders": dataset(folder / "HR", folder / "LR_x4"),
        "a list": dataset(folder / "HR", folder / "LR_x4", **listed),
        "databases": dataset(database / "train_HR.lmdb", database / "train_LR_x4.lmdb"),
    }


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("way", ["folders", "a list", "databases"])
def test_basicsr_reads_the_pairs_and_their_pixels_are_the_pictures(
    way: str, readers: dict[str, Any], published: Any
) -> None:
    found, wanted = loaded(readers[way]), expected(published)
    assert found.keys() == wanted.keys()
    for name, pair in wanted.items():
        np.testing.assert_array_equal(found[name][0], pair[0])
        np.testing.assert_array_equal(found[name][1], pair[1])


def test_the_lists_have_basicsrs_words(exported: Callable[[str], Path]) -> None:
    first = {
        exported("subimages") / "val/meta_info.txt": "c_s001.png (16,16,3)",
        exported("lmdb") / "val_HR.lmdb/meta_info.txt": "c_s001.png (16,16,3) 1",
        exported("lmdb") / "val_LR_x4.lmdb/meta_info.txt": "c_s001.png (4,4,3) 1",
    }
    for path, line in first.items():
        lines = path.read_text(encoding="utf-8").splitlines()
        assert (lines[0], len(lines)) == (line, 12)


@given(st.integers(1, 200), st.integers(1, 50), st.integers(1, 50))
def test_squares_reach_both_ends_a_step_apart_and_never_beyond(length: int, side: int, step: int) -> None:
    places = subimages.starts(length, side, step)
    assert (places == []) == (length < side)
    if places:
        assert (places[0], places[-1]) == (0, length - side)
        assert all(0 < after - before <= step for before, after in itertools.pairwise(places))


def test_a_picture_smaller_than_a_square_has_none_and_is_counted(
    published: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Source(published.out, ("val",), Path("out"))
    large = Squares(side=64, step=64, scales=(4,), png_level=1)
    assert list(subimages.png_squares(source, "val", large)) == []
    assert "val: 1 pictures are smaller than 64 pixels and have no sub-image" in capsys.readouterr().out


@pytest.mark.parametrize(("side", "step"), [(18, 8), (16, 6)])
def test_sides_and_steps_that_a_scale_does_not_divide_are_one_line(published: Any, side: int, step: int) -> None:
    source = Source(published.out, ("val",), Path("out"))
    with pytest.raises(UserError, match=rf"export: side {side} and step {step} must be multiples of 4"):
        list(subimages.png_squares(source, "val", Squares(side=side, step=step, scales=(4,), png_level=1)))


@pytest.mark.parametrize("level", [0, 1, 9])
def test_packing_loses_nothing(level: int, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    (tmp_path / "a.png").write_bytes(subimages.png(pixels[:, ::-1], level))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), pixels[:, ::-1])


def test_the_size_is_that_of_all_squares_and_their_small_ones_as_packed_as_the_pictures(
    published: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subimages, "packed_share", lambda *_: 0.5)
    source, numbers = (
        Source(published.out, ("train", "val"), tmp_path),
        Squares(side=16, step=8, scales=(2, 4), png_level=1),
    )
    assert subimages.size(source, numbers) == 3 * 12 * 16 * 16 * (1 + 1 / 4 + 1 / 16) * 3 * 0.5
