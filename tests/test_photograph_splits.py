"""bench/parts/photograph_splits: a photograph is in one split only, and the splits are a published dataset's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from native4k import images, params
from native4k.errors import UserError
from native4k.params import compose
from native4k.sr import patches, testsets
from native4k.study import study

ROOT = Path(__file__).parents[1]
KINDS = {"photograph": 5, "sky": 4, "texture": 5, "rendering": 2}


@pytest.fixture(name="parts")
def modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    from parts import photograph_splits, real

    monkeypatch.setattr(
        photograph_splits,
        "KINDS",
        {name: kind._replace(tested=2) for name, kind in photograph_splits.KINDS.items()},
    )
    monkeypatch.setattr(photograph_splits.real, "SHARED", {"package/texture0": "package/texture1"})
    return photograph_splits, real


@pytest.fixture(name="families")
def some_families(parts: Any, tmp_path: Path) -> list[Any]:
    """Files of noise, as the packages hold pictures."""
    random, found = np.random.default_rng(0), []
    for kind, count in KINDS.items():
        for number in range(count):
            path = tmp_path / f"{kind}{number}.png"
            Image.fromarray(random.integers(0, 256, (420, 400 + 20 * number, 3), np.uint8)).save(path)
            found.append(parts[1].Family(f"package/{kind}{number}", "package", kind, path))
    return found


def test_each_photograph_is_in_one_split_and_renderings_and_shared_material_in_none(
    parts: Any, families: list[Any]
) -> None:
    splits = parts[0].split_families(families[::-1])
    assert splits == parts[0].split_families(families), "the order of the packages does not count"
    counts = {name: [sum(one.kind == kind for one in found) for kind in KINDS] for name, found in splits.items()}
    assert counts == {"train": [2, 1, 1, 0], "val": [1, 1, 1, 0], "test": [2, 2, 2, 0]}
    names = [family.name for found in splits.values() for family in found]
    assert len(set(names)) == len(names)
    assert "package/texture0" not in names


def test_too_few_photographs_are_one_line_that_says_what_to_do(parts: Any, families: list[Any]) -> None:
    with pytest.raises(UserError, match=r"^sky: 3 families are there, 4 or more are needed; install requirements.lock"):
        parts[0].split_families([family for family in families if family.name != "package/sky1"])


def test_the_splits_are_read_as_published_ones_and_the_list_names_their_families(
    parts: Any, families: list[Any], tmp_path: Path
) -> None:
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        parts[0].build(families, folder, folder / "list.csv")
    pairs = {name: testsets.own_pairs(folders[0] / name) for name in ("train", "val", "test")}
    assert {name: len(found) for name, found in pairs.items()} == {"train": 4, "val": 3, "test": 6}
    listed = pd.read_csv(folders[0] / "list.csv")
    assert list(listed) == ["split", "category", "family", "width", "height", "pixels"]
    assert sorted(listed["split"]) == ["test"] * 6 + ["train"] * 4 + ["val"] * 3
    for pair in pairs["test"]:
        picture = images.load_or_fail(pair.high)
        row = listed[listed["pixels"] == parts[0].pixels_digest(picture)].iloc[0]
        assert parts[0].id_of(row["family"]) == pair.id
        assert (pair.category, picture.shape[1::-1]) == (row["category"], (row["width"], row["height"]))
    found = [{path.name: path.read_bytes() for path in folder.rglob("*.*")} for folder in folders]
    assert found[0] == found[1]


def test_the_smallest_native_has_room_for_a_patch_and_there_are_tests_enough_for_a_finding(
    parts: Any, tmp_path: Path
) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(compose.compose(ROOT / "params.yaml", [ROOT / "params/study_photographs.yaml"]))
    _, grids = study.load(path, "photographs")
    assert patches.cutting.min_side(study.load_patches(path, grids)) == parts[0].SMALLEST
    assert params.read(path)["sr"]["patches"]["side"] == parts[0].SMALLEST / 2


def test_the_list_in_git_has_each_family_once() -> None:
    listed = pd.read_csv(ROOT / "study/photographs.csv")
    assert not listed["family"].duplicated().any()
    assert not listed["pixels"].duplicated().any()
    assert listed[listed["split"] == "test"]["category"].value_counts().to_dict() == {
        "photograph": 30,
        "sky": 15,
        "texture": 15,
    }
