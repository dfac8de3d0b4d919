"""Damaged small versions are made by seed: the same again, and nobody else's."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from native4k import images
from native4k.publish.kinds import damage, lowres
from native4k.publish.kinds.numbers import Damage, Small
from native4k.publish.kinds.source import Source
from native4k.sr import degrade

MILD = Damage(seed=0, blur=(0.1, 0.1), noise=(0.0, 0.0), jpeg=(100, 100))
HARSH = Damage(seed=0, blur=(2.0, 3.0), noise=(10.0, 30.0), jpeg=(30, 60))


def scene() -> np.ndarray:
    """A grey picture with detail, 64 x 96 pixels; JPEG would halve the detail of colours."""
    y, x = np.mgrid[:64, :96]
    return np.repeat((127 + 100 * np.sin(x / 3) * np.cos(y / 5))[..., None], 3, axis=-1).astype(np.uint8)


def loss(numbers: Damage, scale: int) -> float:
    """Mean distance from the bicubic version, grey levels."""
    bicubic = degrade.to_pixels(degrade.downscale(degrade.to_tensor(scene()), scale))
    return float(np.abs(damage.damaged(scene(), "a", scale, numbers).astype(int) - bicubic).mean())


@pytest.mark.parametrize("scale", [4, 8, 16])
def test_little_damage_is_nearly_bicubic_and_much_is_far_from_it(scale: int) -> None:
    assert damage.damaged(scene(), "a", scale, MILD).shape == (64 // scale, 96 // scale, 3)
    assert loss(MILD, scale) < 4 < loss(HARSH, scale)


def test_a_picture_is_damaged_alike_again_and_unlike_others_seeds_and_scales() -> None:
    first = damage.damaged(scene(), "a", 4, HARSH)
    np.testing.assert_array_equal(damage.damaged(scene(), "a", 4, HARSH), first)
    other = Damage(seed=1, blur=HARSH.blur, noise=HARSH.noise, jpeg=HARSH.jpeg)
    for different in (damage.damaged(scene(), "b", 4, HARSH), damage.damaged(scene(), "a", 4, other)):
        assert np.abs(different.astype(int) - first).mean() > 1
    draws = [damage.chance(HARSH, name, scale).random() for name in "ab" for scale in (4, 8)]
    assert len(set(draws)) == 4


def test_an_export_with_damage_does_not_depend_on_what_else_is_exported(published: Any, tmp_path: Path) -> None:
    numbers = Small(scales=(2,), damage=HARSH, originals=False, png_level=1)
    for name, splits in (("one", ("val",)), ("all", ("train", "val", "test"))):
        (tmp_path / name).mkdir()
        lowres.export(Source(published.out, splits, tmp_path), tmp_path / name, numbers)
    alone, among = (tmp_path / name / "val/LR_x2/c.png" for name in ("one", "all"))
    assert alone.read_bytes() == among.read_bytes()
    pixels = images.load(published.out / "val/c.jpg")
    np.testing.assert_array_equal(images.load(alone), damage.damaged(pixels, "c", 2, HARSH))


def test_a_blur_sums_to_one_and_is_wider_along_its_angle() -> None:
    flat = damage.kernel(3.0, 0.5, 0.0)
    assert flat.sum() == pytest.approx(1)
    middle = len(flat) // 2
    assert flat[middle, middle + 3] > 100 * flat[middle + 3, middle]
    np.testing.assert_allclose(damage.kernel(3.0, 0.5, np.pi / 2), flat.T, atol=1e-12)
