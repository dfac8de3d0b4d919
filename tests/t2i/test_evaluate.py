"""Each measure against an independent computation of the same."""

import numpy as np
import pytest

from native4k.t2i import evaluate


@pytest.mark.parametrize("slope", [-1.0, -2.0, -3.0])
def test_the_slope_of_a_made_spectrum_is_found(slope: float) -> None:
    rng = np.random.default_rng(0)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128)))
    frequency[0, 0] = 1
    made = np.fft.ifft2(np.fft.fft2(rng.standard_normal((128, 128))) * frequency ** (slope / 2)).real
    assert evaluate.spectrum_slope(made) == pytest.approx(slope, abs=0.15)


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
    assert evaluate.kernel_distance(ours, real) == pytest.approx(expected)


def test_kernel_distance_grows_as_the_sets_part() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(0, 1, (300, 4))
    near, far = (evaluate.kernel_distance(rng.normal(shift, 1, (300, 4)), real) for shift in (0, 1))
    assert abs(near) < 0.1 < far


def test_patch_features_of_a_ramp_are_its_colour_and_steps() -> None:
    ramp = np.broadcast_to(np.arange(8)[None, None, :, None] * 10, (1, 8, 8, 3)).astype(np.uint8)
    spread = np.std(np.arange(8) * 10 / 255)
    expected = [35 / 255] * 3 + [spread] * 3 + [10 / 255, 0]
    np.testing.assert_allclose(evaluate.patch_features(ramp)[0], expected, atol=1e-12)


def test_psnr_of_an_error_of_one_level() -> None:
    assert evaluate.psnr(np.zeros((2, 4, 4, 3), np.uint8), np.ones((2, 4, 4, 3), np.uint8)) == pytest.approx(48.1308)
