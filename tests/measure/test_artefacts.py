"""Noise and blocks."""

import io

import numpy as np
import pytest
from PIL import Image

from native4k.measure import artefacts
from tests.pictures import encoded, noise


def scene(width: int = 512, height: int = 384) -> np.ndarray:
    small = noise(width // 32, height // 32).convert("L").resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(small).astype(float)


@pytest.mark.parametrize("sigma", [2.0, 5.0, 12.0])
def test_noise_is_measured_in_grey_levels(sigma: float) -> None:
    noisy = scene() + np.random.default_rng(1).normal(0, sigma, scene().shape)
    assert artefacts.noise(np.clip(noisy, 0, 255).round().astype(np.uint8), 64) == pytest.approx(sigma, rel=0.12)


def test_texture_in_a_part_of_the_picture_is_not_taken_for_noise() -> None:
    picture = scene().round().astype(np.uint8)
    clean = artefacts.noise(picture, 64)
    picture[:, :300] = np.asarray(noise(300, 384).convert("L"))
    assert clean < 0.6
    assert artefacts.noise(picture, 64) < 0.6


def blocky(quality: int, cut: int = 0) -> float:
    picture = Image.fromarray((scene() + np.random.default_rng(2).normal(0, 3, scene().shape)).astype(np.uint8))
    jpeg = Image.open(io.BytesIO(encoded(picture, "JPEG", quality=quality)))
    return artefacts.blockiness(np.asarray(jpeg)[cut:, cut:], 60)


def test_blocks_stand_out_the_more_a_jpeg_is_compressed_wherever_their_grid_begins() -> None:
    none = artefacts.blockiness(scene().astype(np.uint8), 60)
    assert none < 1.1
    assert none < blocky(50) < blocky(10)
    assert blocky(10) > 2
    assert blocky(10, cut=3) == pytest.approx(blocky(10), rel=0.1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 99), (99, 1), (7, 7), (9, 9)])
def test_the_smallest_pictures_have_figures_too(shape: tuple[int, int]) -> None:
    assert artefacts.artefacts(np.zeros(shape, np.uint8), 8) == {"noise": 0.0, "blockiness": 1.0}
