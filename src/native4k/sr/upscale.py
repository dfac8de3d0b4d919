"""Make pictures larger with a trained baseline: tile by tile, mirrored borders, no seams."""

import argparse
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import torch
from annotated_types import Ge, Gt
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm

from native4k import images, params, tables
from native4k.errors import UserError
from native4k.sr import baselines, degrade, patches

"""Of the files in a folder that are taken for pictures."""

ALIGNMENT = 8  # small pixels; what a fitted tile's side is a multiple of, so that windows of 8 need no padding


@params.params
class Params:
    """Tiles in pixels of the small picture; units and sources are in params.yaml."""

    tile: Annotated[int, Gt(0)]
    overlap: Annotated[int, Ge(0)]
    threads: Annotated[int, Gt(0)]


class Stretch(NamedTuple):
    """One tile along one side: the small pixels it reads, the large ones it writes, and with what weight."""

    reads: Tensor
    writes: slice
    made: slice
    weight: Tensor


def load(path: Path) -> Params:
    """The tiles' numbers, checked against each other."""
    numbers = params.load(Params, path, "sr", "upscale")
    if numbers.overlap >= numbers.tile:
        raise UserError(f"{path}: sr.upscale.overlap: must be less than tile {numbers.tile} (got {numbers.overlap})")
    return numbers


@torch.no_grad()
def enlarge(network: nn.Module, small: Tensor, scale: int, numbers: Params) -> Tensor:
    """A picture (3, height, width) with values 0 to 1, scale times larger, in 8-bit steps."""
    height, width = small.shape[-2:]
    large = small.new_zeros(3, height * scale, width * scale)
    for row in stretches(height, scale, numbers):
        for column in stretches(width, scale, numbers):
            tile = small[:, row.reads[:, None], column.reads]
            made = network(tile[None])[0, :, row.made, column.made]
            large[:, row.writes, column.writes] += made * (row.weight[:, None] * column.weight).to(made)
    return degrade.quantise(large)


def stretches(length: int, scale: int, numbers: Params) -> list[Stretch]:
    """Equal tiles from half an overlap before one border to half an overlap, or more, behind the other."""
    overlap = numbers.overlap
    count = -(-length // (numbers.tile - overlap))
    share = -(-length // count) + overlap
    side = min(numbers.tile, share + -share % ALIGNMENT)
    starts = [number * (side - overlap) - overlap // 2 for number in range(count)]
    ramp = _ramp(side, overlap, scale)
    total = torch.zeros(length * scale)
    found = []
    for start in starts:
        first, last = max(start, 0) * scale, min(start + side, length) * scale
        made = slice(first - start * scale, last - start * scale)
        total[first:last] += ramp[made]
        reads = degrade.mirrored(torch.arange(start, start + side), length)
        found.append(Stretch(reads, slice(first, last), made, ramp[made]))
    return [stretch._replace(weight=stretch.weight / total[stretch.writes]) for stretch in found]


def write(picture: np.ndarray, path: Path) -> None:
    """A PNG, whole or not at all."""
    with tables.whole(path) as temporary:
        Image.fromarray(picture).save(temporary, "PNG")


def _ramp(side: int, overlap: int, scale: int) -> Tensor:
    """A tile's weights: nothing in an overlap's outer quarter, one after three quarters, smooth between."""
    if not overlap:
        return torch.ones(side * scale)
    edge = (torch.arange(side * scale) + 0.5) / (overlap * scale)  # distance in overlaps
    near = torch.minimum(edge, edge.flip(0))
    step = ((near - 0.25) * 2).clamp(0, 1)
    return step * step * (3 - 2 * step)


def _jobs(source: Path, target: Path) -> dict[Path, Path]:
    """Which picture becomes which file."""
    if not source.exists():
        raise UserError(f"{source}: no such picture or folder")
    if source.is_file():
        if target.suffix.lower() != ".png":
            raise UserError(f"{target}: the output of one picture is a PNG file; name it {target.stem}.png")
        return {source: target}
    found = sorted(path for path in source.iterdir() if path.suffix.lower() in images.ENDINGS)
    if not found:
        raise UserError(f"{source}: there are no pictures in this folder ({', '.join(sorted(images.ENDINGS))})")
    jobs = {target / f"{path.stem}.png": path for path in found}
    twins = [path for path in found if path not in jobs.values()]
    if twins:
        raise UserError(f"{twins[0]}: another picture in the folder has the same name but for its ending; rename one")
    return {path: out for out, path in jobs.items()}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("baseline", type=Path, help="the folder of a trained baseline (models/NAME)")
    parser.add_argument("input", type=Path, help="a picture, or a folder of pictures")
    parser.add_argument("output", type=Path, help="the PNG file, or the folder of PNG files, to write")


def run(args: argparse.Namespace) -> None:
    """Make every picture larger."""
    numbers = load(args.params)
    jobs = _jobs(args.input, args.output)
    baselines.threads(numbers.threads)
    saved, network = baselines.restore(args.baseline)
    for path, out in tqdm(jobs.items(), "upscaling", unit="image", **patches.STEPS):
        small = degrade.to_tensor(patches.pixels(path))
        write(degrade.to_pixels(enlarge(network, small, saved.baseline.scale, numbers)), out)
