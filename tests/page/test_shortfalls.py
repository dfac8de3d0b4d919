"""A dataset that falls short says so in a line: the rule that did it, and the number to change."""

from typing import Any

import pytest

from native4k import params, provenance
from native4k.page.shortfalls import NUMBERS as NUMBERS_BEHIND
from native4k.page.shortfalls import shortfalls
from tests.project import HERE

NUMBERS: dict[str, Any] = {
    "select": {"preset": "own", "presets": {"own": {"flat": {}, "blurred": {}}}},
    "split": {"val": {"size": 6, "zone": 0.2}, "test": {"size": 0, "zone": 0.0}},
}
NO_CATEGORY = "balance rejects most, 1,000 as no_category; change balance.keep_unknown"
NONE = "none of the 3 kept images is in its zone"
SPLITS = {"train": 9, "val": 6}


def funnel(candidates: int, kept: int, **rejected: dict[str, int]) -> dict[str, Any]:
    return {"candidates": candidates, "kept": kept, "rejected": rejected}


@pytest.mark.parametrize(
    ("counted", "images", "lines"),
    [
        (funnel(20, 15, select={"flat": 5}), SPLITS, []),
        (
            funnel(
                1173, 27, collect={"aspect": 5000}, select={"flat": 140, "blurred": 6}, balance={"no_category": 1000}
            ),
            SPLITS,
            [f"27 of 1,173 candidates are kept (2.3 %): {NO_CATEGORY}"],
        ),
        (
            funnel(9, 0, collect={}, select={"flat": 9}),
            {},
            ["nothing is kept of 9 candidates: select rejects most, 9 as flat; change select.presets.own.flat"],
        ),
        (
            funnel(9, 0, probe={"truncated": 9}),
            {},
            ["nothing is kept of 9 candidates: probe rejects most, 9 as truncated; 'native4k why ID' explains a row"],
        ),
        (
            funnel(0, 0, collect={"too_small": 7}),
            {},
            ["there are no candidates: collect rejects most, 7 as too_small; change collect.geometry"],
        ),
        (funnel(0, 0, collect={}), {}, ["there are no candidates: the sources have no rows"]),
        (
            funnel(3, 3),
            {"reserve": 3},
            [
                f"train is empty: {NONE}; lower split.val.zone and split.test.zone, or bring more images",
                f"val is empty: {NONE}; raise split.val.zone, or bring more images",
            ],
        ),
    ],
)
def test_each_shortfall_has_its_rule_and_its_number(
    counted: dict[str, Any], images: dict[str, int], lines: list[str]
) -> None:
    assert shortfalls(counted, images, NUMBERS) == lines


def test_every_number_that_is_advised_stands_in_params_yaml() -> None:
    tree = params.read(HERE / "params.yaml")
    advised = [key.rpartition(".") for keys in NUMBERS_BEHIND.values() for key in keys.split(" or ")]
    assert [f"{section}.{key}" for section, _, key in advised if key not in provenance.lookup(tree, section)] == []
