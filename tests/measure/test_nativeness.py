"""What is said of sharp, enlarged, noisy, blurred and empty pictures."""

import dataclasses
import io
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from native4k import params
from native4k.measure.nativeness import Params, false_alarms, nativeness, traits

NUMBERS = params.load(Params, Path(__file__).parent.parent.parent / "params.yaml", "probe", "nativeness")
FILTERS = [Image.Resampling.NEAREST, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS]
WIDTH, HEIGHT = 960, 720


@cache
def sharp(width: int = WIDTH, height: int = HEIGHT, seed: int = 0) -> Image.Image:
    """Discs over each other, rough and sharp to the pixel."""
    dice = np.random.default_rng(seed)
    picture = Image.new("L", (2 * width, 2 * height), 128)
    pen = ImageDraw.Draw(picture)
    for radius in np.sort(4 / np.sqrt(dice.uniform(0.001, 1, 4000)))[::-1]:
        x, y = dice.uniform(0, 2 * width), dice.uniform(0, 2 * height)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=int(dice.integers(20, 236)))
    rough = dice.normal(0, 2, (height, width))
    return Image.fromarray(clipped(np.asarray(picture.resize((width, height), Image.Resampling.BOX)) + rough))


def clipped(values: np.ndarray) -> np.ndarray:
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)


def enlarged(factor: float, method: Image.Resampling) -> Image.Image:
    return sharp(round(WIDTH / factor), round(HEIGHT / factor)).resize((WIDTH, HEIGHT), method)


