"""Folders LR_xSCALE of whole pictures made small, so that none has to be stored: ID.png, sides cut to the scales.

They are what `native4k sr evaluate` asks baselines to enlarge: bicubic, or made worse as Real-ESRGAN does, by seed.
"""

from functools import partial
from pathlib import Path

import torch

from native4k import degrade
from native4k.errors import UserError
from native4k.metadata.parallel import parallel_map
from native4k.progress import Bar
from native4k.publish.kinds import Small, Source, subimages


def versions(file: tuple[str, Path], numbers: Small, degradation: degrade.Params) -> dict[str, bytes]:
    """Folder name -> the PNG that goes there."""
    name, path = file
    pixels = subimages.read_cropped(path, numbers.scales)
    if not min(pixels.shape[:2]):
        advice = "leave the scale out of export.lowres.scales"
        raise UserError(f"{path}: too small for scale {max(numbers.scales)}; {advice}")
    found = {"HR": pixels} if numbers.originals else {}
    for scale in numbers.scales:
        found[f"LR_x{scale}"] = degrade.degrade(pixels, name, scale, numbers.degradation, degradation)
    return {folder: subimages.png(version, numbers.png_level) for folder, version in found.items()}


def size(source: Source, numbers: Small) -> int:
    """The bytes that an export takes, about."""
    pixels = sum(width * height for split in source.splits for width, height in source.sizes(split))
    versions = numbers.originals + sum(1 / scale**2 for scale in numbers.scales)
    return round(subimages.CHANNELS * pixels * versions * subimages.packed_share(source, numbers.png_level))


def export(source: Source, folder: Path, numbers: Small, degradation: degrade.Params) -> None:
    """Write the folders of each split."""
    torch.set_num_threads(1)  # pictures are processed in parallel
    for split in source.splits:
        files = source.files(split)
        for name in (*(f"LR_x{scale}" for scale in numbers.scales), *(("HR",) if numbers.originals else ())):
            (folder / split / name).mkdir(parents=True)
        made = parallel_map(partial(versions, numbers=numbers, degradation=degradation), files)
        progress = Bar(made, f"small versions of {split}", len(files), unit="image", mininterval=5)
        for (id_, _), found in zip(files, progress, strict=True):
            for name, content in found.items():
                (folder / split / name / f"{id_}.png").write_bytes(content)
