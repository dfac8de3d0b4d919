"""The demo collection's metadata: the same every time, honest where it should be, and silent about defects."""

import hashlib

import pandas as pd
import pytest

from native4k.demo import CATEGORIES, DEFECTS, Params, catalogue, draw, truth
from native4k.demo.captions import SCENES
from native4k.demo.catalogue import FROM_ORIGINALS, GENERATORS, plan

FULL = Params(seed=4, originals=15, defects=5, long_side=3840)
TINY = Params(seed=4, originals=3, defects=2, long_side=320)


@pytest.fixture(scope="module")
def full() -> pd.DataFrame:
    return catalogue(FULL).merge(truth(FULL), on="url", validate="one_to_one")


def test_every_picture_is_in_catalogue_and_truth_once_and_in_the_order_of_urls(full: pd.DataFrame) -> None:
    assert list(catalogue(FULL)["url"]) == list(truth(FULL)["url"]) == sorted(set(full["url"]))
    assert len(full) == 15 * 6 + 5 * len(DEFECTS)


def test_there_are_as_many_originals_a_category_and_defects_a_kind_as_asked_for(full: pd.DataFrame) -> None:
    originals = full[full["defect"] == ""]
    assert originals["category"].value_counts().to_dict() == dict.fromkeys(CATEGORIES, 15)
    assert full.loc[full["defect"] != "", "defect"].value_counts().to_dict() == dict.fromkeys(DEFECTS, 5)


def test_the_same_params_give_the_same_catalogue() -> None:
    first = catalogue(TINY)
    plan.cache_clear()
    pd.testing.assert_frame_equal(first, catalogue(TINY))


def test_another_seed_gives_other_urls_and_other_bytes() -> None:
    other = Params(seed=5, originals=3, defects=2, long_side=320)
    assert not set(catalogue(other)["url"]) & set(catalogue(TINY)["url"])
    first, second = (
        next(url for url, picture in plan(params).items() if not picture.defect) for params in (TINY, other)
    )
    assert draw(first, TINY) != draw(second, other)


def test_a_url_says_nothing_about_what_is_behind_it(full: pd.DataFrame) -> None:
    assert full["url"].str.fullmatch(r"demo:[0-9a-f]{16}").all()


def test_the_catalogue_has_the_columns_of_a_source() -> None:
    assert list(catalogue(TINY).columns) == [
        "url", "declared_width", "declared_height", "caption", "license", "similarity", "punsafe", "pwatermark",
        "aesthetic",
    ]  # fmt: skip
    assert catalogue(TINY)[["declared_width", "declared_height"]].dtypes.eq("int64").all()


def test_only_copies_of_all_kinds_come_from_originals_in_the_collection(full: pd.DataFrame) -> None:
    originals = set(full.loc[full["defect"] == "", "url"])
    derived = full["defect"].isin(FROM_ORIGINALS)
    assert set(full.loc[derived, "of"]) <= originals
    assert full.loc[derived, "of"].is_unique
    assert (full.loc[~derived, "of"] == "").all()
    drawn = [(p.category, p.scene) for p in plan(FULL).values() if p.defect not in FROM_ORIGINALS]
    assert len(set(drawn)) == len(drawn)


def test_defects_are_spread_over_the_categories(full: pd.DataFrame) -> None:
    assert full[full["defect"] != ""].groupby("defect")["category"].nunique().min() == 5


def test_all_but_small_pictures_and_false_claims_are_4k(full: pd.DataFrame) -> None:
    true = full.merge(
        pd.DataFrame([(p.url, *p.size) for p in plan(FULL).values()], columns=["url", "w", "h"]), on="url"
    )
    is_4k = (true["w"] * true["h"] >= 3840 * 2160) & (true[["w", "h"]].max(axis=1) >= 3840)
    assert set(true.loc[~is_4k, "defect"]) == {"small", "mislabelled"}
    assert not is_4k[true["defect"].isin(["small", "mislabelled"])].any()
    honest = (true["w"] == true["declared_width"]) & (true["h"] == true["declared_height"])
    assert set(true.loc[~honest, "defect"]) == {"mislabelled"}


def test_sizes_are_mixed_and_panoramas_are_four_to_one(full: pd.DataFrame) -> None:
    originals = full[full["defect"] == ""]
    ratio = originals["declared_width"] / originals["declared_height"]
    assert (ratio > 1).sum() > 30
    assert (ratio < 1).sum() > 10
    assert (ratio == 1).sum() > 3
    long = full[full["defect"] == "aspect"]
    assert set((long["declared_width"] / long["declared_height"]).round(2)) <= {4.0, 0.25}


def test_scores_speak_only_of_unsafe_and_watermarked_pictures(full: pd.DataFrame) -> None:
    assert set(full.loc[full["punsafe"] > 0.5, "defect"]) == {"unsafe"}
    assert set(full.loc[full["pwatermark"] > 0.5, "defect"]) == {"watermarked", "marked"}
    assert (full.loc[full["defect"] == "unsafe", "punsafe"] > 0.8).all()
    assert (full.loc[full["defect"] == "watermarked", "pwatermark"] > 0.8).all()


def test_every_kind_of_scene_has_captions() -> None:
    kinds = {kind.__name__ for module in GENERATORS.values() for kind in module.KINDS}
    assert kinds | {"flat"} == set(SCENES)


def test_captions_vary(full: pd.DataFrame) -> None:
    assert full["caption"].nunique() > 0.8 * len(full)


def test_a_collection_of_one_original_a_category_still_has_every_defect() -> None:
    least = Params(seed=1, originals=1, defects=1, long_side=320)
    assert set(truth(least)["defect"]) == {"", *DEFECTS}


def test_a_copy_has_the_bytes_of_its_original_at_another_url() -> None:
    copies = [picture for picture in plan(TINY).values() if picture.defect == "copy"]
    assert len(copies) == 2
    for copy in copies:
        digests = {hashlib.sha256(draw(url, TINY)).hexdigest() for url in (copy.url, copy.of)}
        assert copy.url != copy.of
        assert len(digests) == 1
