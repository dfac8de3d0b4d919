"""Make pictures from captions with a trained model.

CAPTIONS is a text file with one caption a line, or a split's folder. OUT_DIR gets a PNG for each (named by the line's
number or the image's id) and metadata.parquet. How a picture is sampled is read from params.yaml, under the name of the
model's baseline. A picture depends on the model, its caption, its name and the seed: not on the other captions.
"""

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn

from native4k import tables
from native4k.errors import UserError
from native4k.learning.training import use_threads
from native4k.params import load, params
from native4k.progress import Bar
from native4k.t2i import autoencoder, data, encode, flow, networks, train


@params
class Params:
    """How a picture is sampled."""

    threads: int  # of torch; the last bits of the result depend on it
    seed: int
    steps: int  # of Euler's method
    guidance: float  # classifier-free; 1 is none


@dataclass(frozen=True)
class Model:
    """What `native4k t2i train` made."""

    baseline: str
    side: int
    text_width: int
    transformer: nn.Module
    autoencoder: Any  # diffusers' AutoencoderDC, which has no types

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a latent."""
        side = self.side // self.autoencoder.spatial_compression_ratio
        return self.autoencoder.config["latent_channels"], side, side


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths only."""
    parser.add_argument("model_dir", type=Path, help="what `native4k t2i train` made")
    parser.add_argument("captions", type=Path, help="a text file, one caption a line, or a split's folder")
    parser.add_argument("out_dir", type=Path, help="where the pictures go")


def run(args: argparse.Namespace) -> None:
    """Read captions, sample, write."""
    table = read_captions(args.captions)
    model = open_model(args.model_dir)
    numbers = load(Params, args.params, "t2i", "baselines", model.baseline, "generate")
    pictures = generate(model, table, numbers)
    table = table.assign(file_name=table["id"] + ".png", width=model.side, height=model.side)
    with tables.atomic_folder(args.out_dir) as folder:
        for name, picture in zip(table["file_name"], pictures, strict=True):
            Image.fromarray(picture).save(folder / name)
        tables.write(table, folder / "metadata.parquet")


def generate(model: Model, table: pd.DataFrame, numbers: Params) -> np.ndarray:
    """Sample one uint8 picture for each row's caption: rows x side x side x 3."""
    use_threads(numbers.threads)
    features = torch.from_numpy(data.caption_features(table["caption"].tolist(), model.text_width))
    noises = [noise(name, numbers.seed, model.shape) for name in table["id"]]
    with torch.no_grad():
        latents = [
            flow.sample(model.transformer, start[None], words[None], numbers.steps, numbers.guidance)
            for start, words in zip(Bar(noises, unit="picture", disable=None), features, strict=True)
        ]
    return autoencoder.decode(model.autoencoder, torch.cat(latents))


def noise(name: str, seed: int, shape: tuple[int, ...]) -> torch.Tensor:
    """Draw the noise that the picture of that name starts from."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return torch.from_numpy(np.random.default_rng((seed, number)).standard_normal(shape, np.float32))


def open_model(folder: Path) -> Model:
    """Load the model in a folder."""
    baseline, encoded = data.load_numbers(encode.Params, folder, "encode")
    _, trained = data.load_numbers(train.Params, folder, "train")
    network = autoencoder.load(str(folder / "autoencoder"))
    transformer = networks.build(trained.network, network.config["latent_channels"], encoded.text_width)
    transformer.load_state_dict(load_file(folder / "transformer.safetensors"))
    return Model(baseline, encoded.side, encoded.text_width, transformer.eval(), network)


def read_captions(path: Path) -> pd.DataFrame:
    """Columns id and caption: a split's, or the lines of a text file under their numbers."""
    if path.is_dir():
        return data.load_split(path)[["id", "caption"]]
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; give a text file, one caption a line, or a split's folder") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: not a UTF-8 text file; give one caption a line, or a split's folder") from None
    rows = [(f"{number:06}", line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise UserError(f"{path}: no captions; write one a line")
    return pd.DataFrame(rows, columns=["id", "caption"])
