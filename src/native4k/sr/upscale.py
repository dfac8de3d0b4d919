"""Make pictures larger: tile by tile, mirrored borders, no seams. No project is needed for a file of weights.

The network is a file of published weights (.safetensors, .pth), whose architecture and scale are found in it, or a
trained baseline. The side of a tile is fitted to the free memory. Transparency and the colour profile stay, and 16 bits
where a PNG is written. A picture that is there already is not made again, so the same command goes on where it ended.
"""

import argparse
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from native4k import full_pictures, images, resample
from native4k.errors import UserError
from native4k.full_pictures import FORMATS, Picture
from native4k.learning.training import use_threads
from native4k.progress import Bar
from native4k.sr import baselines, patches, published, tiles

ENDINGS = (".png", ".jpg", ".webp")
"""What the pictures of a folder can be written as."""

ALONE = tiles.Params(tile=128, overlap=16, threads=len(os.sched_getaffinity(0)), largest=512, memory_share=0.5)
"""Of tiles, where a file of weights is used without a project: pixels of the small picture; threads: all cores."""


class Upscaler(NamedTuple):
    """A network on its device, its scale, and its tiles."""

    network: nn.Module
    scale: int
    device: torch.device
    side: int
    overlap: int

    def __call__(self, small: Picture, bar: Bar) -> Picture:
        """Make a picture larger; its transparency is interpolated."""
        deep = small.colours.dtype == np.uint16
        half = self.device.type == "cuda" and not deep and bool(getattr(self.network, "computes_bf16", True))
        large = tiles.enlarge(
            self.network, small.colours, self.scale, self.side, self.overlap, half=half, advance=bar.update
        )
        return Picture(large, None if small.alpha is None else self._opacity(small.alpha), small.profile)

    def _opacity(self, alpha: np.ndarray) -> np.ndarray:
        planes = resample.to_tensor(alpha[..., None])
        return resample.to_pixels(resample.imresize(planes, self.scale), alpha.dtype)[..., 0]


def jobs(source: Path, target: Path, ending: str, *, overwrite: bool) -> dict[Path, Path]:
    """Which picture becomes which file; of a folder, only those that are not there yet."""
    if not source.exists():
        raise UserError(f"{source}: no such picture or folder")
    if source.is_file():
        return {source: _single(source, target, ending, overwrite=overwrite)}
    if target.is_file():
        raise UserError(f"{target}: is a file; the output of a folder is a folder")
    found = sorted(path for path in source.iterdir() if path.suffix.lower() in images.ENDINGS)
    if not found:
        raise UserError(f"{source}: there are no pictures in this folder ({', '.join(sorted(images.ENDINGS))})")
    made = {target / f"{path.stem}{ending}": path for path in found}
    twins = [path for path in found if path not in made.values()]
    if twins:
        raise UserError(f"{twins[0]}: another picture in the folder has the same name but for its ending; rename one")
    own = [out for out in made if out.exists() and out.resolve() in {path.resolve() for path in found}]
    if own:
        raise UserError(f"{own[0]}: is one of the pictures to be made larger; choose another output folder")
    check_writable(target)
    return {path: out for out, path in made.items() if overwrite or not out.exists()}


def _single(source: Path, target: Path, ending: str, *, overwrite: bool) -> Path:
    if target.is_dir():
        target /= f"{source.stem}{ending}"
    if target.suffix.lower() not in FORMATS:
        raise UserError(f"{target}: pictures are written as {', '.join(FORMATS)}; name it {target.stem}.png")
    if target.exists() and target.samefile(source):
        raise UserError(f"{target}: is the picture to be made larger; choose another output")
    if target.exists() and not overwrite:
        raise UserError(f"{target}: is there already; name another file, or say --overwrite")
    check_writable(target.parent)
    return target


def check_writable(folder: Path) -> None:
    """Refuse a folder that cannot be written or made, before anything is computed for it."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise UserError(f"{folder}: {there} is a file; choose another output")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"{folder}: {there} cannot be written; choose another output or allow it")


def load(given: Path, key: str | None, params: Path) -> Upscaler:
    """Load a file of weights or a baseline, with tiles that the free memory has room for."""
    device = tiles.device()
    ready = published.load(given, key)
    network, scale = ready.network, ready.scale
    numbers = ALONE if published.is_file(given) else tiles.load(params)
    use_threads(numbers.threads)
    if numbers is ALONE:
        print(f"{given.name}: {ready.architecture}, x{scale}, {baselines.count_weights(network):,} weights")
    side = tiles.fit_tile(network.to(device), numbers, device)
    return Upscaler(network, scale, device, side, numbers.overlap)


def describe(written: dict[Path, tuple[int, int]], target: Path) -> str:
    """Say what was written, by its height and width, and how large."""
    size = sum(path.stat().st_size for path in written) / 1e6
    height, width = max(written.values(), key=lambda side: side[0] * side[1])
    if len(written) == 1:
        return f"{next(iter(written))}: {width}x{height}, {size:.1f} MB"
    return f"{target}: {len(written)} pictures, the largest {width}x{height}, {size:.1f} MB in all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    weights = "a file of published weights; or a trained baseline: its folder, or its name in models/"
    parser.add_argument("network", type=Path, help=weights)
    parser.add_argument("input", type=Path, help="a picture, or a folder of pictures")
    parser.add_argument("output", type=Path, help="the PNG, JPEG or WebP file to write, or the folder of them")
    parser.add_argument("--ending", choices=ENDINGS, default=".png", help="of files in a folder (default: .png)")
    parser.add_argument("--key", help="where the file's weights are, if it has several (params, params_ema)")
    parser.add_argument("--overwrite", action="store_true", help="make pictures again that are there already")


def run(args: argparse.Namespace) -> None:
    """Make every picture larger; one that cannot be read or written stops none of the others."""
    todo = jobs(args.input, args.output, args.ending, overwrite=args.overwrite)
    if not todo:
        print(f"{args.output}: all pictures are there already")
        return
    upscaler = load(args.network, args.key, args.params)
    bad, written = list[str](), dict[Path, tuple[int, int]]()
    shown = "upscaling {percentage:3.0f} % of " + f"{len(todo)}" + " |{bar}| {elapsed} < {remaining}"
    with Bar(total=len(todo), bar_format=shown, **patches.STEPS) as bar:
        for done, (path, out) in enumerate(todo.items(), 1):
            try:
                large = upscaler(check(full_pictures.read(path), out, upscaler.scale), bar)
                full_pictures.write(large, out)
                written[out] = large.colours.shape[:2]
            except (UserError, OSError) as error:
                bad.append(str(error))
            bar.update(done - bar.n)
    if written:
        print(describe(written, args.output))
    if bad:
        raise UserError(bad[0] + (f"; {len(bad) - 1} more were not made either" if len(bad) > 1 else ""))


def check(small: Picture, out: Path, scale: int) -> Picture:
    """Return a picture that the output's format can hold when it is larger."""
    height, width = small.colours.shape[:2]
    full_pictures.check(small.alpha is not None, (height * scale, width * scale), out)
    return small
