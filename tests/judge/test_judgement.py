"""What is said of pixels, sizes and borders, and why."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from native4k.errors import UserError
from native4k.judge import judge, judgement
from native4k.judge.judgement import Judgement, Range
from native4k.measure import measurements, workers
from tests.judge.samples import ROOT, fake, photograph

NUMBERS = judgement.load(judge.NUMBERS, None)


def said_of(picture: Image.Image, place: Path, **changed: Any) -> Judgement:
    """The judgement on a picture, with some of what was measured of it changed."""
    picture.save(place / "picture.png", compress_level=1)
    image = measurements.decode_file(place / "picture.png", NUMBERS.measured)
    features = measurements.measure_decoded(image, NUMBERS.measured) | changed
    return judgement.judgement(features, image.luma, NUMBERS)


def test_the_package_has_the_numbers_of_the_repository() -> None:
    assert judge.NUMBERS.read_bytes() == (ROOT / "params.yaml").read_bytes()
    assert f"preset: {judgement.PRESET} " in (ROOT / "params" / "photos.yaml").read_text(encoding="utf-8")
    assert NUMBERS.false_alarms == NUMBERS.rules["upscaled"].min == 0.01
    assert NUMBERS.geometry.min_pixels == 3840 * 2160


def test_a_picture_of_the_size_of_4k_is_called_by_its_pixels(tmp_path: Path) -> None:
    size = {"width": 4096, "height": 2560}
    native = said_of(photograph(), tmp_path, **size)
    assert native[:3] == ("native", "native", (4096, 2560))
    upscaled = said_of(fake(), tmp_path, **size)
    assert upscaled[:3] == ("upscaled", "upscaled", (2048, 1280))
    assert upscaled.why.endswith("and a trace tells of enlarging by 2")
    large = said_of(fake(), tmp_path, width=8192, height=5120)
    assert large[:3] == ("upscaled", "upscaled", (4096, 2560))
    assert large.why.endswith("and a trace tells of enlarging by 2, so its true size is 4K still")


def test_less_than_4k_is_too_small_and_its_pixels_are_judged_all_the_same(tmp_path: Path) -> None:
    native, upscaled = said_of(photograph(), tmp_path), said_of(fake(), tmp_path)
    assert native[:3] == ("native", "too small", (512, 512))
    assert native.why.startswith("less than 4K, though its pixels look native: ")
    assert upscaled[:3] == ("upscaled", "too small", (256, 256))
    assert upscaled.why.startswith("less than 4K, and upscaled: 0.")


def test_wide_borders_are_no_pixels_of_the_picture(tmp_path: Path) -> None:
    size = {"width": 4096, "height": 4096}
    narrow = said_of(photograph(), tmp_path, **size, border_top=540, border_bottom=540)
    assert narrow[:3] == ("native", "native", (4096, 4096))
    wide = said_of(photograph(), tmp_path, **size, border_top=700, border_bottom=700)
    assert wide[:3] == ("native", "native", (4096, 2696))
    assert wide.why.startswith("4K inside of borders of one colour (4096 x 2696); ")
    too_wide = said_of(photograph(), tmp_path, **size, border_left=1200, border_right=1200)
    assert too_wide[1:3] == ("too small", (1696, 4096))
    assert too_wide.why.startswith("less than 4K inside of borders of one colour (1696 x 4096), though its pixels")


def noisy() -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).normal(128, 8, (512, 512)).clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (Image.new("RGB", (512, 512)), "flat: contrast is 0, at least 2 is needed; blurred: detail is 0, at least 0.5"),
        (noisy(), "texture in 0 of the 16 places looked at, and 3 are needed"),
        (photograph().crop((0, 0, 100, 400)), "a side is shorter than the 120 pixels that are looked at together"),
        (photograph().filter(ImageFilter.GaussianBlur(30)), "blurred: detail is "),
    ],
    ids=["one colour", "noise", "a strip", "blurred"],
)
def test_what_cannot_be_told_says_why(tmp_path: Path, picture: Image.Image, why: str) -> None:
    said = said_of(picture, tmp_path, width=4096, height=2560)
    assert said[:3] == ("cannot tell", "cannot tell", None)
    assert said.why.startswith(why)


def test_a_score_between_the_thresholds_is_not_guessed_from(tmp_path: Path) -> None:
    said = said_of(photograph(), tmp_path, width=4096, height=2560, nativeness_score=0.03)
    assert said[:3] == ("cannot tell", "cannot tell", None)
    assert said.why.startswith("3.00 % of certain natives look less native: upscaled is below 1 %, native from 5 % on;")


def test_every_failure_has_words() -> None:
    lost = {"timeout", "out_of_memory", "crashed"}
    known = {"truncated", "broken", "not_an_image", "unsupported", "bomb", "animation", "too_heavy"}
    assert judgement.FAILURES.keys() == known | lost
    assert all(reason in str(workers.Lost.__doc__) + Path(workers.__file__).read_text() for reason in lost)


def test_a_preset_without_a_threshold_needs_one_from_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {"flat": Range(column="contrast", min=2.0, max=None, per=None, missing="reject")}
    load = judgement.params.load
    monkeypatch.setattr(
        judgement.params, "load", lambda kind, path, *keys: rules if keys[0] == "select" else load(kind, path, *keys)
    )
    with pytest.raises(UserError, match=r"select\.presets\.photos\.upscaled\.min is missing; give --false-alarms"):
        judgement.load(ROOT / "params.yaml", None)
    assert judgement.load(ROOT / "params.yaml", 0.02).false_alarms == 0.02
    rules["flat"] = Range(column="contrasts", min=2.0, max=None, per=None, missing="reject")
    with pytest.raises(UserError, match=r"photos\.flat\.column: probe measures no 'contrasts'; is it 'contrast'"):
        judgement.load(ROOT / "params.yaml", 0.03)
    judgement.load.cache_clear()
