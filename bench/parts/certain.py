"""Certain natives and fakes of the few real pictures at hand, judged by params.yaml; fails where rates are clearly off.

The pictures are those of Python packages in the lock and of two small packages of Debian, where apt-get gives them. It
takes about a minute, as an ordinary user. The rates that are published come from `make real`.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from native4k import params
from native4k.errors import UserError
from native4k.measure import nativeness
from parts import conditions, real

DEBIAN = ("palapeli-data", "kphotoalbum")
LEAST = 500
"""Pixels of a photograph's shorter side: halved it still has four cells of nativeness."""

LARGEST = 1280
"""Pixels of a fake's longer side."""

CODECS = ("none", "jpeg 95 4:2:0", "jpeg 85 4:2:0")
FACTORS = (2, 3, 4)
KERNELS = ("bilinear", "bicubic", "lanczos")

MAX_REJECTED, MIN_FOUND = 0.1, 0.85
"""Of natives and of fakes; published are .02 and .95, and some twenty photographs cannot tell more."""


def fetch() -> None:
    """Unpack what apt-get gives, and say so where it gives nothing."""
    for name in DEBIAN:
        try:
            real.fetch([name])
        except UserError as error:
            print(f"without {name}: {error}")


def outcomes(family: real.Family, numbers: nativeness.Params) -> Iterator[dict[str, object]]:
    """What nativeness says of a photograph halved or more, and of that enlarged."""
    native, chance = real.native(family), np.random.default_rng(0)
    made = [(1, native)]
    for factor in FACTORS:
        part = native[: LARGEST // factor, : LARGEST // factor]
        size = part.shape[1] * factor, part.shape[0] * factor
        kernel = Image.Resampling[KERNELS[factor % len(KERNELS)].upper()]
        made.append((factor, np.asarray(Image.fromarray(part).resize(size, kernel))))
    for factor, picture in made:
        for codec in CODECS:
            luma = conditions.luma(conditions.NATIVES[codec](picture, chance))
            outcome = nativeness.nativeness(luma, numbers)["nativeness"]
            yield {"family": family.name, "factor": factor, "codec": codec, "outcome": outcome}


def problems(table: pd.DataFrame) -> list[str]:
    """What is clearly off, a line each."""
    upscaled = table["outcome"] == "upscaled"
    natives, fakes = upscaled[table["factor"] == 1].mean(), upscaled[table["factor"] > 1].mean()
    found = []
    if natives > MAX_REJECTED:
        found.append(f"{natives:.3f} of natives are called upscaled, more than {MAX_REJECTED:g}")
    if fakes < MIN_FOUND:
        found.append(f"{fakes:.3f} of fakes are called upscaled, less than {MIN_FOUND:g}")
    return found


def main() -> None:
    """Fetch, measure, print shares by factor and codec, fail if they are off."""
    fetch()
    numbers = params.load(nativeness.Params, Path("params.yaml"), "probe", "nativeness")
    families = real.at_hand(LEAST)
    families = [family for family in families if family.package in {"skimage", "matplotlib", *DEBIAN}]
    table = pd.DataFrame([row for family in families for row in outcomes(family, numbers)])
    print(f"{len(families)} photographs; shares by factor (1: natives) and codec")
    print(pd.crosstab([table["factor"], table["codec"]], table["outcome"], normalize="index").round(3).to_string())
    if wrong := problems(table):
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
