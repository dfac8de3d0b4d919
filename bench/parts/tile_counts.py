"""How many verdicts of each preset change when tiled measures take four times as many tiles: real pictures, drawings.

Run it by `PYTHONPATH=bench python -m parts.tile_counts`, after `make real`; it takes some ten minutes of one core.
Measured are the columns of presets' rules that are averages of sampled tiles; no other depends on their number.
"""

import argparse
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd
from PIL import Image

from native4k import images, params
from native4k.dataset import select
from native4k.demo.catalogue import Params, plan
from native4k.demo.draw import draw
from native4k.measure import columns, measurements, pixel_statistics, score, textures
from parts import real

FILE = Path("params.yaml")
TIMES = 4
LEAST = 600
"""Pixels of a real picture's shorter side."""

SHOWN = ("", "flat", "blurred")
"""Defects of the drawings that are measured; the others are copies, or differ in what no tile shows."""


class Numbers(NamedTuple):
    """The numbers of what is tiled, and the presets."""

    score: score.Params
    probe: measurements.Measures
    presets: dict[str, dict[str, select.Rule]]


def load() -> Numbers:
    """As params.yaml has them."""
    presets = params.load(select.Params, FILE, "select").presets
    return Numbers(
        params.load(score.Params, FILE, "score"), params.load(measurements.Measures, FILE, "probe", "measures"), presets
    )


def pictures(every: int) -> Iterator[tuple[str, Image.Image]]:
    """Every so many real pictures at their own size, and drawings."""
    for family in real.at_hand(LEAST)[::every]:
        with Image.open(family.path) as image:
            yield "real", image.convert("RGB")
    demo = params.load(Params, FILE, "demo")
    drawn = [picture for picture in plan(demo).values() if picture.defect in SHOWN]
    for picture in drawn[::every]:
        with Image.open(io.BytesIO(draw(picture.url, demo))) as image:
            yield "drawn", image.convert("RGB")


def row(picture: Image.Image, numbers: Numbers, times: int) -> dict[str, float]:
    """Every tiled column that a preset looks at, by so many times the tiles."""
    wanted = {rule.column for rules in numbers.presets.values() for rule in rules.values()}
    measures = textures.texture_measures(numbers.score.texture)
    found = {}
    for name, texture in numbers.score.textures.items():
        if texture.view.startswith("tiles") and f"{name}_mean" in wanted:
            side, count = columns.tile_size(texture.view, numbers.score.tiles)
            tiles = images.tiles(picture, side, count * times)
            found[f"{name}_mean"] = float(np.mean([measures[texture.measure](tile) for tile in tiles]))
    luma = cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2GRAY)
    return found | pixel_statistics.detail(luma, numbers.probe.tile, numbers.probe.tiles * times)


def changes(few: pd.DataFrame, many: pd.DataFrame, presets: dict[str, dict[str, select.Rule]]) -> Iterator[str]:
    """A line for each preset and rule: of each kind of pictures how many are rejected, and how many verdicts differ."""
    for preset, rules in presets.items():
        for reason, rule in rules.items():
            if rule.column not in few.columns:
                yield f"{preset:<10}{reason:<16}{rule.column:<22}not of tiles: none changes"
                continue
            told = []
            for _, part in few.groupby("kind", sort=False):
                verdicts = [
                    select.rejected_by_rule(rule, select.Rows(table.loc[part.index], np.full(len(part), True), reason))
                    for table in (few, many)
                ]
                differ = int((verdicts[0] != verdicts[1]).sum())
                told.append(
                    f"{part['kind'].iloc[0]}: {int(verdicts[0].sum())} rejected, {differ} of {len(part)} "
                    f"change ({differ / len(part):.3f})"
                )
            yield f"{preset:<10}{reason:<16}{rule.column:<22}{'; '.join(told)}"


def main() -> None:
    """Measure every picture twice and print what changes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every so many pictures (default 1)")
    args = parser.parse_args()
    numbers = load()
    few, many = [], []
    for place, (kind, picture) in enumerate(pictures(args.every)):
        few.append({"kind": kind, **row(picture, numbers, 1)})
        many.append({"kind": kind, **row(picture, numbers, TIMES)})
        print(place, end=" ", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print("\n".join(changes(pd.DataFrame(few), pd.DataFrame(many), numbers.presets)))


if __name__ == "__main__":
    main()
