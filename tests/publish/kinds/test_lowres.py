"""Whole pictures made small, in pairs that BasicSR reads, and the pairs and lists of OSEDiff."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from native4k import degrade, images, params, resample
from native4k.errors import UserError
from native4k.publish.kinds import Small, Source, Squares, lowres, osediff
from tests.publish.kinds.pairs import dataset, loaded

ROOT = Path(__file__).parent.parent.parent.parent
DEGRADED = params.load(degrade.Params, ROOT / "params.yaml", "sr", "degrade")


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("scale", [2, 4])
def test_basicsr_reads_the_small_versions_beside_the_cut_originals(
    published: Any, exported: Callable[[str], Path], scale: int
) -> None:
    folder = exported("lowres") / "train"
    found = loaded(dataset(folder / "HR", folder / f"LR_x{scale}", scale=scale))
    assert list(found) == ["a", "b"]
    for name, file in (("a", "a.jpg"), ("b", "b.png")):
        pixels = images.load(published.out / "train" / file)[:28, :40]
        np.testing.assert_array_equal(found[name][0], pixels)
        small = resample.to_pixels(resample.downscale(resample.to_tensor(pixels), scale))
        np.testing.assert_array_equal(found[name][1], small)


def test_the_originals_are_left_out_unless_asked_for(published: Any, tmp_path: Path) -> None:
    numbers = Small(scales=(4,), degradation="bicubic", originals=False, png_level=1)
    lowres.export(Source(published.out, ("val", "test"), tmp_path), tmp_path, numbers, DEGRADED)
    assert names(tmp_path) == ["test/LR_x4/d.png", "val/LR_x4/c.png"]


def test_a_picture_too_small_for_a_scale_is_one_line(published: Any, tmp_path: Path) -> None:
    numbers = Small(scales=(32,), degradation="bicubic", originals=False, png_level=1)
    with pytest.raises(UserError, match=r"val/c\.jpg: too small for scale 32; leave the scale out"):
        lowres.export(Source(published.out, ("val",), tmp_path), tmp_path, numbers, DEGRADED)


def test_osediffs_list_names_every_training_square_as_out_was_typed(exported: Callable[[str], Path]) -> None:
    out = exported("osediff")
    lines = (out / "train.txt").read_text(encoding="utf-8").splitlines()
    assert lines == [str(out / "train" / f"{name}_s{number:03d}.png") for name in "ab" for number in range(1, 7)]
    assert {images.load(Path(line)).shape for line in lines} == {(16, 16, 3)}


def test_osediffs_pairs_are_squares_and_their_small_versions_enlarged(
    published: Any, exported: Callable[[str], Path]
) -> None:
    folder = exported("osediff") / "test"
    names_ = [f"d_s{number:03d}.png" for number in range(1, 7)]
    assert names(folder / "test_HR") == names(folder / "test_SR_bicubic") == names_
    pixels = resample.to_tensor(images.load(published.out / "test/d.png")[:28, :40])
    bicubic = resample.quantise(resample.imresize(resample.downscale(pixels, 4)[:, :4, 4:8], 4))
    second = {part: images.load(folder / part / "d_s002.png") for part in ("test_HR", "test_SR_bicubic")}
    np.testing.assert_array_equal(second["test_HR"], resample.to_pixels(pixels[:, :16, 16:32]))
    np.testing.assert_array_equal(second["test_SR_bicubic"], resample.to_pixels(bicubic))


def test_osediff_wants_one_scale(published: Any, tmp_path: Path) -> None:
    numbers = Squares(side=16, step=16, scales=(2, 4), png_level=1)
    with pytest.raises(UserError, match=r"export\.osediff\.scales: expected one scale, got 2"):
        osediff.export(Source(published.out, ("val",), tmp_path), tmp_path, numbers)


def test_a_degraded_export_does_not_depend_on_what_else_is_exported(published: Any, tmp_path: Path) -> None:
    numbers = Small(scales=(2,), degradation="realesrgan", originals=False, png_level=1)
    for name, splits in (("one", ("val",)), ("all", ("train", "val", "test"))):
        (tmp_path / name).mkdir()
        lowres.export(Source(published.out, splits, tmp_path), tmp_path / name, numbers, DEGRADED)
    alone, among = (tmp_path / name / "val/LR_x2/c.png" for name in ("one", "all"))
    assert alone.read_bytes() == among.read_bytes()
    pixels = images.load(published.out / "val/c.jpg")
    expected = degrade.degrade(pixels, "c", 2, "realesrgan", DEGRADED)
    np.testing.assert_array_equal(images.load(alone), expected)
