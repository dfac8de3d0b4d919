"""Train a baseline's autoencoder, or load a pretrained one, and encode the training images and captions.

Each image is decoded once and seen as its centre square, resized to `side`. OUT_DIR gets latents.safetensors (latents
and caption features, a row an image), captions.parquet (the rows' ids and captions), autoencoder/ and params.json.
"""

import argparse
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file

from native4k import provenance, tables
from native4k.errors import UserError
from native4k.learning import checkpoint, process_group
from native4k.learning.training import check_schedule, use_threads
from native4k.params import load, params
from native4k.t2i import autoencoder, data


@params
class Params:
    """What the images and captions become."""

    threads: int  # of torch; the last bits of the result depend on it
    side: int  # pixels of the square that an image is resized to
    text_width: int  # features of a caption
    pretrained: str | None  # an AutoencoderDC's folder or hub name; then autoencoder is null
    autoencoder: autoencoder.Params | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths, and which baseline."""
    parser.add_argument("baseline", help="its name in params.yaml, under t2i.baselines")
    parser.add_argument("train_dir", type=Path, help="a published split: pictures and metadata.parquet")
    parser.add_argument("out_dir", type=Path, help="where the latents go")
    parser.add_argument(
        "--scratch", type=Path, help="where unfinished training is kept, so that a killed run can go on"
    )


def run(args: argparse.Namespace) -> None:
    """Decode, train, encode, write."""
    numbers = load(Params, args.params, "t2i", "baselines", args.baseline, "encode")
    where = f"{args.params}: t2i.baselines.{args.baseline}.encode"
    _check(numbers, where)
    table = data.load_split(args.train_dir)
    pictures = data.load_squares(args.train_dir, table, numbers.side)
    home = args.scratch / "autoencoder" if args.scratch else None
    with process_group.join() as group:
        if numbers.autoencoder is None:
            network = autoencoder.load(str(numbers.pretrained))
        else:
            task = autoencoder.Task(pictures, table["id"].astype(str).tolist(), numbers.autoencoder.crop)
            try:
                network = autoencoder.train(task, numbers.autoencoder, home and home / _key(numbers, pictures), group)
            except UserError as error:
                raise UserError(f"{where}.autoencoder: {error}") from None
        if group.rank == 0:
            _write(args, numbers, table, pictures, network)
            if home and home.exists():
                shutil.rmtree(home)


def _key(numbers: Params, pictures: np.ndarray) -> str:
    return checkpoint.key_of(provenance.definition_of(asdict(numbers), "t2i.encode"), pictures.tobytes())


def _write(args: argparse.Namespace, numbers: Params, table: pd.DataFrame, pictures: np.ndarray, network: Any) -> None:
    use_threads(numbers.threads)
    tensors = {
        "latents": autoencoder.encode(network, pictures),
        "captions": torch.from_numpy(data.caption_features(table["caption"].tolist(), numbers.text_width)),
    }
    with tables.atomic_folder(args.out_dir) as folder:
        save_file(tensors, folder / "latents.safetensors")
        tables.write(table[["id", "caption"]], folder / "captions.parquet")
        autoencoder.save(network, folder / "autoencoder")
        tables.write_json(data.saved_params(args.baseline, encode=numbers), folder / "params.json")


def _check(numbers: Params, where: str) -> None:
    if (numbers.pretrained is None) == (numbers.autoencoder is None):
        raise UserError(f"{where}: give either pretrained or autoencoder, and null for the other")
    if numbers.autoencoder is None:
        return
    if numbers.autoencoder.crop > numbers.side:
        raise UserError(f"{where}.autoencoder.crop: larger than side ({numbers.autoencoder.crop} > {numbers.side})")
    training = numbers.autoencoder.training
    check_schedule(training.schedule, training.images, f"{where}.autoencoder.training.schedule")
