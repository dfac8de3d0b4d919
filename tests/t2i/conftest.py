"""A split of tiny pictures, and a baseline small enough to be trained within a second."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from native4k import tables

CAPTIONS = ["a red square", "a green field", "a blue sea", "a grey stone"]
COLOURS = [(200, 40, 40), (40, 160, 60), (30, 60, 200), (128, 128, 128)]

TRAINING: dict[str, Any] = {
    "seed": 0,
    "threads": 1,
    "workers": 0,
    "batch": 4,
    "parts": 1,
    "images": 16,
    "optimizer": {"lr": 1e-3, "betas": [0.9, 0.999], "weight_decay": 0.0},
    "schedule": {"kind": "cosine", "warmup": 4, "floor": 0.0},
    "average": 0.0,
    "clip": 1.0,
    "precision": "float32",
    "compile": False,
    "channels_last": False,
    "checkpointing": False,
    "curve_every": 8,
    "checkpoint_every": 4,
}


@pytest.fixture
def section() -> dict[str, Any]:
    """The t2i section, as small as it can be."""
    return {
        "evaluate": {
            "seed": 0,
            "times": 2,
            "glcm_patch": 16,
            "glcm_levels": 64,
            "glcm_distances": [1, 2],
            "jpeg_quality": 95,
            "kernel_patch": 8,
        },
        "baselines": {
            "small": {
                "encode": {
                    "threads": 1,
                    "side": 16,
                    "text_width": 16,
                    "pretrained": None,
                    "autoencoder": {"widths": [8, 8], "latent_channels": 4, "crop": 8, "training": dict(TRAINING)},
                },
                "train": {
                    "drop": 0.1,
                    "network": {"kind": "dit", "patch": 2, "width": 16, "depth": 1, "heads": 2},
                    "training": dict(TRAINING),
                },
                "generate": {"threads": 1, "seed": 0, "steps": 3, "guidance": 2.0},
            }
        },
    }


@pytest.fixture
def numbers(section: dict[str, Any], tmp_path: Path) -> Path:
    """The tiny baseline's params.yaml."""
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump({"t2i": section}))
    return path


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """Four pictures with captions, published."""
    folder = tmp_path / "split"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number, colour in enumerate(COLOURS):
        pixels = np.clip(np.array(colour) + rng.normal(0, 20, (24, 32, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    names = [str(number) for number in range(len(CAPTIONS))]
    files = [f"{name}.png" for name in names]
    tables.write(pd.DataFrame({"id": names, "file_name": files, "caption": CAPTIONS}), folder / "metadata.parquet")
    return folder
