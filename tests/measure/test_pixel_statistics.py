"""What is measured of pixels, against the published arithmetic and known pictures."""

import io

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from native4k.measure import pixel_statistics
from tests.pictures import encoded, noise, photo

FLAT = {"v1": 800.0, "final": 100.0}


def published(luma: np.ndarray, patch: int) -> tuple[float, dict[str, float], np.ndarray]:
    """Whole planes in double precision, cut into patches, as the published script does."""
    edges = cv2.Laplacian(luma, cv2.CV_64F)
    across, down = (cv2.Sobel(luma, cv2.CV_64F, *way, ksize=3) for way in ((1, 0), (0, 1)))
    slopes = cv2.magnitude(across, down)
    places = [(top, left) for top in range(0, luma.shape[0], patch) for left in range(0, luma.shape[1], patch)]
    spreads = [np.var(slopes[top : top + patch, left : left + patch]) for top, left in places]
    variances = np.array([np.var(edges[top : top + patch, left : left + patch]) for top, left in places])
    return edges.var(), {name: float(np.mean(np.array(spreads) < bound)) for name, bound in FLAT.items()}, variances


def agrees(luma: np.ndarray, patch: int) -> dict[str, float]:
    ours = pixel_statistics.sharpness(luma, patch, FLAT)
    variance, flat, variances = published(luma, patch)
    assert ours["laplacian"] == pytest.approx(variance, rel=1e-9, abs=1e-9)
    assert {name: ours[f"flat_{name}"] for name in FLAT} == flat
    summary = [ours[f"sharpness_p{share}"] for share in (10, 50, 90)]
    assert summary == pytest.approx(np.percentile(variances, [10, 50, 90]), rel=1e-9, abs=1e-9)
    return ours


def test_the_presets_are_those_of_the_published_script() -> None:
    picture = np.asarray(photo(1000, 700).convert("L")).copy()
    picture[:250, :490] = 90  # flat in both
    picture[480:, 480:] = np.random.default_rng(0).normal(128, 7, (220, 520))  # flat in the first alone
    found = agrees(picture, 240)
    assert 0 < found["flat_final"] < found["flat_v1"] < 1


@given(seed=st.integers(0, 99), height=st.integers(1, 70), width=st.integers(1, 70), patch=st.integers(1, 40))
def test_any_size_and_patch_agree_with_the_whole_planes(seed: int, height: int, width: int, patch: int) -> None:
    agrees(np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8), patch)


def luma(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("L"))


def test_enlarged_and_blurred_pictures_have_less_of_the_finest_detail() -> None:
    sharp = noise(256, 256)
    enlarged = noise(128, 128).resize((256, 256), Image.Resampling.BICUBIC)
    blurred = sharp.filter(ImageFilter.GaussianBlur(3))
    pictures = {"sharp": sharp, "enlarged": enlarged, "blurred": blurred}
    rows = {name: pixel_statistics.detail(luma(picture), 64, 9) for name, picture in pictures.items()}
    assert rows["sharp"]["fineness"] > 1.5 * rows["enlarged"]["fineness"]
    assert rows["sharp"]["detail"] > 5 * rows["blurred"]["detail"]


def test_a_flat_picture_has_no_detail() -> None:
    assert pixel_statistics.detail(np.full((64, 64), 99, np.uint8), 16, 4) == {"detail": 0.0, "fineness": 0.0}


def test_a_shallow_depth_of_field_does_not_count_against_a_picture() -> None:
    sharp = noise(256, 256)
    shallow = sharp.filter(ImageFilter.GaussianBlur(8))
    shallow.paste(sharp.crop((0, 0, 128, 256)), (0, 0))
    whole, half = (pixel_statistics.detail(luma(picture), 32, 16)["detail"] for picture in (sharp, shallow))
    assert half == pytest.approx(whole, rel=0.05)


