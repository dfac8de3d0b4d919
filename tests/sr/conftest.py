"""Small splits and params files for the tests of super-resolution."""

import copy
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from PIL import Image
from torch import nn
from torchvision import models as torchvision_models

from native4k import resample, tables
from tests.measure import models
from tests.sr import diffusion

SECTION: dict[str, Any] = {
    "patches": {"side": 64, "margin": 0, "per_image": 4, "textured_share": 0.5, "tries": 4, "seed": 0},
    "degrade": yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text())["sr"]["degrade"],
    "upscale": {"tile": 32, "overlap": 8, "threads": 1, "largest": 40, "memory_share": 0.5},
    "evaluate": {
        "degradation": "bicubic",
        "conventions": ["sr-classical", "sr-real"],
        "measures": ["psnr", "ssim"],
        "perceptual": {},
        "models": {"device": "cpu", "batch": 1, "readers": 1, "weights": None},
        "views": 2,
        "bootstrap": {"seed": 0, "draws": 50, "confidence": 0.9},
        "strips": 1,
        "strip_side": 40,
        "test_sets": {},
    },
    "pretrained": {},
    "baselines": {
        "bicubic_x4": {"scale": 4, "network": {"kind": "bicubic"}},
        "swinir_x4": {
            "scale": 4,
            "network": {
                "kind": "swinir",
                "embed_dim": 8,
                "depths": [2],
                "num_heads": [2],
                "window_size": 4,
                "mlp_ratio": 2.0,
                "drop_path": 0.1,
                "upsampler": "pixelshuffledirect",
                "residual": True,
            },
            "training": {
                "recipe": {"kind": "regression", "pixel": {"kind": "l1", "weight": 1.0}, "perceptual": None},
                "degradation": "bicubic",
                "seed": 0,
                "threads": 1,
                "workers": 0,
                "batch": 2,
                "parts": 1,
                "images": 15,
                "optimizer": {"lr": 0.002, "betas": [0.9, 0.999], "weight_decay": 0.0},
                "schedule": {"kind": "multistep", "warmup": 0, "milestones": [6, 10], "gamma": 0.5},
                "average": 0.0,
                "clip": None,
                "precision": "float32",
                "compile": False,
                "channels_last": False,
                "checkpointing": False,
                "curve_every": 4,
                "val_patches": 3,
                "checkpoint_every": 3,
            },
        },
    },
}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Two training processes on two cores are twenty times slower, not two; and nothing is left set behind."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
    torch.use_deterministic_algorithms(mode=False)


def scene(seed: int, height: int, width: int) -> np.ndarray:
    """Hard-edged discs and stripes of many sizes: what bicubic enlargement blurs and a network can learn."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    picture = np.full((height, width, 3), 128, np.int64)
    for _ in range(60):
        centre, radius = random.uniform(0, (height, width)), random.uniform(3, 24)
        disc = (y - centre[0]) ** 2 + (x - centre[1]) ** 2 < radius**2
        stripes = (x * random.integers(-3, 4) + y * random.integers(1, 4)) // 16 % 2 == 0
        picture[disc & stripes] = random.integers(0, 256, 3)
    return picture.astype(np.uint8)


@pytest.fixture(scope="session")
def stable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Stable Diffusion on disk; nobody writes there."""
    return models.quietly(diffusion.stable, tmp_path_factory.mktemp("stable"))


@pytest.fixture
def split(tmp_path: Path) -> Callable[..., Path]:
    """Makes a published split: PNG files and their metadata."""

    def make(name: str, images: int = 2, size: tuple[int, int] = (96, 120)) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        ids = [f"{name}{number:04d}" for number in range(images)]
        for number, image in enumerate(ids):
            Image.fromarray(scene(number + len(name) * 100, *size)).save(folder / f"{image}.png")
        rows = {
            "file_name": [f"{image}.png" for image in ids],
            "id": ids,
            "caption": ["" for _ in ids],
            "category": [("Food", "Nature")[number % 2] for number in range(images)],
            "width": [size[1] for _ in ids],
            "height": [size[0] for _ in ids],
        }
        tables.write(pd.DataFrame(rows), folder / "metadata.parquet")
        return folder

    return make


@pytest.fixture
def numbers(tmp_path: Path) -> Callable[..., Path]:
    """Makes a params file: the numbers above but for what is given as {"a.b": value}; None removes a key."""

    def make(changes: dict[str, Any] | None = None) -> Path:
        section = copy.deepcopy(SECTION)
        for keys, value in (changes or {}).items():
            *parents, last = keys.split(".")
            tree = section
            for key in parents:
                tree = tree[key]
            if value is None:
                del tree[last]
            else:
                tree[last] = value
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump({"sr": section}))
        return path

    return make


@pytest.fixture
def complaint(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command that must fail, and returns the one line that it says."""
    from native4k import cli

    def run(*words: object) -> str:
        capsys.readouterr()
        assert cli.main([str(word) for word in words]) == 1
        lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("native4k")]
        assert len(lines) == 1
        return lines[0]

    return run


@pytest.fixture
def draw() -> Callable[[int, int, int], np.ndarray]:
    """The drawing of the splits' pictures: seed, height, width."""
    return scene


Gain = Callable[[nn.Module, int, float], float]


@pytest.fixture
def gain_on_a_picture() -> Gain:
    """Train a network of scale 4 on one picture, so many steps at a rate: the dB that it gains on interpolation."""
    truth = resample.to_tensor(scene(3, 24, 24))[None]
    small = resample.downscale(truth, 4)

    def psnr(made: torch.Tensor) -> float:
        return float(-10 * torch.log10((resample.quantise(made) - truth).square().mean()))

    def train(learner: nn.Module, steps: int, rate: float) -> float:
        optimizer = torch.optim.Adam(learner.parameters(), rate)
        for _ in range(steps):
            loss = (learner(small) - truth).abs().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            return psnr(learner(small)) - psnr(resample.imresize(small, 4))

    return train


@pytest.fixture(scope="session")
def vgg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VGG19's weights in the published layout, drawn by chance."""
    with torch.device("meta"):
        layers = torchvision_models.vgg19(weights=None).features
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
