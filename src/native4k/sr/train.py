"""Train a super-resolution baseline; to resume, run the same command again.

On several GPUs or machines: torchrun --nproc-per-node 8 -m native4k.cli sr train NAME ..., with a scratch folder that
all of them see. The batch is shared among the processes; their number may change when training is resumed.
"""

import argparse
import hashlib
from dataclasses import asdict
from pathlib import Path

import cv2
import pandas as pd
import torch
from torch import nn

from native4k import degrade, params, provenance, tables
from native4k.errors import UserError
from native4k.learning import acceleration, loop, process_group
from native4k.learning.process_group import ProcessGroup
from native4k.learning.training import use_threads
from native4k.sr import baselines, patches, recipes, weights
from native4k.sr.task import Task

COLUMNS = ["images_seen", "loss", "val_psnr"]
"""Of the curve of a baseline that does not learn."""


def train(
    baseline: baselines.Params, task: Task, home: Path, where: str, group: ProcessGroup | None = None
) -> tuple[nn.Module, pd.DataFrame]:
    """Return the trained network and the curve of its run, whose checkpoints are in `home`."""
    group, training = group or process_group.single(), baseline.training
    assert training is not None
    use_threads(training.threads)
    if training.workers:
        cv2.setNumThreads(1)  # or a worker would inherit a pool of threads that are not there
    torch.manual_seed(training.seed)
    network = build_network(baseline, where, group).train()
    if training.precision == "bf16" and not getattr(network, "computes_bf16", True):
        raise UserError(f"{where}.training.precision: this network does not compute in bf16; take float32")
    try:
        recipe = recipes.build(training.recipe, network, group.device)
        if recipe.message is not None and group.rank == 0:
            print(recipe.message)
        return network, loop.fit(recipe, task, training, home, group)
    except UserError as error:
        raise UserError(f"{where}: {error}") from None
    except RuntimeError as error:
        if not acceleration.lacks_precision(error):
            raise
        raise UserError(
            f"{where}.training.precision: {training.precision} is not for {group.device}: {error}"
        ) from None


def build_network(baseline: baselines.Params, where: str, group: ProcessGroup) -> nn.Module:
    """Build the network with its starting weights, which go to the log, or with random ones."""
    network = baselines.build(baseline, where)
    if baseline.start is not None:
        message = weights.fill(network, baseline.start, f"{where}.start")
        if group.rank == 0:
            print(message)
    return network


def identity(saved: baselines.Saved, *folders: Path) -> str:
    """Name a training run by the numbers, starting weights, images, code and torch that its weights come from."""
    splits = [patches.fingerprint(folder, patches.pictures(folder)) for folder in folders]
    files = [tables.digest(path) for path in _weight_files(saved.baseline) if path.is_file()]
    words = provenance.words(asdict(saved))
    code = provenance.code("native4k.sr.train", words=words)
    text = "\n".join([repr(saved), *files, *splits, code, torch.__version__, *provenance.releases(words)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("baseline", help="the baseline's name in params.yaml (sr.baselines or sr.pretrained)")
    parser.add_argument("train", type=Path, help="the training split (data/native4k/train)")
    parser.add_argument("val", type=Path, help="the validation split (data/native4k/val)")
    parser.add_argument("out", type=Path, help="the folder for the weights and the resolved params (models/NAME)")
    parser.add_argument("--scratch", type=Path, required=True, help="the folder for patches and checkpoints")
    parser.add_argument("--curve", type=Path, required=True, help="the CSV of loss and validation PSNR to write")


def run(args: argparse.Namespace) -> None:
    """Train, or go on training, and write the finished baseline."""
    with process_group.join() as group:
        saved, network, curve = _train_or_build(args, group)
        if group.rank == 0:
            baselines.save(saved, network, args.out)
            tables.write_text(curve.to_csv(index=False, lineterminator="\n"), args.curve)


def _train_or_build(args: argparse.Namespace, group: ProcessGroup) -> tuple[baselines.Saved, nn.Module, pd.DataFrame]:
    baseline, where = baselines.load(args.params, args.baseline), baselines.place(args.params, args.baseline)
    training = baseline.training
    if training is None:
        if baseline.start is None:
            print(f"{baseline.network.kind} has nothing to learn")
        saved = baselines.Saved(name=args.baseline, baseline=baseline, patches=None, degrade=None)
        return saved, build_network(baseline, where, group), pd.DataFrame(columns=COLUMNS)
    cutting = patches.load(args.params, baseline.scale, baseline.side)
    making = None if training.degradation == "bicubic" else params.load(degrade.Params, args.params, "sr", "degrade")
    saved = baselines.Saved(name=args.baseline, baseline=baseline, patches=cutting, degrade=making)
    home = args.scratch / args.baseline / identity(saved, args.train, args.val)
    splits, scratch = (args.train, args.val), args.scratch / "patches"
    learn, check = (patches.store(split, cutting, scratch, training.threads) for split in splits)
    table = patches.pictures(args.train, "caption")
    captions = dict(zip(table["id"].astype(str), table["caption"].fillna(""), strict=True))
    task = Task(learn, check, baseline.scale, making, captions)
    network, curve = train(baseline, task, home, where, group)
    return saved, network, curve


def _weight_files(baseline: baselines.Params) -> list[Path]:
    """List the files of weights that a run reads; reading reports a missing one."""
    found = [] if baseline.start is None else [weights.file(baseline.start)]
    return found if baseline.training is None else found + recipes.files(baseline.training.recipe)
