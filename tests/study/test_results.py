"""native4k.study.results: paired differences, their intervals and effect sizes, and the findings in words."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native4k.sr.metrics import Bootstrap
from native4k.study import results

BOOTSTRAP = Bootstrap(seed=0, draws=2000, confidence=0.95)
MINUS = "\N{MINUS SIGN}"


def rows(gains: dict[str, list[list[float]]], images: int = 8, scale: int = 4) -> pd.DataFrame:
    """Bicubic at 20 dB and more; arm -> for every seed, what it adds to it on every test image."""
    found = []
    for arm, seeds in {"bicubic": [[0.0] * len(next(iter(gains.values()))[0])], **gains}.items():
        for seed, values in enumerate(seeds):
            for place, value in enumerate(values):
                category = ("Food", "Nature")[place % 2]
                row = {"scale": scale, "images": 0 if arm == "bicubic" else images, "arm": arm, "seed": seed}
                found.append(row | {"id": f"{place:02}", "category": category, "sr_real_psnr_y": 20 + place + value})
    return pd.DataFrame(found)


def estimate_of(table: pd.DataFrame, arm: str = "half") -> results.Tree:
    return results.summarize(table, BOOTSTRAP)["differences"]["x4"]["8"][arm]["sr_real_psnr_y"]


def test_differences_are_taken_image_by_image_and_seed_by_seed() -> None:
    estimate = estimate_of(
        rows({"native": [[1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.0, 5.0]], "half": [[0.0] * 4, [2.0] * 4]})
    )
    assert estimate["mean"] == 2.0
    assert estimate["seeds"] == {"0": 2.5, "1": 1.5}
    assert estimate["effect"] == pytest.approx(2.0 / np.std([0.5, 1.5, 2.5, 3.5], ddof=1), abs=1e-4)
    assert estimate["images"] == 4
    assert {name: (one["mean"], one["images"]) for name, one in estimate["by_category"].items()} == {
        "Food": (1.5, 2),
        "Nature": (2.5, 2),
    }


def test_the_order_of_the_rows_does_not_matter() -> None:
    table = rows({"half": [[0.1, 0.3, 0.2]], "native": [[1.0, 0.0, 2.0]]})
    assert results.summarize(table.sample(frac=1, random_state=1), BOOTSTRAP) == results.summarize(table, BOOTSTRAP)


def test_means_stand_beside_bicubic_with_the_spread_of_the_seeds() -> None:
    table = rows({"native": [[1.0, 1.0], [3.0, 3.0]], "half": [[1.0, 1.0], [1.0, 1.0]]})
    means = results.summarize(table, BOOTSTRAP)["means"]["x4"]["8"]
    assert {arm: found["sr_real_psnr_y"] for arm, found in means.items()} == {
        "bicubic": {"mean": 20.5, "seed_spread": None},
        "half": {"mean": 21.5, "seed_spread": 0.0},
        "native": {"mean": 22.5, "seed_spread": 1.4142},
    }


def test_without_variance_between_seeds_the_interval_is_that_of_the_images() -> None:
    random = np.random.default_rng(0)
    found = np.tile(random.normal(0.3, 1.0, 400), (3, 1))
    low, high = results.interval(found, BOOTSTRAP)
    wide = 1.96 * found[0].std() / 20
    assert (low, high) == pytest.approx((found.mean() - wide, found.mean() + wide), abs=0.02)


def test_seeds_that_disagree_widen_the_interval() -> None:
    alike, apart = np.full((3, 50), 1.0), np.repeat([[0.0], [1.0], [2.0]], 50, axis=1)
    assert results.interval(alike, BOOTSTRAP) == (1.0, 1.0)
    assert results.interval(apart, BOOTSTRAP) == pytest.approx((0.0, 2.0))


@given(st.integers(1, 4), st.integers(2, 30), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_an_interval_lies_among_the_values_and_turns_with_the_sign(seeds: int, images: int, seed: int) -> None:
    found = np.random.default_rng(seed).normal(size=(seeds, images))
    low, high = results.interval(found, BOOTSTRAP)
    assert found.min() - 1e-9 <= low <= high <= found.max() + 1e-9
    assert results.interval(-found, BOOTSTRAP) == pytest.approx((-high, -low), abs=1e-9)


def test_one_image_has_a_difference_but_no_interval_and_no_effect() -> None:
    estimate = estimate_of(rows({"native": [[1.0]], "half": [[0.5]]}))
    assert {name: estimate[name] for name in ("mean", "low", "high", "effect")} == {
        "mean": 0.5,
        "low": None,
        "high": None,
        "effect": None,
    }
    assert results.verdict(estimate) == "open"


@pytest.mark.parametrize(
    ("native", "verdict", "finding"),
    [
        ([[0.5, 0.6, 0.4, 0.5]] * 2, "native", "native pixels train better than the same images at half the size"),
        ([[-0.5, -0.6, -0.4, -0.5]] * 2, "other", "native pixels train worse than the same images at half the size"),
        ([[0.5, -0.6, 0.4, -0.3]] * 2, "open", "no difference shown against the same images at half the size"),
        ([[0.9, 1.1, 1.0, 1.0], [-0.01, -0.01, -0.01, -0.01]], "open", "no difference shown"),
    ],
    ids=["better", "worse", "images disagree", "seeds disagree"],
)
def test_a_verdict_takes_the_interval_and_every_seed(native: list[list[float]], verdict: str, finding: str) -> None:
    table = rows({"native": native, "half": [[0.0] * 4, [0.0] * 4]})
    assert results.verdict(estimate_of(table)) == verdict
    assert finding in results.summarize(table, BOOTSTRAP)["findings"][0]


def test_an_interval_without_zero_is_no_verdict_where_a_seed_has_the_opposite_sign() -> None:
    estimate = {"low": 0.1, "high": 0.4, "mean": 0.2, "seeds": {"0": 0.5, "1": -0.1}}
    assert results.verdict(estimate) == "open"


def test_the_findings_name_their_numbers_and_how_few_the_images_are() -> None:
    first, one_seed, last = results.summarize(rows({"native": [[0.5] * 4], "half": [[0.0] * 4]}), BOOTSTRAP)["findings"]
    assert first == (
        "x4: native pixels train better than the same images at half the size, patches of as many pixels: +0.500 dB "
        "PSNR; the interval +0.500 to +0.500 dB PSNR excludes zero (4 test images, 8 training images, 1 seed; the "
        "seeds give +0.500 to +0.500)."
    )
    assert one_seed == "Where there is one seed, the interval leaves out the variance between training runs."
    assert last.startswith("With 4 test images this shows how the study works; it is no finding")


def test_only_a_category_of_enough_images_is_a_finding_of_its_own() -> None:
    table = rows({"native": [[0.5, 0.0] * 29 + [0.5] * 2], "half": [[0.0] * 60]})
    assert results.summarize(table, BOOTSTRAP)["findings"][1] == (
        "x4: native minus half by category: Food +0.500, +0.500 to +0.500 (30 images); Nature +0.017, +0.000 to +0.050 "
        "(30 images) (dB PSNR)."
    )
    fewer = results.summarize(table.query("id != '58'"), BOOTSTRAP)["findings"][1]
    assert fewer.startswith("x4: native minus half by category: Nature +0.017")
    assert "Food" not in fewer


def test_how_the_difference_grows_with_the_training_images_is_a_finding() -> None:
    some = rows({"native": [[0.1] * 3], "half": [[0.2] * 3]}, images=2)
    table = pd.concat([some, rows({"native": [[0.5] * 3], "half": [[0.2] * 3]}).query("arm != 'bicubic'")])
    tree = results.summarize(table, BOOTSTRAP)
    assert list(tree["differences"]["x4"]) == ["2", "8"]
    assert tree["findings"][1] == (
        f"x4: native minus half, as training images grow: {MINUS}0.100 with 2, +0.300 with 8 (dB PSNR)."
    )


@pytest.mark.parametrize("lost", ["an image", "a seed"])
def test_arms_that_were_measured_differently_are_never_compared(lost: str) -> None:
    table = rows({"native": [[1.0, 2.0], [1.0, 2.0]], "half": [[0.0, 1.0], [0.0, 1.0]]})
    missing = (table["arm"] == "half") & (
        table["id" if lost == "an image" else "seed"] == ("01" if lost == "an image" else 1)
    )
    with pytest.raises(AssertionError, match="not measured with the same seeds on the same images"):
        results.summarize(table[~missing], BOOTSTRAP)


def test_figures_are_what_native_pixels_gain_and_what_every_arm_reaches() -> None:
    reached = {"psnr": {"mean": 27.5, "seed_spread": None}, "ssim": {"mean": 0.5, "seed_spread": None}}
    gained = {"psnr": {"mean": -0.02, "low": None}, "ssim": {"mean": 0.1, "low": None}}
    tree = {
        "measure": "psnr",
        "means": {"x4": {"52": {"bicubic": reached, "native": reached}}},
        "differences": {"x4": {"52": {"half": gained}}},
    }
    assert results.select_figures(tree) == {
        "native minus half x4 52 images psnr": -0.02,
        "bicubic x4 52 images psnr": 27.5,
        "native x4 52 images psnr": 27.5,
    }
