"""The picture of what a judgement rests on shows what was measured."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor

from native4k.judge import evidence, judge, judgement
from native4k.measure import measurements, nativeness
from native4k.measure.decoded_image import DecodedImage
from tests.judge.samples import fake, flat, photograph

NUMBERS = judgement.load(judge.NUMBERS, None)


def drawn(picture: Image.Image, place: Path) -> tuple[Image.Image, DecodedImage]:
    picture.save(place / "picture.png")
    image = measurements.decode_file(place / "picture.png", NUMBERS.measured)
    row = judgement.judge(measurements.measure_decoded(image, NUMBERS.measured), image.luma, NUMBERS)
    content = evidence.draw("some/picture.png", row, image, NUMBERS.measured.nativeness)
    return Image.open(io.BytesIO(content)).convert("RGB"), image


def is_inside(part: np.ndarray, whole: np.ndarray) -> bool:
    """Whether a part stands somewhere in a whole, pixel for pixel."""
    rows, columns = np.nonzero(whole[: -len(part) + 1, : -part.shape[1] + 1] == part[0, 0])
    return any(
        np.array_equal(whole[top : top + len(part), left : left + part.shape[1]], part)
        for top, left in zip(rows, columns, strict=True)
    )


def test_the_patches_are_the_pictures_pixels(tmp_path: Path) -> None:
    mixed = photograph().copy()
    mixed.paste(flat().crop((0, 0, 512, 360)), (0, 0))
    sheet, image = drawn(mixed, tmp_path)
    cells = nativeness.select_cells(image.luma, NUMBERS.measured.nativeness.cells)
    assert cells is not None
    places = evidence.find_places(image.luma, cells, nativeness.power_spectra(cells.pixels))
    assert places.flattest == (0, 0)
    assert places.sharpest[0] == 160
    grey = np.asarray(sheet)[..., 0]
    for top, left in places:
        assert is_inside(image.luma[top : top + evidence.PATCH, left : left + evidence.PATCH], grey)


def test_the_cut_off_stands_where_the_detail_ends(tmp_path: Path) -> None:
    sheet, image = drawn(fake(), tmp_path)
    assert sheet.width == evidence.WIDTH
    cells = nativeness.select_cells(image.luma, NUMBERS.measured.nativeness.cells)
    assert cells is not None
    plot = np.asarray(evidence.spectrum_plot(nativeness.power_spectra(cells.pixels), NUMBERS.measured.nativeness))
    axes = evidence.Axes
    below = plot[evidence.SCALE * (axes.TOP + 60) : evidence.SCALE * axes.BOTTOM]  # below the words
    red = np.nonzero((below == ImageColor.getrgb(evidence.RED)).all(axis=2))[1].mean()
    found = nativeness.traits(image.luma, NUMBERS.measured.nativeness)
    assert found is not None
    share = (red / evidence.SCALE - axes.LEFT) / (axes.RIGHT - axes.LEFT)
    assert share == pytest.approx(2 ** found["reach"], abs=0.01)


@pytest.mark.parametrize("size", [(512, 512), (1, 1), (121, 700), (3000, 2)])
def test_any_picture_has_evidence(tmp_path: Path, size: tuple[int, int]) -> None:
    sheet, _ = drawn(flat().resize(size), tmp_path)
    assert sheet.width == evidence.WIDTH
