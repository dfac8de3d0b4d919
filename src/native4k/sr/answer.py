"""What the cells of the question say together: paired differences between arms, how sure, how large, and in words.

Every image is measured under every arm with every seed, so differences are taken image by image and seed by seed. The
interval is a percentile bootstrap (Efron and Tibshirani 1993, section 13.3) that draws images and seeds anew together:
the luck of a seed widens it. Of few images or seeds it is too narrow still, so a verdict also asks all seeds to agree.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from native4k.sr.metrics import statistics

NATIVE, BICUBIC = "native", "bicubic"
KEYS = ["scale", "images", "arm", "seed", "id", "category"]
"""Columns of the table of cells that are no measures; `images` counts those trained on."""

FEW = 30  # test images; ASSUME: with fewer no interval is a finding about 4K photographs

Tree = dict[str, Any]

NAMES = {
    "half": "the same images at 2K, patches of as many pixels",
    "half_field": "the same images at 2K, patches of the same field of view",
    "upscaled": "upscaled fakes of the same images",
}
"""What native 4K pixels are compared with."""


def answer(rows: pd.DataFrame, bootstrap: statistics.Bootstrap) -> Tree:
    """Means of every arm, differences to native, and sentences made of them, by scale and number of images."""
    means: Tree = {}
    differences: Tree = {}
    for scale, ours in rows.groupby("scale", sort=True):
        plain = ours[ours["arm"] == BICUBIC]
        for images, cell in ours[ours["arm"] != BICUBIC].groupby("images", sort=True):
            place = f"x{scale}", str(images)
            both = pd.concat([plain, cell])
            means.setdefault(place[0], {})[place[1]] = {
                str(arm): {name: _spread(one, name) for name in measures(rows)} for arm, one in both.groupby("arm")
            }
            arms = [str(arm) for arm in dict.fromkeys(cell["arm"]) if arm != NATIVE]
            differences.setdefault(place[0], {})[place[1]] = {
                arm: {name: difference(cell, arm, name, bootstrap) for name in measures(rows)} for arm in sorted(arms)
            }
    tree = {"test_images": int(rows["id"].nunique()), "measure": measures(rows)[0]}
    tree |= {"means": means, "differences": differences}
    return tree | {"says": list(says(tree))}


def measures(rows: pd.DataFrame) -> list[str]:
    """The columns that are measures."""
    return [str(name) for name in rows.columns if name not in KEYS]


def difference(cell: pd.DataFrame, arm: str, name: str, bootstrap: statistics.Bootstrap) -> Tree:
    """Native less another arm: mean, interval, Cohen's d of pairs, every seed's mean, and by category."""
    found = paired(cell, arm, name)
    categories = cell.drop_duplicates("id").set_index("id")["category"].reindex(found.columns)
    by_category = {
        str(category): _summed(found.loc[:, (categories == category).to_numpy()], bootstrap)
        for category in sorted(categories.unique())
    }
    seeds = {str(seed): round(float(value), statistics.DIGITS) for seed, value in found.mean(axis=1).items()}
    return _summed(found, bootstrap) | {"seeds": seeds, "by_category": by_category}


def paired(cell: pd.DataFrame, arm: str, name: str) -> pd.DataFrame:
    """Native less another arm: a row a seed, a column an image; both arms have the same seeds and images."""
    ours, other = (cell[cell["arm"] == one].pivot_table(name, "seed", "id", dropna=False) for one in (NATIVE, arm))
    if not (ours.index.equals(other.index) and ours.columns.equals(other.columns)):
        raise AssertionError(f"{NATIVE} and {arm} were not measured with the same seeds on the same images")
    found = ours - other
    if found.isna().to_numpy().any():
        raise AssertionError(f"{NATIVE} or {arm} lacks an image with some seed")
    return found


def interval(found: np.ndarray, numbers: statistics.Bootstrap) -> tuple[float, float]:
    """The bounds of the mean of (seeds, images), both drawn anew with replacement."""
    random = np.random.default_rng([numbers.seed, *found.shape])
    at_once = max(1, statistics.CHUNK // found.size)
    means = np.concatenate(
        [_drawn(found, random, min(at_once, numbers.draws - first)) for first in range(0, numbers.draws, at_once)]
    )
    tail = (1 - numbers.confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def effect(found: np.ndarray) -> float | None:
    """Cohen's d of pairs (Cohen 1988, section 2.3.5): the mean over the spread of the images' differences."""
    by_image = found.mean(axis=0)
    spread = float(by_image.std(ddof=1)) if len(by_image) > 1 else 0.0
    return float(by_image.mean()) / spread if spread > 0 else None


def verdict(told: Tree) -> str:
    """Which side is better: native, other, or nobody can say."""
    if told["low"] is None:
        return "open"
    seeds = told["seeds"].values()
    if told["low"] > 0 and min(seeds) > 0:
        return "native"
    if told["high"] < 0 and max(seeds) < 0:
        return "other"
    return "open"


def says(tree: Tree) -> Iterator[str]:
    """The findings in words, of the first measure."""
    name = tree["measure"]
    for scale, sizes in tree["differences"].items():
        most = list(sizes)[-1]
        for arm, found in sizes[most].items():
            yield _sentence(scale, arm, name, found[name], most, tree["test_images"])
        for arm in sizes[most]:
            yield from _growth(
                scale, arm, name, {images: one[arm][name] for images, one in sizes.items() if arm in one}
            )
    if any(
        len(found[name]["seeds"]) == 1
        for sizes in tree["differences"].values()
        for one in sizes.values()
        for found in one.values()
    ):
        yield "Where there is one seed, the interval leaves out the luck of training."
    if tree["test_images"] < FEW:
        yield (
            f"With {tree['test_images']} test images this shows how the question is asked; it is no finding about "
            f"native 4K data. That takes the published split and full-size networks (params/paper.yaml)."
        )


def _sentence(scale: str, arm: str, name: str, told: Tree, images: str, test: int) -> str:
    other, seeds = NAMES.get(arm, arm), list(told["seeds"].values())
    among = f"{test} test images, {images} training images, {len(seeds)} seed{'s' if len(seeds) > 1 else ''}"
    if told["low"] is None:
        return f"{scale}: of one test image nothing can be said about {other} ({among})."
    bounds = f"the interval {signed(told['low'])} to {signed(told['high'])} {_unit(name)}"
    between = f"single seeds say {signed(min(seeds))} to {signed(max(seeds))}"
    mean = f"{signed(told['mean'])} {_unit(name)}"
    match verdict(told):
        case "native":
            said = f"native 4K pixels train better than {other}: {mean}; {bounds} excludes zero"
        case "other":
            said = f"native 4K pixels train worse than {other}: {mean}; {bounds} excludes zero"
        case _ if told["low"] > 0 or told["high"] < 0:
            said = f"open against {other}: {mean}; {bounds} excludes zero, but the seeds disagree"
        case _:
            said = f"no difference shown against {other}: {mean}; {bounds} includes zero"
    return f"{scale}: {said} ({among}; {between})."


def _growth(scale: str, arm: str, name: str, sizes: Tree) -> Iterator[str]:
    if len(sizes) > 1:
        steps = ", ".join(f"{signed(told['mean'])} with {images}" for images, told in sizes.items())
        yield f"{scale}: native less {arm}, as training images grow: {steps} ({_unit(name)})."


def signed(value: float) -> str:
    """A difference with its sign."""
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")


def _unit(name: str) -> str:
    kind = name.split("_")[-2].upper()
    return f"dB {kind}" if kind == "PSNR" else kind


def _spread(one: pd.DataFrame, name: str) -> Tree:
    """The mean of all, and how far the seeds' means lie from each other."""
    seeds = one.groupby("seed")[name].mean()
    spread = None if len(seeds) == 1 else round(float(seeds.std(ddof=1)), statistics.DIGITS)
    return {"mean": round(float(seeds.mean()), statistics.DIGITS), "seed_spread": spread}


def _summed(found: pd.DataFrame, bootstrap: statistics.Bootstrap) -> Tree:
    """An interval needs two images."""
    values = found.to_numpy()
    low, high = interval(values, bootstrap) if values.shape[1] > 1 else (None, None)
    told = {"mean": float(values.mean()), "low": low, "high": high, "effect": effect(values)}
    return {key: None if value is None else round(value, statistics.DIGITS) for key, value in told.items()} | {
        "images": values.shape[1]
    }


def _drawn(found: np.ndarray, random: np.random.Generator, draws: int) -> np.ndarray:
    """The means of so many draws: how often each seed and each image is drawn, times what it shows."""
    seeds, images = (random.multinomial(count, np.full(count, 1 / count), size=draws) for count in found.shape)
    mean: np.ndarray = ((seeds @ found) * images).sum(axis=1) / found.size
    return mean
