"""The curation measured against a truth that was planted, and the funnel's sums."""

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from native4k import demo, params, tables
from native4k.dataset import leaks
from native4k.errors import UserError
from native4k.publish import assess

ROOT = Path(__file__).parents[2]
PLANTED = [
    # id, true category, defect, of, reason, representative, category that was found
    ("o1", "Food", "", "", "", "o1", "Food"),
    ("o2", "Food", "", "", "near_copy", "c2", "CGI"),  # fair: its own copy stands for it
    ("o3", "CGI", "", "", "near_copy", "o1", "CGI"),  # wrong: another picture stands for it
    ("o4", "CGI", "", "", "category_full", "o4", "CGI"),  # fair
    ("o5", "Urban", "", "", "blurred", "", "unknown"),  # wrong
    ("o6", "Urban", "", "", "", "o6", "Urban"),
    ("c1", "Food", "copy", "o1", "exact_copy", "o1", ""),
    ("c2", "Food", "copy", "o2", "", "c2", ""),  # found: one group with its original
    ("c3", "CGI", "crop", "o6", "", "c3", ""),  # missed
    ("u1", "Food", "upscaled", "", "upscaled", "", ""),
    ("u2", "Food", "upscaled", "", "blurred", "", ""),  # for another reason: does not count
    ("u3", "Food", "upscaled", "", "", "u3", ""),
    ("s1", "Food", "small", "", "too_small", "", ""),
]
SPLIT = {"o1": "train", "c2": "test", "o6": "train", "c3": "reserve", "u3": "val"}
"""Of the kept: a crop that was missed stands in another split than its original."""


def planted() -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = pd.DataFrame(PLANTED, columns=["id", "category", "defect", "of", "reason", "representative", "found"])
    table = rows[["id", "reason", "representative"]].assign(group=rows["representative"], category=rows["found"])
    table["split"] = table["id"].map(SPLIT).fillna("")
    return rows[["id", "category", "defect", "of"]], table


def test_a_known_curation_gets_its_known_shares() -> None:
    assert assess.grade(*planted()) == {
        "defects": {
            "copy": {"planted": 2, "found": 2, "share": 1.0},
            "crop": {"planted": 1, "found": 0, "share": 0.0},
            "small": {"planted": 1, "found": 1, "share": 1.0},
            "upscaled": {"planted": 3, "found": 1, "share": 0.3333},
        },
        "originals": {
            "count": 6,
            "wrongly_rejected": 2,
            "share": 0.3333,
            "reasons": {"blurred": 1, "near_copy": 1},
        },
        "labels": {
            "planted": 6,
            "found": 4,
            "share": 0.6667,
            "confusion": {
                "CGI": {"CGI": 2},
                "Food": {"CGI": 1, "Food": 1},
                "Urban": {"Urban": 1, "unknown": 1},
            },
        },
        "copies": {"planted": 3, "kept": 2, "astray": 1},
        "representatives": {"planted": 2, "found": 2, "share": 1.0},
    }


def test_the_order_of_rows_changes_no_share() -> None:
    truth, table = planted()
    assert assess.grade(truth[::-1], table.sample(frac=1, random_state=0)) == assess.grade(truth, table)


def test_a_defect_rejected_for_a_reason_of_another_is_not_found() -> None:
    truth, table = planted()
    for reason in set(assess.REASONS.values()):
        spoiled = table.assign(reason=table["reason"].mask(table["id"] == "s1", reason))
        assert assess.grade(truth, spoiled)["defects"]["small"]["found"] == int(reason == "too_small")


def test_a_copy_that_was_not_grouped_with_its_original_is_not_found() -> None:
    truth, table = planted()
    spoiled = table.assign(group=table["group"].mask(table["id"] == "c1", ""))
    assert assess.grade(truth, spoiled)["defects"]["copy"]["found"] == 1


def test_a_group_that_another_copy_stands_for_is_not_represented_by_its_original() -> None:
    truth, table = planted()
    truth.loc[truth["id"] == "c2", "defect"] = "reencode"
    assert assess.grade(truth, table)["representatives"] == {"planted": 2, "found": 1, "share": 0.5}


def test_every_defect_of_the_demo_has_a_way_to_be_found_and_a_goal() -> None:
    assert set(demo.DEFECTS) == {*assess.COPIES, *assess.REASONS}
    assert set(demo.DEFECTS) == set(params.load(assess.Params, ROOT / "params.yaml", "assess").found)


def test_balance_is_the_largest_category_over_the_smallest_of_the_kept() -> None:
    table = pd.DataFrame({"category": ["Food"] * 3 + ["CGI"] * 3, "reason": ["", "", "", "", "", "flat"]})
    assert assess.balance(table) == {"categories": {"CGI": 2, "Food": 3}, "ratio": 1.5}
    assert assess.balance(table[:0]) == {"categories": {}, "ratio": None}


TOLD = {
    "images": 9,
    "left_out": 1,
    "searched": [
        {"search": "phash", "splits": "train-val", "pairs": 6, "radius": 8, "within": 2, "leaks": 1, "nearest": 3},
        {"search": "phash", "splits": "train-test", "pairs": 7, "radius": 8, "within": 0, "leaks": 0, "nearest": 12},
        {"search": "middles", "splits": "train-val", "pairs": 6, "radius": 8, "within": 0, "leaks": 0, "nearest": 9},
    ],
}


