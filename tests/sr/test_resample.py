"""native4k.sr.degrade against basicsr, and on its own."""

import numpy as np
import pytest
import torch

from native4k.sr import resample
from native4k.sr.networks import mended

SIZES = [(64, 48), (37, 51), (33, 40)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scale", [1 / 2, 1 / 3, 1 / 4, 1 / 8, 0.37, 2, 3, 4, 8, 1.7])
def test_resizing_is_what_basicsr_and_so_matlab_do(scale: float, size: tuple[int, int]) -> None:
    image = torch.rand(3, *size, generator=torch.Generator().manual_seed(0))
    theirs = mended.basicsr("utils.matlab_functions").imresize(image, scale)
    ours = resample.imresize(image, scale)
    assert ours.shape == theirs.shape
    assert float((ours - theirs).abs().max()) < 1e-5


def test_pictures_of_more_than_one_block_are_resized_without_a_step() -> None:
    image = torch.rand(1, 40, 701, generator=torch.Generator().manual_seed(0))
    for scale in (1 / 4, 4):
        theirs = mended.basicsr("utils.matlab_functions").imresize(image, scale)
        assert float((resample.imresize(image, scale) - theirs).abs().max()) < 1e-5


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
