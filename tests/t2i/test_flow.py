"""Paths, the sampler, and guidance."""

import torch
from torch import Tensor

from native4k.t2i import flow


def test_the_loss_of_the_true_velocity_is_zero() -> None:
    latents, noise = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4)
    found = flow.losses(lambda *_: noise - latents, latents, torch.zeros(2, 1), torch.tensor([0.2, 0.9]), noise)
    assert found.tolist() == [0, 0]


def test_the_network_sees_the_image_at_time_0_and_noise_at_time_1() -> None:
    latents, noise = torch.zeros(2, 1, 2, 2), torch.ones(2, 1, 2, 2)
    seen = []

    def network(noised: Tensor, times: Tensor, text: Tensor) -> Tensor:
        seen.append((noised.mean(dim=(1, 2, 3)).tolist(), times.tolist(), text.shape))
        return noised

    flow.losses(network, latents, torch.zeros(2, 5), torch.tensor([0.0, 1.0]), noise)
    assert seen == [([0, 1], [0, 1], (2, 5))]


def test_euler_on_a_straight_path_arrives_in_any_number_of_steps() -> None:
    image, noise = torch.full((1, 1, 2, 2), 3.0), torch.ones(1, 1, 2, 2)
    for steps in (1, 2, 8):
        found = flow.sample(lambda *_: (noise - image).repeat(2, 1, 1, 1), noise, torch.zeros(1, 1), steps, 1.0)
        assert torch.allclose(found, image)


def test_guidance_goes_on_past_the_caption() -> None:
    def network(latents: Tensor, _times: Tensor, text: Tensor) -> Tensor:
        return latents * 0 + text[:, :, None, None]

    zero = torch.zeros(1, 1, 1, 1)
    found = [
        flow.guided_velocity(network, zero, torch.zeros(1), torch.ones(1, 1), scale).item() for scale in (0.0, 1.0, 3.0)
    ]
    assert found == [0, 1, 3]