def test_leaks_are_summed_over_the_pairs_of_splits_search_by_search() -> None:
    nearest = {"train-val": 3, "train-test": 12}
    assert assess.leak_summary(TOLD) == {
        "images": 9,
        "left_out": 1,
        "searches": {
            "phash": {"radius": 8, "pairs": 13, "within": 2, "leaks": 1, "nearest": nearest},
            "middles": {"radius": 8, "pairs": 6, "within": 0, "leaks": 0, "nearest": {"train-val": 9}},
        },
    }


def shown() -> dict[str, Any]:
    balance = {"categories": {"CGI": 2, "Food": 3}, "ratio": 1.5}
    return {"demo": assess.grade(*planted()), "leaks": assess.leak_summary(TOLD), "balance": balance}


def test_each_goal_says_what_is_wanted_what_is_shown_and_whether_it_is_met() -> None:
    numbers = assess.Params(
        found={"copy": 1.0, "upscaled": 0.95}, represented=0.95, wrongly_rejected=0.03, max_ratio=1.5
    )
    assert assess.goals(numbers, shown()) == {
        "copy found": {"wanted": 1.0, "shown": 1.0, "met": True},
        "upscaled found": {"wanted": 0.95, "shown": 0.3333, "met": False},
        "groups represented by their original": {"wanted": 0.95, "shown": 1.0, "met": True},
        "originals wrongly rejected": {"wanted": 0.03, "shown": 0.3333, "met": False},
        "largest category over smallest": {"wanted": 1.5, "shown": 1.5, "met": True},
        "leaks": {"wanted": 0, "shown": 1, "met": False},
    }


def test_a_goal_for_a_defect_that_is_not_planted_is_named() -> None:
    numbers = assess.Params(found={"stretched": 1.0}, represented=0.95, wrongly_rejected=0.03, max_ratio=1.5)
    line = "params assess.found.stretched: the demo plants no such defect; there are: copy, crop, small, upscaled"
    with pytest.raises(UserError, match=line):
        assess.goals(numbers, shown())


def collected(*rows: tuple[str, int]) -> pd.DataFrame:
    return pd.DataFrame([("demo", *row) for row in rows], columns=["source", "reason", "rows"])


def test_the_funnel_goes_from_the_metadata_to_the_kept() -> None:
    table = pd.DataFrame({"id": list("abcd"), "reason": ["", "flat", "flat", "aspect"]})
    table["rejected_by"] = ["", "select", "select", "probe"]
    assert assess.funnel(collected(("", 4), ("unsafe", 2), ("too_small", 3)), table) == {
        "metadata": 9,
        "candidates": 4,
        "rejected": {
            "collect": {"unsafe": 2, "too_small": 3},
            "probe": {"aspect": 1},
            "select": {"flat": 2},
        },
        "kept": 1,
    }


def test_a_lost_row_stops_the_assessment() -> None:
    table = pd.DataFrame({"id": ["a"], "reason": [""], "rejected_by": [""]})
    with pytest.raises(AssertionError, match="the funnel does not add up"):
        assess.funnel(collected(("", 2)), table)


def final(source: str) -> dict[str, pd.DataFrame]:
    truth = assess.truth(ROOT / "params.yaml")
    images = truth[["id", "category"]].assign(
        reason="", rejected_by="", group=truth["id"], representative=truth["id"], split="train"
    )
    rejected = images[:1].assign(reason="unsafe", rejected_by="collect")
    counts = collected(("", len(images) - 1), ("unsafe", 1)).assign(source=source)
    return {"images": images[1:], "collected": counts, "not_collected": rejected[["id", "reason", "rejected_by"]]}


@pytest.mark.parametrize("source", ["demo", "folder"])
def test_the_step_writes_funnel_and_splits_and_only_of_the_demo_a_grade(tmp_path: Path, source: str) -> None:
    for name, table in final(source).items():
        tables.write(table, tmp_path / f"{name}.parquet")
    pairs = pd.DataFrame(columns=leaks.COLUMNS, dtype="str")
    tables.write(pairs, tmp_path / "leaks.parquet", {leaks.SEARCHED: json.dumps(TOLD)})
    numbers = ROOT / "params.yaml"
    assess.run(
        argparse.Namespace(
            tables=tmp_path, out=tmp_path / "m" / "dataset.json", figures=tmp_path / "figures.json", params=numbers
        )
    )
    metrics: dict[str, Any] = json.loads((tmp_path / "m" / "dataset.json").read_text())
    assert sorted(metrics) == sorted(
        ["balance", "funnel", "leaks", "splits", *(["demo", "goals"] if source == "demo" else [])]
    )
    assert metrics["splits"]["train"]["images"] == metrics["funnel"]["kept"] == len(final(source)["images"])
    figures = json.loads((tmp_path / "figures.json").read_text())
    shared = {"candidates", "kept", "train images", "leaks", "category ratio"}
    graded = {"defects found", "originals wrongly rejected", "groups represented by their original"}
    graded |= {"categories labelled rightly", "goals missed"}
    assert figures.keys() == (shared | graded if source == "demo" else shared)
    assert (figures["kept"], figures["leaks"]) == (metrics["funnel"]["kept"], 1)
    if source == "demo":
        section = yaml.safe_load(numbers.read_text())["demo"]
        assert metrics["goals"]["leaks"] == {"wanted": 0, "shown": 1, "met": False}
        assert metrics["demo"]["originals"]["count"] == section["originals"] * len(demo.CATEGORIES)
