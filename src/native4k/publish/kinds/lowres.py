"""Folders LR_xSCALE of whole pictures made small, so that none has to be stored: ID.png, sides cut to the scales.

They are what `native4k sr evaluate` asks baselines to enlarge: bicubic, or made worse as Real-ESRGAN does, by seed.
"""

from functools import partial
from pathlib import Path

import torch
from tqdm import tqdm

from native4k import degrade
from native4k.errors import UserError
from native4k.metadata.parallel import parallel_map
from native4k.publish.kinds import squares
from native4k.publish.kinds.numbers import Small
from native4k.publish.kinds.source import Source


def versions(file: tuple[str, Path], numbers: Small, made: degrade.Params) -> dict[str, bytes]:
    """Folder name -> the PNG that goes there."""
    name, path = file
    pixels = squares.fitted(path, numbers.scales)
    if not min(pixels.shape[:2]):
        raise UserError(
            f"{path}: too small for scale {max(numbers.scales)}; leave the scale out of export.lowres.scales"
        )
    found = {
        f"LR_x{scale}": degrade.degrade(pixels, name, scale, numbers.degradation, made) for scale in numbers.scales
    }
    found |= {"HR": pixels} if numbers.originals else {}
    return {folder: squares.png(version, numbers.png_level) for folder, version in found.items()}


def export(source: Source, folder: Path, numbers: Small, degraded: degrade.Params) -> None:
    """Write the folders of each split."""
    torch.set_num_threads(1)  # pictures go abreast
    for split in source.splits:
        files = source.files(split)
        for name in (*(f"LR_x{scale}" for scale in numbers.scales), *(("HR",) if numbers.originals else ())):
            (folder / split / name).mkdir(parents=True)
        made = parallel_map(partial(versions, numbers=numbers, made=degraded), files)
        steps = tqdm(made, f"small versions of {split}", len(files), unit="image", mininterval=5)
        for (id_, _), found in zip(files, steps, strict=True):
            for name, content in found.items():
                (folder / split / name / f"{id_}.png").write_bytes(content)
