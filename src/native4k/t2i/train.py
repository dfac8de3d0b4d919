"""Train a text-to-image baseline's transformer on latents, by flow matching.

Killed at any moment, the same command goes on from the scratch folder and ends with the same bytes (given the same
number of threads). OUT_DIR is all that generating needs: transformer.safetensors, autoencoder/ and params.json.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from native4k import tables
from native4k.errors import UserError
from native4k.params import load, params
from native4k.t2i import fit, flow, folders
from native4k.t2i.networks import dit


@params
class Params:
    """How the transformer is trained."""

    threads: int  # of torch; the last bits of the result depend on it
    seed: int
    drop: float  # share of captions left out, so that guidance has something to compare with
    curve_every: int  # images that one point of the loss curve averages
    transformer: dit.Params
    fit: fit.Params


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths, and which baseline."""
    parser.add_argument("baseline", help="its name in params.yaml, under t2i.baselines")
    parser.add_argument("latents_dir", type=Path, help="what `native4k t2i encode` made")
    parser.add_argument("out_dir", type=Path, help="where the model goes")
    parser.add_argument("--scratch", type=Path, required=True, help="where unfinished training is kept")
    parser.add_argument("--curve", type=Path, required=True, metavar="FILE.csv", help="the loss over images seen")


def run(args: argparse.Namespace) -> None:
    """Train, then write the model and its curve; what was unfinished is then no longer needed."""
    numbers = load(Params, args.params, "t2i", "baselines", args.baseline, "train")
    source = args.latents_dir / "latents.safetensors"
    if not source.exists():
        raise UserError(f"{source}: no such file; run `native4k t2i encode {args.baseline}`, or pull it with dvc")
    tensors = load_file(source)
    code = [Path(str(module.__file__)).read_bytes() for module in (dit, flow)] + [Path(__file__).read_bytes()]
    key = fit.key_of(repr(numbers).encode(), source.read_bytes(), *code)
    checkpoint = args.scratch / "transformer.pt"
    network, losses = train(tensors["latents"], tensors["captions"], numbers, checkpoint, key)
    tables.write_text(curve(losses, numbers.fit.batch, numbers.curve_every), args.curve)
    made = json.loads((args.latents_dir / "params.json").read_text(encoding="utf-8"))
    with tables.whole_folder(args.out_dir) as folder:
        save_file(network.state_dict(), folder / "transformer.safetensors")
        shutil.copytree(args.latents_dir / "autoencoder", folder / "autoencoder")
        tables.write_json(made | folders.resolved(args.baseline, train=numbers), folder / "params.json")
    checkpoint.unlink(missing_ok=True)


def train(
    latents: Tensor, captions: Tensor, numbers: Params, checkpoint: Path | None, key: str
) -> tuple[dit.DiT, list[float]]:
    """The trained transformer, and the loss of every step."""
    fit.exact(numbers.threads, numbers.seed)
    network = dit.DiT(numbers.transformer, latents.shape[1], captions.shape[1])

    def loss_of(rng: np.random.Generator) -> Tensor:
        chosen = torch.from_numpy(rng.integers(len(latents), size=numbers.fit.batch))
        batch = latents[chosen]
        kept = torch.from_numpy(rng.random((len(chosen), 1)) >= numbers.drop)
        times = torch.from_numpy(rng.random(len(chosen), np.float32))
        noise = torch.from_numpy(rng.standard_normal(batch.shape, np.float32))
        return flow.losses(network, batch, captions[chosen] * kept, times, noise).mean()

    losses = fit.fit(network, loss_of, numbers.fit, numbers.seed, checkpoint, key)
    return network.eval(), losses


def curve(losses: list[float], batch: int, every: int) -> str:
    """The mean loss of each stretch of so many images, as CSV."""
    steps = max(1, every // batch)
    rows = [(start + len(part), np.mean(part)) for start in range(0, len(losses), steps)
            if (part := losses[start : start + steps])]  # fmt: skip
    return "images,loss\n" + "".join(f"{step * batch},{loss:.4f}\n" for step, loss in rows)