@given(seed=st.integers(0, 99), height=st.integers(1, 20), width=st.integers(1, 20))
def test_haar_bands_are_the_variance_within_blocks_of_two_and_between_them(seed: int, height: int, width: int) -> None:
    tile = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)

    def band(x: np.ndarray) -> tuple[np.ndarray, float]:
        even = x[: x.shape[0] // 2 * 2, : x.shape[1] // 2 * 2].astype(np.float64)
        blocks = even.reshape(even.shape[0] // 2, 2, -1, 2).swapaxes(1, 2).reshape(-1, 4) if even.size else even
        means = blocks.mean(axis=1).reshape(even.shape[0] // 2, -1) if even.size else even
        return means, float(blocks.var(axis=1).mean()) if even.size else 0.0

    means, finest = band(tile)
    assert pixel_statistics.haar_energies(tile) == pytest.approx((finest, band(means)[1]), abs=1e-6)


def scene(width: int = 512, height: int = 384) -> np.ndarray:
    small = noise(width // 32, height // 32).convert("L").resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(small).astype(float)


@pytest.mark.parametrize("sigma", [2.0, 5.0, 12.0])
def test_noise_is_measured_in_grey_levels(sigma: float) -> None:
    noisy = scene() + np.random.default_rng(1).normal(0, sigma, scene().shape)
    assert pixel_statistics.noise(np.clip(noisy, 0, 255).round().astype(np.uint8), 64) == pytest.approx(sigma, rel=0.12)


def test_texture_in_a_part_of_the_picture_is_not_taken_for_noise() -> None:
    picture = scene().round().astype(np.uint8)
    clean = pixel_statistics.noise(picture, 64)
    picture[:, :300] = np.asarray(noise(300, 384).convert("L"))
    assert clean < 0.6
    assert pixel_statistics.noise(picture, 64) < 0.6


def blocky(quality: int, cut: int = 0) -> float:
    picture = Image.fromarray((scene() + np.random.default_rng(2).normal(0, 3, scene().shape)).astype(np.uint8))
    jpeg = Image.open(io.BytesIO(encoded(picture, "JPEG", quality=quality)))
    return pixel_statistics.blockiness(np.asarray(jpeg)[cut:, cut:], 60)


def test_blocks_stand_out_the_more_a_jpeg_is_compressed_wherever_their_grid_begins() -> None:
    none = pixel_statistics.blockiness(scene().astype(np.uint8), 60)
    assert none < 1.1
    assert none < blocky(50) < blocky(10)
    assert blocky(10) > 2
    assert blocky(10, cut=3) == pytest.approx(blocky(10), rel=0.1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 99), (99, 1), (7, 7), (9, 9)])
def test_the_smallest_pictures_have_figures_too(shape: tuple[int, int]) -> None:
    assert pixel_statistics.artefacts(np.zeros(shape, np.uint8), 8) == {"noise": 0.0, "blockiness": 1.0}


def measured(picture: Image.Image) -> dict[str, float | bool]:
    return pixel_statistics.tones(np.asarray(picture.convert("L")), picture)


def test_brightness_contrast_and_clipping_are_those_of_the_luma() -> None:
    luma = np.asarray(photo(90, 70).convert("L")).copy()
    luma[:7], luma[7:21] = 0, 254
    found = pixel_statistics.tones(luma, Image.fromarray(luma).convert("RGB"))
    expected = {"brightness": luma.mean(), "contrast": luma.std(), "clipped_dark": 0.1, "clipped_light": 0.2}
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-4)


def test_colourfulness_is_hasler_and_suesstrunks() -> None:
    red, green, blue = np.moveaxis(np.asarray(noise(90, 70)).astype(float), 2, 0)
    first, second = red - green, (red + green) / 2 - blue
    spread = np.sqrt(first.var() + second.var()) + 0.3 * np.sqrt(first.mean() ** 2 + second.mean() ** 2)
    assert measured(noise(90, 70))["colourfulness"] == pytest.approx(spread)


def test_a_grey_picture_has_no_colours_also_after_jpeg() -> None:
    grey = photo(64, 64).convert("L").convert("RGB")
    assert (measured(grey)["colourfulness"], measured(grey)["greyscale"]) == (0.0, True)
    nearly = Image.fromarray(np.clip(np.add(grey, [[[0, 2, -1]]]), 0, 255).astype(np.uint8))
    assert measured(nearly)["greyscale"]
    nearly.paste((200, 30, 30), (0, 0, 8, 8))
    assert not measured(nearly)["greyscale"]


def test_a_cmyk_picture_has_colours() -> None:
    assert measured(noise(64, 64).convert("CMYK"))["colourfulness"] > 50


SIDES = ("border_top", "border_bottom", "border_left", "border_right")


INSIDE = np.asarray(photo(200, 160).convert("L"))


def framed(top: int, bottom: int, left: int, right: int, level: int) -> np.ndarray:
    picture = np.full((160 + top + bottom, 200 + left + right), level, np.uint8)
    inside = INSIDE.copy()
    inside[:, [0, -1]] = np.where(np.arange(160) % 2, 0, 255)[:, None]
    inside[[0, -1]] = np.where(np.arange(200) % 2, 0, 255)
    picture[top : top + 160, left : left + 200] = inside
    return picture


@given(sides=st.tuples(*[st.integers(0, 90)] * 4), level=st.sampled_from([0, 16, 128, 255]))
def test_each_side_is_measured_by_itself(sides: tuple[int, int, int, int], level: int) -> None:
    assert pixel_statistics.borders(framed(*sides, level)) == dict(zip(SIDES, sides, strict=True))


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_jpeg_moves_the_end_of_a_letterbox_by_less_than_a_block(quality: int) -> None:
    jpeg = Image.open(io.BytesIO(encoded(Image.fromarray(framed(43, 61, 0, 0, 16)), "JPEG", quality=quality)))
    found = pixel_statistics.borders(np.asarray(jpeg))
    assert found["border_top"] == pytest.approx(43, abs=8)
    assert found["border_bottom"] == pytest.approx(61, abs=8)


def test_a_picture_without_a_frame_has_none() -> None:
    assert pixel_statistics.borders(np.asarray(photo(99, 77).convert("L"))) == dict.fromkeys(SIDES, 0)


def test_a_clear_sky_is_no_border() -> None:
    sky = np.repeat(np.linspace(200, 120, 400).round().astype(np.uint8)[:, None], 300, axis=1)
    assert pixel_statistics.borders(sky) == dict.fromkeys(SIDES, 0)


def test_a_picture_of_one_colour_is_all_border() -> None:
    assert pixel_statistics.borders(np.full((50, 70), 9, np.uint8)) == dict.fromkeys(SIDES, 0) | {"border_top": 50}