def jpeg(picture: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return Image.open(out).convert("L")


def webp(picture: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=quality)
    return Image.open(out).convert("L")


def with_caption(picture: Image.Image) -> Image.Image:
    """A bar along the lower edge with a line of sharp letters."""
    out = picture.copy()
    pen = ImageDraw.Draw(out)
    pen.rectangle((0, out.height - 40, out.width, out.height), fill=16)
    pen.text((8, out.height - 36), "A line of words that says what this shows. " * 3, 240, ImageFont.load_default(26))
    return out


@cache
def photograph(name: str) -> Image.Image:
    """One of the textures that come with scikit-image."""
    return Image.open(Path(skimage.data.__file__).parent / f"{name}.png").convert("L")


def enlarged_photograph(name: str) -> Image.Image:
    return photograph(name).resize((1024, 1024), Image.Resampling.BICUBIC)


def told(picture: Image.Image | np.ndarray) -> str:
    return str(nativeness(np.asarray(picture), NUMBERS)["nativeness"])


@pytest.mark.parametrize("seed", range(3))
def test_a_sharp_picture_is_native(seed: int) -> None:
    said = nativeness(np.asarray(sharp(seed=seed)), NUMBERS)
    assert (said["nativeness"], said["upscaled_by"]) == ("native", 1.0)
    assert said["nativeness_score"] > NUMBERS.native_above


@pytest.mark.parametrize("factor", [1.5, 2, 2.7, 3, 4])
@pytest.mark.parametrize("method", FILTERS)
def test_an_enlarged_picture_is_upscaled(factor: float, method: Image.Resampling) -> None:
    said = nativeness(np.asarray(enlarged(factor, method)), NUMBERS)
    assert said["nativeness"] == "upscaled"
    assert said["nativeness_score"] < NUMBERS.upscaled_below
    assert said["upscaled_by"] >= 1.3


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("method", FILTERS)
def test_a_whole_factor_is_found(factor: float, method: Image.Resampling) -> None:
    said = nativeness(np.asarray(enlarged(factor, method)), NUMBERS)
    assert said["upscaled_by"] == pytest.approx(factor, rel=0.25)


@pytest.mark.parametrize("quality", [75, 85, 95])
def test_a_jpeg_file_changes_neither(quality: int) -> None:
    assert told(jpeg(sharp(), quality)) == "native"
    assert told(jpeg(enlarged_photograph("grass"), quality)) == "upscaled"


@pytest.mark.parametrize("quality", [80, 95])
def test_a_webp_file_changes_neither(quality: int) -> None:
    assert told(webp(sharp(), quality)) == "native"
    assert told(webp(enlarged_photograph("grass"), quality)) == "upscaled"


@pytest.mark.parametrize("name", ["grass", "gravel"])  # the brick is soft at its own size
@pytest.mark.parametrize("quality", [75, 85, 95])
def test_blocks_of_a_codec_make_no_photograph_upscaled(name: str, quality: int) -> None:
    assert told(photograph(name)) != "upscaled"
    assert told(jpeg(photograph(name), quality)) != "upscaled"
    assert told(webp(photograph(name), quality)) != "upscaled"


@pytest.mark.parametrize("name", ["brick", "grass", "gravel"])
def test_an_enlarged_photograph_is_upscaled_with_a_line_of_text_too(name: str) -> None:
    large = enlarged_photograph(name)
    assert [told(large), told(with_caption(large))] == ["upscaled"] * 2


def test_the_score_is_a_share_of_natives() -> None:
    odds = NUMBERS.native_odds
    assert [false_alarms(value, NUMBERS) for value in odds] == NUMBERS.native_share
    assert [false_alarms(odds[0] - 1, NUMBERS), false_alarms(odds[-1] + 1, NUMBERS)] == [0.0, 1.0]


def test_sharpening_changes_neither() -> None:
    sharpen = ImageFilter.UnsharpMask(1.5, 120, 0)
    assert told(sharp().filter(sharpen)) == "native"
    assert told(enlarged(2, Image.Resampling.LANCZOS).filter(sharpen)) == "upscaled"


def test_noise_added_afterwards_does_not_hide_an_enlargement() -> None:
    noise = np.random.default_rng(1).normal(0, 3, (HEIGHT, WIDTH))
    assert told(clipped(np.asarray(enlarged(3, Image.Resampling.BICUBIC)) + noise)) == "upscaled"


def test_a_cut_enlargement_is_still_one() -> None:
    assert told(np.asarray(enlarged(1.5, Image.Resampling.BICUBIC))[37:, 53:]) == "upscaled"


def test_a_shallow_depth_of_field_is_no_enlargement() -> None:
    picture = np.asarray(sharp().filter(ImageFilter.GaussianBlur(5))).copy()
    picture[240:600, 240:600] = np.asarray(sharp())[240:600, 240:600]
    assert told(picture) == "native"


@pytest.mark.parametrize(
    "picture",
    [
        np.full((720, 960), 128, np.uint8),
        clipped(np.random.default_rng(2).normal(128, 8, (720, 960))),
        clipped(np.linspace(0, 255, 720)[:, None] + np.random.default_rng(3).normal(0, 2, (720, 960))),
        np.asarray(sharp(100, 80)),
        np.asarray(sharp(960, 720).filter(ImageFilter.GaussianBlur(40))),
    ],
    ids=["empty", "noise", "a gradient with noise", "a stamp", "a mist"],
)
def test_too_little_texture_says_nothing(picture: np.ndarray) -> None:
    said = nativeness(picture, NUMBERS)
    assert said["nativeness"] == "unknown"
    assert np.isnan(said["upscaled_by"])
    assert np.isnan(said["nativeness_score"])


def test_between_the_bounds_nothing_is_said_but_the_score_is_kept() -> None:
    unsure = dataclasses.replace(NUMBERS, upscaled_below=-1000.0, native_above=1000.0)
    said = nativeness(np.asarray(sharp()), unsure)
    assert said["nativeness"] == "unknown"
    assert np.isnan(said["upscaled_by"])
    assert said["nativeness_score"] == nativeness(np.asarray(sharp()), NUMBERS)["nativeness_score"]


def test_only_enlarging_by_two_swings_at_half_a_cycle_alone() -> None:
    def lone_half(picture: Image.Image) -> float:
        found = traits(np.asarray(picture), NUMBERS)
        assert found is not None
        return found["lone_half"]

    assert all(lone_half(enlarged(2, method)) > 0.5 for method in FILTERS[:3])  # Lanczos hardly swings
    codecs = [jpeg(sharp(), 75), jpeg(sharp(), 60), webp(sharp(), 90), webp(sharp(), 80)]
    assert [lone_half(picture) for picture in (sharp(), *codecs, enlarged(3, FILTERS[2]))] == [0.0] * 6


def test_every_weight_is_of_a_trait() -> None:
    found = traits(np.asarray(sharp()), NUMBERS)
    assert found is not None
    assert {*NUMBERS.weights, *NUMBERS.factor} - {*found} == {"constant"}


@settings(max_examples=30, deadline=None)
@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8)), st.integers(1, 90))
def test_any_picture_gets_one_of_three_outcomes(small: np.ndarray, side: int) -> None:
    said = nativeness(np.repeat(np.repeat(small, side, axis=0), side, axis=1), NUMBERS)
    factor = said["upscaled_by"]
    assert {"native": factor == 1, "upscaled": factor >= 1, "unknown": np.isnan(factor)}[said["nativeness"]]
