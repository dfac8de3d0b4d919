"""native4k.sr.metrics against basicsr."""

import cv2
import numpy as np
import pytest

from native4k.sr import basicsr, metrics


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
    theirs = basicsr.load("metrics.psnr_ssim")
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
    assert metrics.smallest(8, conventions, measures) == side
    picture = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    assert all(np.isfinite(list(metrics.compare(picture, picture, 8, conventions, measures).values())))
