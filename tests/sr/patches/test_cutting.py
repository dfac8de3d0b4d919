"""native4k.sr.patches.cutting: which patches are cut, and what each view shows of them."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native4k import resample
from native4k.errors import UserError
from native4k.sr.patches import cutting

NUMBERS = cutting.Params(side=16, margin=8, per_image=5, textured_share=0.6, tries=6, seed=3)


def _noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_patches_of_the_same_image_and_seed_are_the_same_bytes() -> None:
    picture = _noise(60, 80)
    first, again = (cutting.cut(picture, "a", NUMBERS, "native") for _ in range(2))
    assert first.shape == (5, 16, 16, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, cutting.cut(picture, "b", NUMBERS, "native"))


def test_textured_patches_come_from_where_the_texture_is() -> None:
    picture = np.full((64, 64, 3), 128, np.uint8)
    picture[:20, :20] = _noise(20, 20)
    many = cutting.Params(side=16, margin=0, per_image=10, textured_share=0.5, tries=200, seed=0)
    spread = cutting.cut(picture, "a", many, "native").std(axis=(1, 2, 3))
    assert (spread[:5] > 30).all()
    assert (spread[5:] == 0).sum() >= 2


def test_a_picture_of_exactly_the_room_of_a_patch_is_one_patch() -> None:
    picture = _noise(32, 32)
    assert np.array_equal(cutting.cut(picture, "a", NUMBERS, "native"), np.stack([picture[8:24, 8:24]] * 5))


def test_places_keep_the_margin_and_reach_all_that_is_left() -> None:
    many = dataclasses.replace(NUMBERS, margin=5, per_image=2000, textured_share=0.0)
    found = cutting.choose_places(_noise(60, 41), "a", many)
    assert set(found[:, 0]) == set(range(6, 60 - 16 - 6 + 1, 2))
    assert set(found[:, 1]) == set(range(6, 41 - 16 - 6 + 1, 2))


@given(height=st.integers(32, 90), width=st.integers(32, 90), side=st.sampled_from([4, 8, 16]), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_a_patch_is_the_whole_views_pixels_at_the_same_place(height: int, width: int, side: int, seed: int) -> None:
    numbers = dataclasses.replace(NUMBERS, side=side, margin=side // 2, seed=seed, per_image=3)
    picture = _noise(height, width, seed)
    small = resample.downscale(resample.to_tensor(picture), 2)
    half, up = resample.to_pixels(small), resample.to_pixels(resample.resize_exactly(small, 2))
    for number, (top, left) in enumerate(cutting.choose_places(picture, "a", numbers)):
        expected = {
            "native": picture[top : top + side, left : left + side],
            "half": half[(top - side // 2) // 2 :, (left - side // 2) // 2 :][:side, :side],
            "half_field": half[top // 2 :, left // 2 :][: side // 2, : side // 2],
            "upscaled": up[top : top + side, left : left + side],
        }
        for view in ("native", "half", "half_field", "upscaled"):
            assert np.array_equal(cutting.cut(picture, "a", numbers, view)[number], expected[view])


def test_views_are_centred_on_the_same_point() -> None:
    y, x = np.mgrid[:96, :96]
    picture = np.repeat((2 * y)[:, :, None].clip(0, 255), 3, 2).astype(np.uint8)
    picture[:, :, 2] = 2 * x
    for top, left in cutting.choose_places(picture, "a", NUMBERS):
        for view in ("native", "half", "half_field", "upscaled"):
            middle = cutting.patch(picture, (top, left), 16, view).mean(axis=(0, 1))
            assert middle[[0, 2]] == pytest.approx([2 * top + 15, 2 * left + 15], abs=0.6)


def test_an_upscaled_patch_lacks_what_a_native_one_has() -> None:
    native, made = (cutting.cut(_noise(60, 60), "a", NUMBERS, view).std() for view in ("native", "upscaled"))
    assert made < 0.7 * native


def test_a_view_without_an_exact_place_or_room_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"^sr\.patches\.margin: must be 8, half of the side, or more .* half \(got 7\)$"
    ):
        cutting.check(dataclasses.replace(NUMBERS, margin=7), "half")
    for view in ("half", "half_field"):
        with pytest.raises(
            UserError, match=rf"^sr\.patches\.side: must be a multiple of 4 for the view {view} \(got 18\)"
        ):
            cutting.check(dataclasses.replace(NUMBERS, side=18, margin=9), view)
    for view in ("native", "upscaled", "half_field"):
        cutting.check(dataclasses.replace(NUMBERS, margin=0), view)
