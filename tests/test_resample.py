"""native4k.resample against basicsr, and on its own."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from native4k import resample
from native4k.sr import networks


def _theirs(image: torch.Tensor, scale: float) -> torch.Tensor:
    return networks.import_basicsr("utils.matlab_functions").imresize(image, scale)


def _theirs_in_float64(image: torch.Tensor, scale: float) -> torch.Tensor:
    """With its positions, too: in float32 they are off where the scale is no power of two, the more the larger."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(torch, "FloatTensor", torch.DoubleTensor)  # which it asks for by name
        torch.set_default_dtype(torch.float64)
        try:
            return _theirs(image.double(), scale)
        finally:
            torch.set_default_dtype(torch.float32)


@settings(max_examples=25)
@given(
    height=st.integers(32, 240),
    width=st.integers(32, 240),
    scale=st.sampled_from([1 / 2, 1 / 3, 1 / 4, 1 / 8, 1 / 16, 0.37, 1.7, 2, 3, 4, 8]),
)
def test_resizing_is_what_basicsr_does_in_float64(height: int, width: int, scale: float) -> None:
    image = torch.rand(3, height, width, generator=torch.Generator().manual_seed(height * 100 + width))
    ours, theirs = resample.imresize(image, scale), _theirs_in_float64(image, scale)
    assert ours.shape == theirs.shape
    assert float((ours - theirs).abs().max()) < 1e-6


@settings(max_examples=25)
@given(
    height=st.integers(32, 90),
    width=st.integers(32, 90),
    scale=st.sampled_from([1 / 2, 1 / 3, 1 / 4, 1 / 8, 1 / 16, 0.37, 2, 3, 4, 8]),
)
def test_resizing_is_what_basicsr_and_so_matlab_do(height: int, width: int, scale: float) -> None:
    image = torch.rand(3, height, width, generator=torch.Generator().manual_seed(height * 100 + width))
    ours, theirs = resample.imresize(image, scale), _theirs(image, scale)
    assert ours.shape == theirs.shape
    assert float((ours - theirs).abs().max()) < 1e-5


@settings(max_examples=25)
@given(height=st.integers(24, 90), width=st.integers(24, 90), scale=st.floats(0.1, 4))
def test_any_scale_is_what_basicsr_does_but_for_its_positions_in_float32(height: int, width: int, scale: float) -> None:
    image = torch.rand(3, height, width, generator=torch.Generator().manual_seed(height * 100 + width))
    ours, theirs = resample.imresize(image, scale), _theirs(image, scale)
    assert ours.shape == theirs.shape
    assert float((ours - theirs).abs().max()) < 1e-4
    assert float((ours - resample.imresize(image, scale, torch.float64)).abs().max()) < 1e-5


def test_pictures_of_more_than_one_block_are_resized_without_a_step() -> None:
    image = torch.rand(1, 40, 701, generator=torch.Generator().manual_seed(0))
    for scale in (1 / 4, 4):
        assert float((resample.imresize(image, scale) - _theirs(image, scale)).abs().max()) < 1e-5


@given(height=st.integers(1, 9), width=st.integers(1, 9), scale=st.integers(2, 16), seed=st.integers(0, 1000))
def test_the_small_picture_is_exact_whatever_the_order_of_its_sums(
    height: int, width: int, scale: int, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height * scale, width * scale, 3), dtype=np.uint8)
    small = resample.to_pixels(resample.downscale(resample.to_tensor(pixels), scale))
    down, across = (_whole_weights(side * scale, scale) for side in (height, width))
    sums = np.einsum("ij,jkc,lk->ilc", down, pixels.astype(object), across)
    steps = np.array([[[_rounded(int(one)) for one in line] for line in row] for row in sums])
    assert np.array_equal(small, steps.clip(0, 255))


def _whole_weights(length: int, scale: int) -> np.ndarray:
    """Every weight times resample.STEP, in Python's own integers."""
    rows = np.zeros((length // scale, length), object)
    top = 0
    for first, last, matrix in resample._blocks(length, 1 / scale, torch.float64, torch.device("cpu")):
        whole = matrix.numpy() * resample.STEP
        assert np.array_equal(whole, whole.round())
        rows[top : top + len(matrix), first:last] = whole.astype(np.int64)
        top += len(matrix)
    return rows


def _rounded(value: int) -> int:
    """To the nearest whole number, halves to the even one."""
    whole, rest = divmod(value, int(resample.STEP) ** 2)
    half = int(resample.STEP) ** 2 // 2
    return whole + (rest > half or (rest == half and whole % 2 == 1))


def test_the_exact_way_hardly_differs_from_basicsrs() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    image = resample.to_tensor(pixels)
    exact = resample.imresize(image, 1 / 4, torch.float64)
    assert float((exact - _theirs(image, 1 / 4)).abs().max()) < 1e-5


def test_half_precision_around_it_does_not_blur_it() -> None:
    image = torch.rand(3, 20, 24, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(resample.imresize(image, 4), resample.imresize(image.clone(), 4))
        assert resample.imresize(image, 4).dtype == torch.float32


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_makes_the_same_bits() -> None:
    image = resample.to_tensor(np.random.default_rng(0).integers(0, 256, (128, 96, 3), dtype=np.uint8))
    assert torch.equal(resample.downscale(image.cuda(), 4).cpu(), resample.downscale(image, 4))


def test_a_batch_is_resized_image_by_image() -> None:
    batch = torch.rand(2, 3, 20, 24, generator=torch.Generator().manual_seed(0))
    one_by_one = torch.stack([resample.imresize(image, 1 / 4) for image in batch])
    assert torch.allclose(resample.imresize(batch, 1 / 4), one_by_one, atol=1e-6)


def test_a_picture_smaller_than_the_kernel_keeps_its_mean_colour() -> None:
    assert torch.allclose(resample.imresize(torch.full((3, 2, 3), 0.25), 1 / 8), torch.full((3, 1, 1), 0.25))


def test_every_integer_scale_divides_a_multiple_of_itself_exactly() -> None:
    for scale in range(2, 17):
        for side in range(1, 40):
            assert resample.imresize(torch.zeros(1, side * scale, 1), 1 / scale).shape == (1, side, 1)


def test_the_small_picture_is_in_8_bit_steps_and_in_range() -> None:
    image = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(0)).round()
    small = resample.downscale(image, 4) * 255
    assert torch.equal(small, small.round().clamp(0, 255))


def test_pixels_survive_the_way_to_a_tensor_and_back() -> None:
    pixels = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    assert np.array_equal(resample.to_pixels(resample.to_tensor(pixels)), pixels)


def test_gradients_go_through_it() -> None:
    image = torch.rand(1, 3, 16, 16, requires_grad=True)
    resample.imresize(image, 1 / 4).sum().backward()
    assert image.grad is not None
    assert float(image.grad.sum()) == pytest.approx(48, rel=1e-4)  # each small pixel is a weighted mean
