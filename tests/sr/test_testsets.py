"""native4k.sr.testsets: the layouts of published sets, pair by pair."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from native4k.errors import UserError
from native4k.sr import testsets

Draw = Callable[[int, int, int], np.ndarray]

LAYOUTS = {
    "Set14 and Urban100": (
        "image_SRF_{scale}",
        "image_SRF_{scale}",
        ["image_SRF_4/img_001_SRF_4_HR.png", "image_SRF_4/img_002_SRF_4_HR.png"],
        ["image_SRF_4/img_001_SRF_4_LR.png", "image_SRF_4/img_002_SRF_4_LR.png"],
        ["img_001", "img_002"],
    ),
    "all scales in one folder": (
        "all",
        "all",
        ["all/img_001_SRF_4_HR.png", "all/img_001_SRF_2_HR.png"],
        ["all/img_001_SRF_4_LR.png", "all/img_001_SRF_2_LR.png"],
        ["img_001"],
    ),
    "DIV2K": (
        "DIV2K_valid_HR",
        "DIV2K_valid_LR_bicubic/X{scale}",
        ["DIV2K_valid_HR/0801.png", "DIV2K_valid_HR/0802.png"],
        ["DIV2K_valid_LR_bicubic/X4/0801x4.png", "DIV2K_valid_LR_bicubic/X4/0802x4.png"],
        ["0801", "0802"],
    ),
    "RealSR": (
        "Canon/Test/{scale}",
        "Canon/Test/{scale}",
        ["Canon/Test/4/Canon_001_HR.png", "Canon/Test/4/Canon_010_HR.png"],
        ["Canon/Test/4/Canon_001_LR4.png", "Canon/Test/4/Canon_010_LR4.png"],
        ["Canon_001", "Canon_010"],
    ),
    "Set5 as BasicSR has it": (
        "GTmod12",
        "LRbicx{scale}",
        ["GTmod12/baby.png", "GTmod12/bird.png"],
        ["LRbicx4/babyx4.png", "LRbicx4/birdx4.png"],
        ["baby", "bird"],
    ),
    "KAIR": ("HR", "LR", ["HR/a_b.png", "HR/c.png"], ["LR/a_bx4.png", "LR/cx4.png"], ["a_b", "c"]),
    "plain names": ("HR", "LR", ["HR/a.png", "HR/b.png"], ["LR/a.jpg", "LR/b.jpg"], ["a", "b"]),
}


def _fill(root: Path, names: list[str], size: tuple[int, int], draw: Draw) -> None:
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw(number, *size)).save(root / name)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_pairs_of_published_layouts_are_found_by_their_names(layout: str, tmp_path: Path, draw: Draw) -> None:
    high, low, large, small, ids = LAYOUTS[layout]
    _fill(tmp_path, large, (24, 32), draw)
    _fill(tmp_path, small, (6, 8), draw)
    numbers = testsets.Params(high=str(tmp_path / high), low=str(tmp_path / low))
    pairs = testsets.published_pairs("published", numbers, 4)
    assert [pair.id for pair in pairs] == ids
    assert {pair.category for pair in pairs} == {"published"}
    for place, pair in enumerate(pairs):
        assert (str(pair.high), str(pair.low)) == (str(tmp_path / large[place]), str(tmp_path / small[place]))
        opened = testsets.open_pair(pair, 4, None)
        assert (opened.small.shape, opened.truth.shape) == ((6, 8, 3), (24, 32, 3))


def test_sides_that_are_no_multiples_are_cut_before_they_are_compared(tmp_path: Path, draw: Draw) -> None:
    _fill(tmp_path, ["a.png"], (26, 35), draw)
    _fill(tmp_path, ["ax4.png"], (6, 8), draw)
    opened = testsets.open_pair(testsets.Pair("a", "x", tmp_path / "a.png", tmp_path / "ax4.png"), 4, None)
    assert np.array_equal(opened.truth, draw(0, 26, 35)[:24, :32])


def _refused(root: Path, scale: int = 4, low: str = "LR") -> str:
    numbers = testsets.Params(high=str(root / "HR"), low=str(root / low))
    with pytest.raises(UserError) as caught:
        [testsets.open_pair(pair, scale, None) for pair in testsets.published_pairs("mine", numbers, scale)]
    return str(caught.value).replace(f"{root}/", "")


def test_what_does_not_pair_is_one_line(tmp_path: Path, draw: Draw) -> None:
    assert _refused(tmp_path) == "HR: no such folder; correct sr.evaluate.test_sets"
    (tmp_path / "HR").mkdir()
    assert _refused(tmp_path) == "HR: there are no pictures for scale 4 here; correct sr.evaluate.test_sets"
    _fill(tmp_path, ["HR/a.png", "HR/b.png"], (24, 32), draw)
    _fill(tmp_path, ["LR/ax4.png"], (6, 8), draw)
    said = _refused(tmp_path)
    assert said == "LR: no picture goes with b.png at scale 4; see sr.evaluate.test_sets.mine"
    assert re.match("LR: there are no pictures for scale 2 here", _refused(tmp_path, 2))
    _fill(tmp_path, ["LR/bx4.png"], (24, 32), draw)
    said = _refused(tmp_path)
    assert said == "LR/bx4.png: 32x24 does not go with HR/b.png: 32x24 at scale 4, it should be 8x6"
    _fill(tmp_path, ["LR/b_LR4.png"], (6, 8), draw)
    assert _refused(tmp_path) == "LR/bx4.png: is b, as b_LR4.png is; keep one of them in that folder"
    (tmp_path / "HR/c.png").write_bytes(b"no picture")
    (tmp_path / "lows").mkdir()
    assert _refused(tmp_path, low="lows").startswith("lows: there are no pictures")


def test_a_set_needs_low_resolution_pictures_or_a_way_to_make_them() -> None:
    for wrong in (testsets.Params(high="x"), testsets.Params(high="x", low="y", degradation="bicubic")):
        with pytest.raises(UserError, match=r"^p: sets\.mine: give either low or degradation$"):
            testsets.check({"mine": wrong}, "p: sets")
    testsets.check({"mine": testsets.Params(high="x", degradation="bicubic")}, "p: sets")
