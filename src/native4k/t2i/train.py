"""Train a text-to-image baseline's network on latents, by flow matching.

Killed at any moment, the same command goes on from the scratch folder and ends with the same bytes (given the same
number of threads). OUT_DIR is all that generating needs: transformer.safetensors, autoencoder/ and params.json.
"""

import argparse
import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from native4k import provenance, tables
from native4k.errors import UserError
from native4k.learning import checkpoint, loop, process_group
from native4k.learning.process_group import ProcessGroup
from native4k.learning.training import Training, check_schedule, use_threads
from native4k.params import load, params
from native4k.t2i import data, flow, networks


@params
class Params:
    """How the network is trained."""

    drop: float  # share of captions left out, so that guidance has something to compare with
    network: networks.Network
    training: Training


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths, and which baseline."""
    parser.add_argument("baseline", help="its name in params.yaml, under t2i.baselines")
    parser.add_argument("latents_dir", type=Path, help="what `native4k t2i encode` made")
    parser.add_argument("out_dir", type=Path, help="where the model goes")
    parser.add_argument("--scratch", type=Path, required=True, help="where unfinished training is kept")
    parser.add_argument("--curve", type=Path, required=True, metavar="FILE.csv", help="the loss over images seen")


def run(args: argparse.Namespace) -> None:
    """Train, then write the model and its curve; what was unfinished is then no longer needed."""
    keys = ("t2i", "baselines", args.baseline, "train")
    numbers, where = load(Params, args.params, *keys), f"{args.params}: {'.'.join(keys)}"
    check_schedule(numbers.training.schedule, numbers.training.images, f"{where}.training.schedule")
    source = args.latents_dir / "latents.safetensors"
    if not source.exists():
        raise UserError(f"{source}: no such file; run `native4k t2i encode {args.baseline}`, or pull it with dvc")
    tensors, table = load_file(source), tables.read(args.latents_dir / "captions.parquet", columns=["id"])
    task = flow.Task(tensors["latents"], tensors["captions"], table["id"].astype(str).tolist(), numbers.drop)
    home = args.scratch / "transformer"
    with process_group.join() as group:
        try:
            network, curve = train(task, numbers, home / key_of(numbers, source), group)
        except UserError as error:
            raise UserError(f"{where}: {error}") from None
        if group.rank == 0:
            _write(args, numbers, network, curve)
            shutil.rmtree(home)


def train(task: flow.Task, numbers: Params, home: Path | None, group: ProcessGroup) -> tuple[nn.Module, pd.DataFrame]:
    """Return the trained network and the curve of its run."""
    use_threads(numbers.training.threads)
    torch.manual_seed(numbers.training.seed)  # of the first weights
    network = networks.build(numbers.network, task.latents.shape[1], task.captions.shape[1]).to(group.device)
    curve = loop.fit(flow.recipe(network), task, numbers.training, home, group)
    return network.cpu().eval(), curve


def key_of(numbers: Params, source: Path) -> str:
    """Name a run by its numbers, latents, code and torch."""
    return checkpoint.key_of(provenance.definition_of(asdict(numbers), "t2i.train"), source.read_bytes())


def _write(args: argparse.Namespace, numbers: Params, network: nn.Module, curve: pd.DataFrame) -> None:
    tables.write_text(curve.to_csv(index=False, lineterminator="\n"), args.curve)
    made = json.loads((args.latents_dir / "params.json").read_text(encoding="utf-8"))
    with tables.atomic_folder(args.out_dir) as folder:
        save_file(network.state_dict(), folder / "transformer.safetensors")
        shutil.copytree(args.latents_dir / "autoencoder", folder / "autoencoder")
        tables.write_json(made | data.saved_params(args.baseline, train=numbers), folder / "params.json")
