"""A folder that the datasets library reads with every column."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from native4k import tables
from native4k.publish.kinds import imagefolder


def load(monkeypatch: pytest.MonkeyPatch, folder: Path, cache: Path) -> Any:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    library = pytest.importorskip("datasets")
    library.disable_progress_bars()
    return library.load_dataset("imagefolder", data_dir=str(folder), cache_dir=str(cache))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_datasets_loads_every_split_with_all_columns(
    published: Any, exported: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = load(monkeypatch, exported("imagefolder"), tmp_path)
    assert {name: split.num_rows for name, split in found.items()} == {"train": 2, "validation": 1, "test": 1}
    first = found["train"][0]
    assert (first["id"], first["caption"], first["image"].size) == ("a", "picture a", (40, 30))
    columns = set(tables.read(published.out / "images.parquet").columns)
    assert set(first) == columns - {"file_name"} | {"image"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_datasets_loads_the_published_folder_as_it_is(
    published: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = load(monkeypatch, published.out, tmp_path)
    assert {name: split["id"][:] for name, split in found.items()} == {
        "train": ["a", "b"], "validation": ["c"], "test": ["d"]
    }  # fmt: skip


def test_the_pictures_are_links_to_the_published_ones(published: Any, exported: Callable[[str], Path]) -> None:
    assert (exported("imagefolder") / "train/a.jpg").samefile(published.out / "train/a.jpg")
    lines = (exported("imagefolder") / "train/metadata.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["file_name"] for line in lines] == ["a.jpg", "b.png"]


def test_on_another_file_system_they_are_copies(
    published: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*paths: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    imagefolder.link(published.out / "train/a.jpg", tmp_path / "a.jpg")
    assert (tmp_path / "a.jpg").read_bytes() == (published.out / "train/a.jpg").read_bytes()
