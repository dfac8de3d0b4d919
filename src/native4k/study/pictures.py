"""Pictures of the study: one square as a network of each of two arms enlarges it, beside the original.

Of every arm, the test images that native pixels help most and least, where the original has the most texture.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from torch import nn

from native4k import tables
from native4k.sr import baselines, evaluate, strips, testsets, tiles
from native4k.study import results, runs

SIDE = 320
"""Pixels of a square, as sr.evaluate.strip_side has them."""


def write(
    folder: Path, rows: pd.DataFrame, homes: Mapping[runs.Run, Path], test: Path, method: evaluate.Method
) -> None:
    """Write files such as x4-half-most-ID.webp: the other arm, native, the original; of the first seed."""
    pairs = {pair.id: pair for pair in testsets.own_pairs(test)}
    with tables.atomic_folder(folder) as made:
        for other, native in both_arms(homes):
            of_arms = rows[(rows["scale"] == other.scale) & (rows["images"] == other.images)]
            networks = [tiles_network(homes[run]) for run in (other, native)]
            for name, image in extremes(of_arms, other.arm).items():
                pictures = evaluate.open_pictures(pairs[image], other.scale, method)
                strip = squares(networks, pictures, other.scale, method.tiles)
                Image.fromarray(strip).save(made / f"x{other.scale}-{other.arm}-{name}-{image}.webp", lossless=True)


def both_arms(homes: Mapping[runs.Run, Path]) -> list[tuple[runs.Run, runs.Run]]:
    """Each other arm's run beside native's, of each scale's largest number of images and first seed."""
    pairs: dict[tuple[int, str], tuple[runs.Run, runs.Run]] = {}
    for run in sorted(homes, key=lambda one: (one.scale, one.arm, -one.images, one.seed)):
        native = run._replace(arm="native")
        if run.arm != results.NATIVE and native in homes:
            pairs.setdefault((run.scale, run.arm), (run, native))
    return list(pairs.values())


def tiles_network(home: Path) -> nn.Module:
    """The network of a finished run, on the device that tiles use."""
    return baselines.restore(home / runs.WEIGHTS)[1].to(tiles.device())


def extremes(rows: pd.DataFrame, arm: str) -> dict[str, str]:
    """The test images that native pixels help most and least over an arm, by the first measure; of one image, it."""
    gains = results.paired_differences(rows, arm, results.measures(rows)[0]).mean(axis=0).sort_index()
    found = {"most": str(gains.idxmax()), "least": str(gains.idxmin())}
    return found if len(set(found.values())) > 1 else {"most": found["most"]}


def squares(networks: list[nn.Module], pictures: testsets.Pictures, scale: int, numbers: tiles.Params) -> np.ndarray:
    """Lay a square as each network enlarges it, and the original, side by side; no more is enlarged than it takes."""
    place = strips.textured_square(pictures.truth, min(SIDE, *pictures.truth.shape[:2]) // scale * scale)
    around = [(max(0, one.start // scale - numbers.overlap), one.stop // scale + numbers.overlap) for one in place]
    small = pictures.small[slice(*around[0]), slice(*around[1])]
    inside = tuple(
        slice(one.start - first * scale, one.stop - first * scale)
        for one, (first, _) in zip(place, around, strict=True)
    )
    ours = [tiles.enlarge(network, small, scale, numbers.tile, numbers.overlap)[inside] for network in networks]
    return np.concatenate([*ours, pictures.truth[place]], axis=1)
