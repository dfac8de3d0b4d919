"""native4k.sr.metrics against basicsr and pyiqa, and intervals that hold what they promise."""

import warnings
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from native4k.sr import metrics, networks


def _pictures(kind: str) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (203, 611, 3), dtype=np.uint8)
    truth = cv2.GaussianBlur(noise, (0, 0), {"fine": 0.8, "smooth": 6.0, "burnt out": 3.0}[kind])
    if kind == "burnt out":
        truth[:120] = 250
    return np.clip(truth + random.normal(0, 3, truth.shape), 0, 255).round().astype(np.uint8), truth


@pytest.mark.parametrize("kind", ["fine", "smooth", "burnt out"])
@pytest.mark.parametrize(("convention", "border"), [("sr-classical", 4), ("sr-real", 0)])
def test_the_numbers_are_basicsrs(kind: str, convention: metrics.Name, border: int) -> None:
    theirs = networks.import_basicsr("metrics.psnr_ssim")
    pair = _pictures(kind)
    for name, value in metrics.compare(*pair, 4, (convention,), ("psnr", "ssim")).items():
        function = theirs.calculate_psnr if "psnr" in name else theirs.calculate_ssim
        bgr = [picture[..., ::-1] for picture in pair]
        expected = function(*bgr, border, test_y_channel=name.endswith("_y"))
        assert value == pytest.approx(expected, abs=1e-4 if "psnr" in name else 1e-6, rel=0), name


def test_each_convention_has_its_own_channels() -> None:
    pair = _pictures("fine")
    assert list(metrics.compare(*pair, 4, ("sr-classical", "sr-real"), ("psnr", "ssim", "ms_ssim"))) == [
        "sr-classical psnr_rgb",
        "sr-classical ssim_rgb",
        "sr-classical psnr_y",
        "sr-classical ssim_y",
        "sr-classical ms_ssim_y",
        "sr-real psnr_y",
        "sr-real ssim_y",
        "sr-real ms_ssim_y",
    ]
    assert list(metrics.compare(*pair, 4, ("sr-real",), ("ms_ssim",))) == ["sr-real ms_ssim_y"]


def test_identical_pictures_are_as_good_as_can_be() -> None:
    picture, _ = _pictures("fine")
    assert metrics.compare(picture, picture, 4, ("sr-real",), ("psnr", "ssim", "ms_ssim")) == {
        "sr-real psnr_y": 100.0,
        "sr-real ssim_y": pytest.approx(1, abs=1e-6),
        "sr-real ms_ssim_y": pytest.approx(1, abs=1e-6),
    }


@pytest.mark.parametrize(
    ("conventions", "measures", "side"),
    [
        (("sr-classical", "sr-real"), ("psnr", "ssim", "ms_ssim"), 177),
        (("sr-real",), ("ssim",), 11),
        (("sr-classical",), ("psnr",), 17),
    ],
)
def test_the_smallest_picture_is_as_small_as_what_is_measured_allows(
    conventions: tuple[metrics.Name, ...], measures: tuple[metrics.Measure, ...], side: int
) -> None:
    assert metrics.min_side(8, conventions, measures) == side
    picture = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    assert all(np.isfinite(list(metrics.compare(picture, picture, 8, conventions, measures).values())))


@pytest.fixture(scope="module", name="theirs")
def pyiqas() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # third parties' imports
        from pyiqa.archs import ssim_arch
    return ssim_arch


@pytest.mark.parametrize("size", [(176, 192), (175, 201), (161, 300)])
@pytest.mark.parametrize("noise", [3, 40])
def test_ms_ssim_is_pyiqas(size: tuple[int, int], noise: int, theirs: Any) -> None:
    random = np.random.default_rng(noise)
    truth = cv2.GaussianBlur(random.integers(0, 256, (*size, 3), dtype=np.uint8), (0, 0), 1.5)
    ours = np.clip(truth + random.normal(0, noise, truth.shape), 0, 255).round().astype(np.uint8)
    pair = [torch.from_numpy(side).permute(2, 0, 1)[None].double() for side in (ours, truth)]
    expected = float(theirs.ms_ssim(*pair, data_range=255))
    assert metrics.ssim_and_ms_ssim(ours, truth) == (metrics.ssim(ours, truth), pytest.approx(expected, abs=1e-6))


def test_a_picture_unlike_the_other_has_no_negative_ms_ssim(theirs: Any) -> None:
    truth = np.random.default_rng(0).integers(0, 256, (180, 180), dtype=np.uint8)
    pair = [torch.from_numpy(side)[None, None].double() for side in (255 - truth, truth)]
    found, expected = metrics.ssim_and_ms_ssim(255 - truth, truth)[1], float(theirs.ms_ssim(*pair, data_range=255))
    assert found == pytest.approx(expected, abs=1e-6)
    assert metrics.ssim(255 - truth, truth) < 0 <= found


def test_blocks_leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    pair = random.integers(0, 256, (2, 97, 130, 3), dtype=np.uint8)
    whole = metrics.means(*pair)
    monkeypatch.setattr(metrics, "BLOCK", (16, 32))
    assert metrics.means(*pair) == pytest.approx(whole, abs=1e-6)


def test_the_window_is_the_one_of_the_paper() -> None:
    assert metrics.WINDOW.shape == (11, 1)
    assert float(metrics.WINDOW.sum()) == pytest.approx(1)


NUMBERS = metrics.Bootstrap(seed=0, draws=400, confidence=0.9)


def test_a_mean_is_in_its_interval_about_as_often_as_promised() -> None:
    random = np.random.default_rng(0)
    hits = 0
    for _ in range(300):
        low, high = metrics.interval(random.normal(3, 2, 40), NUMBERS)
        hits += low <= 3 <= high
    assert 0.83 < hits / 300 < 0.95


def test_the_interval_is_the_one_of_the_normal_distribution_where_that_holds() -> None:
    values = np.random.default_rng(1).normal(0, 1, 2000)
    low, high = metrics.interval(values, NUMBERS)
    half = 1.645 * values.std() / len(values) ** 0.5
    assert (low, high) == (
        pytest.approx(values.mean() - half, abs=half / 4),
        pytest.approx(values.mean() + half, abs=half / 4),
    )


def test_large_and_small_portions_of_draws_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(2).random(50)
    whole = metrics.interval(values, NUMBERS)
    assert metrics.interval(values, NUMBERS) == whole
    monkeypatch.setattr(metrics, "CHUNK", 500)
    assert metrics.interval(values, NUMBERS) == whole


def test_one_value_is_its_own_interval() -> None:
    assert metrics.describe(np.array([2.5]), NUMBERS) == {"mean": 2.5, "median": 2.5, "low": 2.5, "high": 2.5}
