"""native4k.degrade: exact, seeded, for any scale, and as published."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from native4k import degrade, params, resample
from native4k.sr import networks
from tests.sr.conftest import scene

GOLDEN = {"a": "7eeb19a5f18bf78c", "b": "4ee799773892b16a", "c": "88ea095befbbacb1"}
"""Of the low-resolution pictures of one scene under three names: the same on every machine."""


@pytest.fixture(scope="module")
def made() -> degrade.Params:
    return params.load(degrade.Params, Path(__file__).parents[1] / "params.yaml", "sr", "degrade")


@pytest.mark.parametrize("name", ["bicubic", "realesrgan"])
@pytest.mark.parametrize("scale", [2, 3, 4, 8, 16])
def test_the_low_resolution_picture_is_a_scale_smaller(name: degrade.Name, scale: int, made: degrade.Params) -> None:
    for image in ("a", "b", "c", "d"):
        small = degrade.degrade(scene(0, 5 * scale, 9 * scale), image, scale, name, made)
        assert (small.shape, small.dtype) == ((5, 9, 3), np.uint8)


def test_it_depends_on_the_image_and_the_seed_alone(made: degrade.Params) -> None:
    def small(image: str, picture: int = 0) -> bytes:
        return degrade.degrade(scene(picture, 64, 80), image, 4, "realesrgan", made).tobytes()

    torch.manual_seed(1)
    first = small("a")
    torch.manual_seed(2)
    np.random.default_rng(3).random(10)
    assert small("a") == first
    assert small("b") != first
    assert small("a", 1) != first


def test_it_is_the_same_on_every_machine(made: degrade.Params) -> None:
    found = {
        image: hashlib.sha256(degrade.degrade(scene(0, 96, 128), image, 4, "realesrgan", made).tobytes()).hexdigest()[
            :16
        ]
        for image in GOLDEN
    }
    assert found == GOLDEN


def test_bicubic_needs_no_chance(made: degrade.Params) -> None:
    picture = scene(0, 64, 80)
    expected = resample.to_pixels(resample.downscale(resample.to_tensor(picture), 4))
    assert np.array_equal(degrade.degrade(picture, "a", 4, "bicubic", made), expected)


@given(size=st.sampled_from([7, 9, 13, 21]), seed=st.integers(0, 1000))
def test_filtering_is_exact(size: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    picture, kernel = random.integers(0, 256, (30, 27, 3)), degrade.quantise_kernel(random.random((size, size)))
    whole = np.round(kernel * degrade.STEP).astype(np.int64)
    framed = np.pad(picture, ((size // 2,) * 2, (size // 2,) * 2, (0, 0)), mode="reflect")
    sums = sum(whole[y, x] * framed[y : y + 30, x : x + 27] for y in range(size) for x in range(size))
    expected = degrade.quantise(np.asarray(sums) / degrade.STEP)
    assert np.array_equal(degrade.convolve(picture.astype(np.float64), kernel), expected)


@given(sides=st.tuples(st.integers(1, 50), st.integers(1, 50)), way=st.sampled_from(["area", "bilinear", "bicubic"]))
def test_resizing_is_torchs(sides: tuple[int, int], way: degrade.Interpolation) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (31, 24, 3)).astype(np.float64)
    image = torch.from_numpy(picture).permute(2, 0, 1)[None]
    expected = torch.nn.functional.interpolate(image, size=sides, mode=way)[0].permute(1, 2, 0).numpy()
    assert np.abs(degrade.resize(picture, sides, way) - expected).max() < 0.02  # grey levels: two roundings


@given(seed=st.integers(0, 10_000), stage=st.sampled_from(["first", "second"]))
def test_kernels_are_in_whole_steps_and_keep_the_brightness(seed: int, stage: str) -> None:
    numbers = params.load(degrade.Params, Path(__file__).parents[1] / "params.yaml", "sr", "degrade").realesrgan
    blur = getattr(numbers, stage).blur
    kernel = degrade.draw_kernel(np.random.default_rng(seed), blur)
    assert kernel.shape in {(size, size) for size in blur.sizes}
    assert np.array_equal(kernel * degrade.STEP, np.round(kernel * degrade.STEP))
    assert kernel.sum() == 1


def test_the_shapes_are_basicsrs() -> None:
    theirs = networks.import_basicsr("data.degradations")
    size, sigma, angle = 13, np.array([2.5, 0.8]), 0.6
    distance = degrade.elliptic(size, sigma, angle)
    pairs = [
        (
            degrade.quantise_kernel(np.exp(-0.5 * distance)),
            theirs.bivariate_Gaussian(size, *sigma, angle, isotropic=False),
        ),
        (
            degrade.quantise_kernel(np.exp(-0.5 * distance**1.7)),
            theirs.bivariate_generalized_Gaussian(size, *sigma, angle, 1.7, isotropic=False),
        ),
        (
            degrade.quantise_kernel(1 / (distance**1.3 + 1)),
            theirs.bivariate_plateau(size, *sigma, angle, 1.3, isotropic=False),
        ),
        (degrade.sinc(2.0, size), theirs.circular_lowpass_kernel(2.0, size)),
    ]
    for ours, expected in pairs:
        assert np.abs(ours - expected).max() < size**2 / degrade.STEP


def test_noise_has_the_strength_it_is_given(made: degrade.Params) -> None:
    grey = np.full((200, 200, 3), 128.0)
    first = made.realesrgan.first
    only = params.validate(
        degrade.Stage, _plain(first) | {"gaussian_share": 1.0, "gaussian": [10, 10], "grey_share": 0.0}, "stage"
    )
    noise = degrade._add_noise(grey, np.random.default_rng(0), only) - grey
    assert noise.std() == pytest.approx(10, rel=0.03)
    assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.02
    same = params.validate(
        degrade.Stage, _plain(first) | {"gaussian_share": 0.0, "poisson": [1, 1], "grey_share": 1.0}, "stage"
    )
    noise = degrade._add_noise(grey, np.random.default_rng(0), same) - grey
    assert np.array_equal(noise[..., 0], noise[..., 2])
    assert noise.std() > 10  # one level in the picture: light is counted in ones


def _plain(stage: degrade.Stage) -> dict[str, object]:
    import dataclasses

    return dataclasses.asdict(stage)  # type: ignore[call-overload]
