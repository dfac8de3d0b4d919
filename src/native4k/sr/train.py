"""Train a super-resolution baseline; to resume, run the same command again."""

import argparse
import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm

from native4k import tables
from native4k.errors import UserError
from native4k.sr import baselines, patches, resample
from native4k.sr.learning import schedule

CURVE = ["images_seen", "loss", "val_psnr"]
DIGITS = 4
CODE = (
    "baselines",
    "cutting",
    "patches",
    "resample",
    "shuffle",
    "train",
)  # modules beside the networks that weights come from


def train(
    network: nn.Module,
    scale: int,
    numbers: baselines.Training,
    learn: patches.Store,
    check: patches.Store,
    checkpoint: Path,
) -> pd.DataFrame:
    """Train the network in place, from the checkpoint if there is one; the curve of loss and validation PSNR."""
    optimizer = torch.optim.Adam(network.parameters())
    seen, losses, curve = _resume(checkpoint, network, optimizer)
    curve = curve or [[0, math.nan, round(validate(network, scale, check, numbers), DIGITS)]]
    with tqdm(desc="training", total=numbers.images, initial=seen, unit="image", **patches.STEPS) as bar:
        while seen < numbers.images:
            count = min(numbers.batch, numbers.images - seen)
            chosen, turns = patches.order(seen, count, len(learn.ids), numbers.seed)
            truth = _batch(learn, chosen, turns)
            torch.manual_seed(numbers.seed + seen)  # so that chance in the network needs no state either
            optimizer.param_groups[0]["lr"] = numbers.optimizer.lr * schedule.share(
                numbers.schedule, seen, numbers.images
            )
            loss = (network(resample.downscale(truth, scale)) - truth).abs().mean()
            if not math.isfinite(loss.item()):
                named = ", ".join(sorted({learn.ids[place] for place in chosen}))
                raise FloatingPointError(
                    f"the loss is {loss.item()} after {seen} images; lower training.lr, or look at the images {named}"
                )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

            before, seen = seen, seen + count
            losses.append(loss.item())
            bar.update(count)
            last = seen == numbers.images
            if last or seen // numbers.curve_every > before // numbers.curve_every:
                quality = validate(network, scale, check, numbers)
                curve.append([seen, round(sum(losses) / len(losses), DIGITS), round(quality, DIGITS)])
                bar.set_postfix(loss=curve[-1][1], val_psnr=curve[-1][2], refresh=False)
                losses.clear()
            if last or seen // numbers.checkpoint_every > before // numbers.checkpoint_every:
                _keep(checkpoint, network, optimizer, (seen, losses, curve))
    return pd.DataFrame(curve, columns=CURVE)


@torch.no_grad()
def validate(network: nn.Module, scale: int, check: patches.Store, numbers: baselines.Training) -> float:
    """The mean RGB PSNR (dB) of validation patches, evenly taken from the store."""
    count = min(numbers.val_patches, len(check.ids))
    network.eval()
    found = []
    for number in range(count):
        truth = resample.to_tensor(check.pixels[number * len(check.ids) // count])[None]
        made = resample.quantise(network(resample.downscale(truth, scale)))
        found.append(10 * math.log10(1 / max(float((made - truth).square().mean()), 1e-10)))
    network.train()
    return sum(found) / len(found)


def identity(saved: baselines.Saved, *folders: Path) -> str:
    """Names one training run: the numbers, the images, the code and the torch that its weights come from."""
    code = hashlib.sha256()
    here = Path(__file__).parent
    for path in [*(here / f"{name}.py" for name in CODE), *sorted((here / "networks").glob("*.py"))]:
        code.update(path.read_bytes())
    splits = [patches.fingerprint(folder, patches.pictures(folder)) for folder in folders]
    text = "\n".join([repr(saved), *splits, code.hexdigest(), torch.__version__])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("baseline", help="the baseline's name in params.yaml (sr.baselines)")
    parser.add_argument("train", type=Path, help="the training split (data/native4k/train)")
    parser.add_argument("val", type=Path, help="the validation split (data/native4k/val)")
    parser.add_argument("out", type=Path, help="the folder for the weights and the resolved params (models/NAME)")
    parser.add_argument("--scratch", type=Path, required=True, help="the folder for patches and checkpoints")
    parser.add_argument("--curve", type=Path, required=True, help="the CSV of loss and validation PSNR to write")


def run(args: argparse.Namespace) -> None:
    """Train, or go on training, and write the finished baseline."""
    baseline = baselines.load(args.params, args.baseline)
    training, where = baseline.training, f"{args.params}: sr.baselines.{args.baseline}"
    if training is None:
        print(f"{baseline.network.kind} has nothing to learn")
        curve = pd.DataFrame(columns=CURVE)
        saved = baselines.Saved(name=args.baseline, baseline=baseline, patches=None, degrade=None)
        network = baselines.build(baseline, where)
    else:
        cutting = patches.load(args.params, baseline.scale)
        saved = baselines.Saved(name=args.baseline, baseline=baseline, patches=cutting, degrade=None)
        checkpoint = args.scratch / args.baseline / f"{identity(saved, args.train, args.val)}.pt"
        learn, check = (
            patches.store(split, cutting, args.scratch / "patches", training.threads)
            for split in (args.train, args.val)
        )
        baselines.threads(training.threads)
        torch.manual_seed(training.seed)
        network = baselines.build(baseline, where).train()
        try:
            curve = train(network, baseline.scale, training, learn, check, checkpoint)
        except FloatingPointError as error:
            raise UserError(f"{where}: {error}") from None
    baselines.save(saved, network, args.out)
    tables.write_text(curve.to_csv(index=False, lineterminator="\n"), args.curve)


def _batch(store: patches.Store, chosen: np.ndarray, turns: np.ndarray) -> Tensor:
    pairs = zip(chosen, turns, strict=True)
    return resample.to_tensor(np.stack([patches.turn(store.pixels[place], way) for place, way in pairs]))


def _resume(
    checkpoint: Path, network: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[int, list[float], list[list[float]]]:
    if not checkpoint.exists():
        return 0, [], []
    state = torch.load(checkpoint, weights_only=True)
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    return state["seen"], state["losses"], state["curve"]


def _keep(checkpoint: Path, network: nn.Module, optimizer: torch.optim.Optimizer, progress: tuple[Any, ...]) -> None:
    state = dict(zip(("seen", "losses", "curve"), progress, strict=True))
    state |= {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
    with tables.whole(checkpoint) as temporary:
        torch.save(state, temporary)
