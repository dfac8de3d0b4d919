"""Weights for the tests of recipes."""

import math
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision import models


@pytest.fixture(scope="session")
def vgg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VGG19's weights in the published layout, drawn by chance."""
    with torch.device("meta"):
        layers = models.vgg19(weights=None).features
    layers.to_empty(device="cpu")
    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for layer in layers:
            if isinstance(layer, nn.Conv2d):
                layer.weight.normal_(0, math.sqrt(2 / layer.weight[0].numel()), generator=random)
                layer.bias.zero_()
    path = tmp_path_factory.mktemp("vgg") / "vgg19-dcbb9e9d.pth"
    torch.save({f"features.{name}": value for name, value in layers.state_dict().items()}, path)
    return path
