"""native4k.sr.metrics.similarity against pyiqa and by hand; metrics has the comparison with basicsr."""

import warnings
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from native4k.sr.metrics import similarity


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
    assert similarity.ssim_and_ms_ssim(ours, truth) == (similarity.ssim(ours, truth), pytest.approx(expected, abs=1e-6))


def test_a_picture_unlike_the_other_has_no_negative_ms_ssim(theirs: Any) -> None:
    truth = np.random.default_rng(0).integers(0, 256, (180, 180), dtype=np.uint8)
    pair = [torch.from_numpy(side)[None, None].double() for side in (255 - truth, truth)]
    found, expected = similarity.ssim_and_ms_ssim(255 - truth, truth)[1], float(theirs.ms_ssim(*pair, data_range=255))
    assert found == pytest.approx(expected, abs=1e-6)
    assert similarity.ssim(255 - truth, truth) < 0 <= found


def test_blocks_leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    pair = random.integers(0, 256, (2, 97, 130, 3), dtype=np.uint8)
    whole = similarity.means(*pair)
    monkeypatch.setattr(similarity, "BLOCK", (16, 32))
    assert similarity.means(*pair) == pytest.approx(whole, abs=1e-6)


def test_the_window_is_the_one_of_the_paper() -> None:
    assert similarity.WINDOW.shape == (11, 1)
    assert float(similarity.WINDOW.sum()) == pytest.approx(1)
