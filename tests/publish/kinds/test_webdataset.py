"""Tars that any reader of tars and WebDataset itself read, the same bytes everywhere."""

import gc
import itertools
import json
import tarfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k import tables
from native4k.publish.kinds import webdataset


def members(folder: Path, split: str) -> list[tuple[tarfile.TarInfo, bytes]]:
    """All members of a split's tars, in order."""
    found = []
    for path in sorted(folder.glob(f"{split}-*.tar")):
        with tarfile.open(path) as tar:
            for info in tar:
                file = tar.extractfile(info)
                assert file
                found.append((info, file.read()))
    return found


def test_a_sample_is_the_original_bytes_all_columns_and_the_caption(
    published: Any, exported: Callable[[str], Path]
) -> None:
    found = {info.name: content for info, content in members(exported("webdataset"), "train")}
    assert list(found) == ["a.jpg", "a.json", "a.txt", "b.json", "b.png", "b.txt"]
    assert found["b.png"] == (published.out / "train/b.png").read_bytes()
    assert found["a.txt"] == b"picture a"
    row = tables.read(published.out / "images.parquet").set_index("id").loc["a"]
    said = json.loads(found["a.json"])
    assert (said.pop("id"), said) == ("a", row.to_dict())


def test_a_tar_tells_nothing_of_machine_and_time(exported: Callable[[str], Path]) -> None:
    facts = {
        (info.mtime, info.uid, info.gid, info.uname, info.gname, info.mode, info.type)
        for split in ("train", "val", "test")
        for info, _ in members(exported("webdataset"), split)
    }
    assert facts == {(0, 0, 0, "", "", 0o644, tarfile.REGTYPE)}


def test_webdataset_reads_it(exported: Callable[[str], Path]) -> None:
    library = pytest.importorskip("webdataset")
    shards = sorted(map(str, exported("webdataset").glob("train-*.tar")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves the tars open
        samples = list(library.WebDataset(shards, shardshuffle=False).decode("pil"))
        gc.collect()
    assert [(one["__key__"], one["txt"]) for one in samples] == [("a", "picture a"), ("b", "picture b")]
    assert [one.get("jpg", one.get("png")).size for one in samples] == [(40, 30)] * 2
    assert samples[0]["json"]["category"] == "Food"


def test_an_empty_split_has_no_tar_and_the_others_start_at_zero(exported: Callable[[str], Path]) -> None:
    names = sorted(path.name for path in exported("webdataset").glob("*.tar"))
    assert names[0] == "test-00000.tar"
    assert {name.partition("-")[0] for name in names} == {"train", "val", "test"}


@given(st.lists(st.integers(1, 100)), st.integers(1, 150))
def test_tars_hold_every_sample_once_and_as_many_as_fit(sizes: list[int], limit: int) -> None:
    found = list(webdataset.numbered(sizes, int, limit))
    assert [size for _, size in found] == sizes
    tars = [[size for number, size in found if number == tar] for tar in range(found[-1][0] + 1)] if found else []
    assert all(sum(tar) <= limit or len(tar) == 1 for tar in tars)
    assert all(sum(tar) + following[0] > limit for tar, following in itertools.pairwise(tars))


@pytest.mark.parametrize(
    ("cell", "said"),
    [(np.int64(1), "1"), (np.float64("nan"), "null"), (None, "null"), (np.array([1.5]), "[1.5]"), ("é", '"é"'),
     (np.bool_(True), "true")],
)  # fmt: skip
def test_each_cell_has_its_json(cell: Any, said: str) -> None:
    assert webdataset.columns({"x": cell}) == f'{{"x": {said}}}'
