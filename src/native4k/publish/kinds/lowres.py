"""Folders LR_xSCALE of whole pictures made small, so that none has to be stored: ID.png, sides cut to the scales.

Without `damage` they are the bicubic ones that `native4k sr evaluate` measures on; with it, made worse by seed.
"""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from native4k.errors import UserError
from native4k.metadata.abreast import abreast
from native4k.publish.kinds import damage, squares
from native4k.publish.kinds.numbers import Small
from native4k.publish.kinds.source import Source


def small(pixels: np.ndarray, name: str, scale: int, numbers: Small) -> np.ndarray:
    """The small version of a picture: by bicubic reduction, or damaged by seed."""
    if numbers.damage is None:
        return squares.small(pixels, scale)
    return damage.damaged(pixels, name, scale, numbers.damage)


def versions(file: tuple[str, Path], numbers: Small) -> dict[str, bytes]:
    """Folder name -> the PNG that goes there."""
    name, path = file
    pixels = squares.fitted(path, numbers.scales)
    if not min(pixels.shape[:2]):
        raise UserError(
            f"{path}: too small for scale {max(numbers.scales)}; leave the scale out of export.lowres.scales"
        )
    made = {f"LR_x{scale}": small(pixels, name, scale, numbers) for scale in numbers.scales}
    made |= {"HR": pixels} if numbers.originals else {}
    return {folder: squares.png(version, numbers.png_level) for folder, version in made.items()}


def export(source: Source, folder: Path, numbers: Small) -> None:
    """Write the folders of each split."""
    torch.set_num_threads(1)  # pictures go abreast
    for split in source.splits:
        files = source.files(split)
        for name in (*(f"LR_x{scale}" for scale in numbers.scales), *(("HR",) if numbers.originals else ())):
            (folder / split / name).mkdir(parents=True)
        made = abreast(partial(versions, numbers=numbers), files)
        steps = tqdm(made, f"small versions of {split}", len(files), unit="image", mininterval=5)
        for (id_, _), found in zip(files, steps, strict=True):
            for name, content in found.items():
                (folder / split / name / f"{id_}.png").write_bytes(content)
