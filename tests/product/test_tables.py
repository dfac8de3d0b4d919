"""Checks of the built dataset, run by rule check on every build: read data/, not the code's own tests."""

from pathlib import Path

import pandas as pd
import pytest

from native4k import params, tables
from native4k.dataset import dedup, leaks, released_images, split
from native4k.dataset.near_duplicates import groups
from native4k.dataset.near_duplicates.signatures import read_signatures

WORK = Path("data/scratch/dataset")
ORDER = ("vet", "select", "dedup", "balance", "split")

pytestmark = pytest.mark.skipif(not (WORK / "split.parquet").exists(), reason="no dataset has been built here")


@pytest.fixture(scope="module", name="steps")
def all_steps() -> dict[str, pd.DataFrame]:
    features = tables.read(Path("data/features/images.parquet"))
    return {"features": features} | {step: tables.read(WORK / f"{step}.parquet") for step in ORDER}


@pytest.fixture(scope="module", name="final")
def final_table(steps: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return steps["split"]


def test_no_step_loses_a_row_or_changes_a_reason(steps: dict[str, pd.DataFrame]) -> None:
    for before, after in zip(["features", *ORDER], ORDER, strict=False):
        tables.check_conservation(steps[before], steps[after], after)


def test_every_rejected_row_names_its_step_and_no_kept_row_does(final: pd.DataFrame) -> None:
    assert ((final["reason"] == "") == (final["rejected_by"] == "")).all()


def test_exactly_the_kept_rows_have_a_split(final: pd.DataFrame) -> None:
    assert ((final["reason"] == "") == (final["split"] != "")).all()


def test_no_group_is_in_two_splits_and_only_its_representative_is_kept(final: pd.DataFrame) -> None:
    kept = final[tables.is_kept(final)]
    assert kept["group"].is_unique
    assert (kept["representative"] == kept["id"]).all()


def test_no_kept_image_is_a_copy_of_another_one(final: pd.DataFrame) -> None:
    numbers = params.load(dedup.Params, Path("params.yaml"), "dedup")
    kept = final[tables.is_kept(final)].reset_index(drop=True)
    assert kept["pixels"].is_unique
    pictures = read_signatures(kept, numbers)
    compared = pictures.informative()
    ids = kept["id"].to_numpy()[compared]
    leaders = groups.leaders(pictures.part(compared.nonzero()[0]), threads=1)
    assert dict(zip(ids, ids[leaders], strict=True)) == {id_: id_ for id_ in ids}, "an image is a copy of another one"


def test_held_out_splits_have_their_exact_size_or_use_up_their_zone(final: pd.DataFrame) -> None:
    numbers = params.load(split.Params, Path("params.yaml"), "split")
    kept = final[tables.is_kept(final)]
    for name, held in (("test", numbers.test), ("val", numbers.val)):
        inside = kept.loc[kept["zone"] == name, "split"].value_counts()
        assert inside.get(name, 0) == min(held.size, inside.sum()), name
        assert set(inside.index) <= {name, split.RESERVE}
        assert (kept["split"] == name).sum() == inside.get(name, 0)
    assert ((kept["split"] == "train") == (kept["zone"] == "train")).all()


def test_each_image_is_in_the_zone_it_was_released_in_or_where_its_hash_puts_it(final: pd.DataFrame) -> None:
    numbers = params.load(split.Params, Path("params.yaml"), "split")
    lists = released_images.read_lists(Path("data/released"))
    kept = final[tables.is_kept(final)]
    given = released_images.released_zones(final, lists)[kept.index]
    assert (kept["zone"] == given)[given != ""].all()
    if not numbers.together:
        hashed = split.zones_at(split.position(kept["group"]), numbers)
        assert (kept["zone"] == hashed)[given == ""].all()


def test_the_search_across_splits_found_no_copy() -> None:
    pairs, searched = tables.read(WORK / "leaks.parquet"), leaks.read_searches(WORK / "leaks.parquet")
    assert not pairs["leak"].any()
    assert sum(one["leaks"] for one in searched["searched"]) == 0
    assert {one["search"] for one in searched["searched"]} >= ({"phash"} if len(pairs) else set())
