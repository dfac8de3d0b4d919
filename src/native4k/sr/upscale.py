"""Make pictures larger with a trained baseline: tile by tile, mirrored borders, no seams.

The side of a tile is fitted to the free memory. A picture that is there already is not made again, so the same command
goes on where it was ended.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from native4k import images, tables
from native4k.errors import UserError
from native4k.learning.training import use_threads
from native4k.progress import Bar
from native4k.sr import baselines, patches, tiles

MODELS = Path("models")
"""Where a baseline is looked for that is named and not a path."""


def write(picture: np.ndarray, path: Path) -> None:
    """A PNG, whole or not at all."""
    with tables.atomic_file(path) as temporary:
        Image.fromarray(picture).save(temporary, "PNG")


def jobs(source: Path, target: Path, *, overwrite: bool) -> dict[Path, Path]:
    """Which picture becomes which file; of a folder, only those that are not there yet."""
    if not source.exists():
        raise UserError(f"{source}: no such picture or folder")
    if source.is_file():
        return {source: _single(source, target, overwrite=overwrite)}
    if target.is_file():
        raise UserError(f"{target}: is a file; the output of a folder is a folder")
    found = sorted(path for path in source.iterdir() if path.suffix.lower() in images.ENDINGS)
    if not found:
        raise UserError(f"{source}: there are no pictures in this folder ({', '.join(sorted(images.ENDINGS))})")
    made = {target / f"{path.stem}.png": path for path in found}
    twins = [path for path in found if path not in made.values()]
    if twins:
        raise UserError(f"{twins[0]}: another picture in the folder has the same name but for its ending; rename one")
    own = [out for out in made if out.exists() and out.resolve() in {path.resolve() for path in found}]
    if own:
        raise UserError(f"{own[0]}: is one of the pictures to be made larger; choose another output folder")
    return {path: out for out, path in made.items() if overwrite or not out.exists()}


def _single(source: Path, target: Path, *, overwrite: bool) -> Path:
    if target.is_dir():
        target /= f"{source.stem}.png"
    if target.suffix.lower() != ".png":
        raise UserError(f"{target}: the output of one picture is a PNG file; name it {target.stem}.png")
    if target.exists() and target.samefile(source):
        raise UserError(f"{target}: is the picture to be made larger; choose another output")
    if target.exists() and not overwrite:
        raise UserError(f"{target}: is there already; name another file, or say --overwrite")
    return target


def folder(baseline: Path) -> Path:
    """The folder of a baseline that is given as a path or by its name."""
    return baseline if baseline.exists() or baseline.name != str(baseline) else MODELS / baseline


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("baseline", type=Path, help="a trained baseline: its folder, or its name in models/")
    parser.add_argument("input", type=Path, help="a picture, or a folder of pictures")
    parser.add_argument("output", type=Path, help="the PNG file, or the folder of PNG files, to write")
    parser.add_argument("--overwrite", action="store_true", help="make pictures again that are there already")


def run(args: argparse.Namespace) -> None:
    """Make every picture larger; one that cannot be read stops none of the others."""
    numbers = tiles.load(args.params)
    todo = jobs(args.input, args.output, overwrite=args.overwrite)
    use_threads(numbers.threads)
    saved, network = baselines.restore(folder(args.baseline))
    device = tiles.device()
    side = tiles.fit_tile(network.to(device), numbers, device)
    bad: list[str] = []
    for path, out in Bar(todo.items(), "upscaling", unit="image", **patches.STEPS):
        try:
            small = images.load_or_fail(path)
        except UserError as error:
            bad.append(str(error))
            continue
        large = tiles.enlarge(network, small, saved.baseline.scale, side, numbers.overlap, half=device.type == "cuda")
        write(large, out)
    if bad:
        raise UserError(bad[0] + (f"; {len(bad) - 1} more cannot be read either" if len(bad) > 1 else ""))
