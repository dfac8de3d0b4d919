"""The results of the study's runs: paired differences between arms, intervals, effect sizes, and findings in words.

Every image is measured under every arm with every seed, so differences are taken image by image and seed by seed. The
interval is a percentile bootstrap (Efron and Tibshirani 1993, section 13.3) that resamples images and seeds together:
the variance between seeds widens it. With few images or seeds it is too narrow still, so a verdict also requires that
all seeds agree.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from native4k.page import figures
from native4k.sr import metrics

NATIVE, BICUBIC = "native", "bicubic"
KEYS = ["scale", "images", "arm", "seed", "id", "category"]
"""Columns of the table of measurements that are no measures; `images` is the number of training images."""

FEW_IMAGES = 30  # test images; ASSUME: with fewer no interval is a finding about images that were not tested

Tree = dict[str, Any]

DESCRIPTIONS = {
    "half": "the same images at half the size, patches of as many pixels",
    "half_field": "the same images at half the size, patches of the same field of view",
    "upscaled": "upscaled fakes of the same images",
}
"""What the arms that native pixels are compared with are trained on."""


def summarize(rows: pd.DataFrame, bootstrap: metrics.Bootstrap) -> Tree:
    """Means of every arm, differences to native, and findings, by scale and number of training images."""
    means: Tree = {}
    differences: Tree = {}
    for number, of_scale in rows.groupby("scale", sort=True):
        scale, interpolated = f"x{number}", of_scale[of_scale["arm"] == BICUBIC]
        for count, trained in of_scale[of_scale["arm"] != BICUBIC].groupby("images", sort=True):
            images, both = str(count), pd.concat([interpolated, trained])
            means.setdefault(scale, {})[images] = {
                str(arm): {name: _mean(one, name) for name in measures(rows)} for arm, one in both.groupby("arm")
            }
            arms = sorted({str(arm) for arm in trained["arm"]} - {NATIVE})
            differences.setdefault(scale, {})[images] = {
                arm: {name: difference(trained, arm, name, bootstrap) for name in measures(rows)} for arm in arms
            }
    tree = {"test_images": int(rows["id"].nunique()), "measure": measures(rows)[0]}
    tree |= {"means": means, "differences": differences}
    return tree | {"findings": list(findings(tree))}


def select_figures(tree: Tree) -> figures.Figures:
    """Select what native pixels gain over every arm, then what every arm reaches, by the first measure."""
    measure = tree["measure"]
    gains = {f"native minus {name}": value for name, value in _walk(tree["differences"])}
    return {f"{name} {measure}": value[measure]["mean"] for name, value in (gains | dict(_walk(tree["means"]))).items()}


def _walk(tree: Tree) -> Iterator[tuple[str, Tree]]:
    for scale, of_scale in tree.items():
        for images, arms in of_scale.items():
            yield from ((f"{arm} {scale} {images} images", value) for arm, value in arms.items())


def measures(rows: pd.DataFrame) -> list[str]:
    """The columns that are measures."""
    return [str(name) for name in rows.columns if name not in KEYS]


def difference(rows: pd.DataFrame, arm: str, name: str, bootstrap: metrics.Bootstrap) -> Tree:
    """Native minus another arm: mean, interval, Cohen's d of pairs, every seed's mean, and by category."""
    pairs = paired_differences(rows, arm, name)
    categories = rows.drop_duplicates("id").set_index("id")["category"].reindex(pairs.columns)
    by_category = {
        str(category): _estimate(pairs.loc[:, (categories == category).to_numpy()], bootstrap)
        for category in sorted(categories.unique())
    }
    seeds = {str(seed): round(float(value), metrics.DIGITS) for seed, value in pairs.mean(axis=1).items()}
    return _estimate(pairs, bootstrap) | {"seeds": seeds, "by_category": by_category}


def paired_differences(rows: pd.DataFrame, arm: str, name: str) -> pd.DataFrame:
    """Native minus another arm: a row a seed, a column an image; both arms have the same seeds and images."""
    native, other = (rows[rows["arm"] == one].pivot_table(name, "seed", "id", dropna=False) for one in (NATIVE, arm))
    if not (native.index.equals(other.index) and native.columns.equals(other.columns)):
        raise AssertionError(f"{NATIVE} and {arm} were not measured with the same seeds on the same images")
    pairs = native - other
    if pairs.isna().to_numpy().any():
        raise AssertionError(f"{NATIVE} or {arm} lacks an image with some seed")
    return pairs


def interval(values: np.ndarray, numbers: metrics.Bootstrap) -> tuple[float, float]:
    """The bounds of the mean of (seeds, images), both resampled with replacement."""
    return metrics.percentiles(values.shape, lambda random, draws: _resampled_means(values, random, draws), numbers)


def effect_size(values: np.ndarray) -> float | None:
    """Cohen's d of pairs (Cohen 1988, section 2.3.5): the images' mean difference over its standard deviation."""
    by_image = values.mean(axis=0)
    deviation = float(by_image.std(ddof=1)) if len(by_image) > 1 else 0.0
    return float(by_image.mean()) / deviation if deviation > 0 else None


def verdict(estimate: Tree) -> str:
    """Which side is better: native, other, or open."""
    if estimate["low"] is None:
        return "open"
    seeds = estimate["seeds"].values()
    if estimate["low"] > 0 and min(seeds) > 0:
        return "native"
    if estimate["high"] < 0 and max(seeds) < 0:
        return "other"
    return "open"


def findings(tree: Tree) -> Iterator[str]:
    """The findings in words, of the first measure."""
    name = tree["measure"]
    for scale, by_images in tree["differences"].items():
        largest = list(by_images)[-1]
        for arm, by_measure in by_images[largest].items():
            yield _finding(scale, arm, name, by_measure[name], largest, tree["test_images"])
            yield from _by_category(scale, arm, name, by_measure[name]["by_category"])
        for arm in by_images[largest]:
            yield from _trend(
                scale, arm, name, {images: arms[arm][name] for images, arms in by_images.items() if arm in arms}
            )
    if any(
        len(by_measure[name]["seeds"]) == 1
        for by_images in tree["differences"].values()
        for arms in by_images.values()
        for by_measure in arms.values()
    ):
        yield "Where there is one seed, the interval leaves out the variance between training runs."
    if tree["test_images"] < FEW_IMAGES:
        yield (
            f"With {tree['test_images']} test images this shows how the study works; it is no finding about native "
            f"pixels. That takes the published split and full-size networks (params/paper.yaml)."
        )


def _finding(scale: str, arm: str, name: str, estimate: Tree, images: str, test: int) -> str:
    other, seeds = DESCRIPTIONS.get(arm, arm), list(estimate["seeds"].values())
    sample = f"{test} test images, {images} training images, {len(seeds)} seed{'s' if len(seeds) > 1 else ''}"
    if estimate["low"] is None:
        return f"{scale}: one test image is too few to compare with {other} ({sample})."
    bounds = f"the interval {signed(estimate['low'])} to {signed(estimate['high'])} {_unit(name)}"
    by_seed = f"the seeds give {signed(min(seeds))} to {signed(max(seeds))}"
    mean = f"{signed(estimate['mean'])} {_unit(name)}"
    match verdict(estimate):
        case "native":
            result = f"native pixels train better than {other}: {mean}; {bounds} excludes zero"
        case "other":
            result = f"native pixels train worse than {other}: {mean}; {bounds} excludes zero"
        case _ if estimate["low"] > 0 or estimate["high"] < 0:
            result = f"open against {other}: {mean}; {bounds} excludes zero, but the seeds disagree"
        case _:
            result = f"no difference shown against {other}: {mean}; {bounds} includes zero"
    return f"{scale}: {result} ({sample}; {by_seed})."


def _by_category(scale: str, arm: str, name: str, estimates: Tree) -> Iterator[str]:
    """The difference in each category that has enough test images."""
    enough = {category: estimate for category, estimate in estimates.items() if estimate["images"] >= FEW_IMAGES}
    if enough:
        each = (
            f"{category} {signed(one['mean'])}, {signed(one['low'])} to {signed(one['high'])} ({one['images']} images)"
            for category, one in enough.items()
        )
        yield f"{scale}: native minus {arm} by category: {'; '.join(each)} ({_unit(name)})."


def _trend(scale: str, arm: str, name: str, estimates: Tree) -> Iterator[str]:
    if len(estimates) > 1:
        steps = ", ".join(f"{signed(estimate['mean'])} with {images}" for images, estimate in estimates.items())
        yield f"{scale}: native minus {arm}, as training images grow: {steps} ({_unit(name)})."


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign."""
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _unit(name: str) -> str:
    kind = name.split("_")[-2].upper()
    return f"dB {kind}" if kind == "PSNR" else kind


