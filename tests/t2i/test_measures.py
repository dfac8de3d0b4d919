"""Each measure against an independent computation of the same."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage.feature import graycomatrix
from skimage.measure import shannon_entropy

from native4k.t2i import measures

DISTANCES = (1, 2, 3, 4)
ANGLES = [0, np.pi / 4, np.pi / 2, 3 * np.pi / 4]


def noise_patch() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 64, (64, 64)).astype(np.uint8)


def smooth_patch() -> np.ndarray:
    rows, columns = np.mgrid[:64, :64]
    return ((np.sin(rows / 9) + np.cos(columns / 5) + 2) * 15).astype(np.uint8)


@pytest.mark.parametrize("patch", [noise_patch(), smooth_patch(), np.zeros((64, 64), np.uint8)])
def test_co_occurrence_is_scikit_images(patch: np.ndarray) -> None:
    theirs = graycomatrix(patch, list(DISTANCES), ANGLES, levels=64, normed=True)
    np.testing.assert_array_equal(measures.glcms(patch, 64, DISTANCES), theirs.transpose(2, 3, 0, 1))


@pytest.mark.parametrize("patch", [noise_patch(), smooth_patch()])
def test_both_glcm_scores_are_what_their_names_say(patch: np.ndarray) -> None:
    theirs = graycomatrix(patch, list(DISTANCES), ANGLES, levels=64, normed=True)
    ours = measures.glcms(patch, 64, DISTANCES)
    assert measures.glcm_published(ours) == pytest.approx(shannon_entropy(theirs), abs=1e-9)
    cells = [theirs[:, :, d, a][theirs[:, :, d, a] > 0] for d in range(4) for a in range(4)]
    assert measures.glcm_entropy(ours) == pytest.approx(np.mean([-(p * np.log2(p)).sum() for p in cells]), abs=1e-9)


def test_a_noise_patch_has_the_figures_known_for_it() -> None:
    matrices = measures.glcms(noise_patch(), 64, DISTANCES)
    assert measures.glcm_published(matrices) == pytest.approx(3.535, abs=0.01)
    assert measures.glcm_entropy(matrices) == pytest.approx(11.14, abs=0.01)


def test_entropy_is_that_of_the_grey_levels() -> None:
    assert measures.entropy(np.repeat(np.arange(256), 4)) == pytest.approx(8.0)
    assert measures.entropy(np.zeros((5, 5))) == 0
    assert measures.entropy(noise_patch()) == pytest.approx(shannon_entropy(noise_patch()))


def test_compression_ratio_is_of_all_bytes_together() -> None:
    rng = np.random.default_rng(0)
    pictures = np.stack([rng.integers(0, 256, (32, 32, 3)), np.full((32, 32, 3), 90)]).astype(np.uint8)
    size = 0
    for picture in pictures:
        out = io.BytesIO()
        Image.fromarray(picture).save(out, "JPEG", quality=95)
        size += len(out.getvalue())
    assert measures.compression_ratio(pictures, 95) == 2 * 32 * 32 * 3 / size


@pytest.mark.parametrize("slope", [-1.0, -2.0, -3.0])
def test_the_slope_of_a_made_spectrum_is_found(slope: float) -> None:
    rng = np.random.default_rng(0)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128)))
    frequency[0, 0] = 1
    made = np.fft.ifft2(np.fft.fft2(rng.standard_normal((128, 128))) * frequency ** (slope / 2)).real
    assert measures.spectrum_slope(made) == pytest.approx(slope, abs=0.15)


def test_tiles_are_the_pictures_own_squares() -> None:
    picture = np.arange(5 * 7 * 3).reshape(5, 7, 3)
    found = measures.tiles(picture, 2)
    expected = [picture[y : y + 2, x : x + 2] for y in (0, 2) for x in (0, 2, 4)]
    np.testing.assert_array_equal(found, np.stack(expected))


def test_kernel_distance_is_the_written_out_sum() -> None:
    rng = np.random.default_rng(0)
    ours, real = rng.normal(0.5, 1, (5, 3)), rng.normal(0, 2, (4, 3))
    scaled = [(each - real.mean(0)) / (real.std(0) + 1e-6) for each in (ours, real)]

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return float((x @ y / 3 + 1) ** 3)

    def alone(rows: np.ndarray) -> float:
        pairs = [kernel(x, y) for i, x in enumerate(rows) for j, y in enumerate(rows) if i != j]
        return float(np.mean(pairs))

    across = np.mean([kernel(x, y) for x in scaled[0] for y in scaled[1]])
    expected = alone(scaled[0]) + alone(scaled[1]) - 2 * across
    assert measures.kernel_distance(ours, real) == pytest.approx(expected)


def test_kernel_distance_grows_as_the_sets_part() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(0, 1, (300, 4))
    near, far = (measures.kernel_distance(rng.normal(shift, 1, (300, 4)), real) for shift in (0, 1))
    assert abs(near) < 0.1 < far


def test_patch_features_of_a_ramp_are_its_colour_and_steps() -> None:
    ramp = np.broadcast_to(np.arange(8)[None, None, :, None] * 10, (1, 8, 8, 3)).astype(np.uint8)
    spread = np.std(np.arange(8) * 10 / 255)
    expected = [35 / 255] * 3 + [spread] * 3 + [10 / 255, 0]
    np.testing.assert_allclose(measures.patch_features(ramp)[0], expected, atol=1e-12)


def test_psnr_of_an_error_of_one_level() -> None:
    assert measures.psnr(np.zeros((2, 4, 4, 3), np.uint8), np.ones((2, 4, 4, 3), np.uint8)) == pytest.approx(48.1308)
