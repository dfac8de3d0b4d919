"""The published Laplacian/Sobel figures, against OpenCV used in the published way."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k.measure import sharpness
from tests.pictures import photo

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
    ours = sharpness.sharpness(luma, patch, FLAT)
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