def _mean(rows: pd.DataFrame, name: str) -> Tree:
    """The mean of all rows, and the standard deviation of the seeds' means."""
    seeds = rows.groupby("seed")[name].mean()
    deviation = None if len(seeds) == 1 else round(float(seeds.std(ddof=1)), metrics.DIGITS)
    return {"mean": round(float(seeds.mean()), metrics.DIGITS), "seed_spread": deviation}


def _estimate(pairs: pd.DataFrame, bootstrap: metrics.Bootstrap) -> Tree:
    """Mean, interval and effect size of differences; an interval needs two images."""
    values = pairs.to_numpy()
    low, high = interval(values, bootstrap) if values.shape[1] > 1 else (None, None)
    numbers = {"mean": float(values.mean()), "low": low, "high": high, "effect": effect_size(values)}
    return {key: None if value is None else round(value, metrics.DIGITS) for key, value in numbers.items()} | {
        "images": values.shape[1]
    }


def _resampled_means(values: np.ndarray, random: np.random.Generator, draws: int) -> np.ndarray:
    """The means of so many draws: how often each seed and each image is drawn, times its value."""
    seeds, images = (random.multinomial(count, np.full(count, 1 / count), size=draws) for count in values.shape)
    mean: np.ndarray = ((seeds @ values) * images).sum(axis=1) / values.size
    return mean
