"""A dataset version: hard links to the store, tables, a card and checksums."""

import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from native4k import tables
from native4k.errors import UserError
from native4k.fetch.store import file_of
from native4k.publish import publish


def listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_each_kept_image_is_in_its_splits_folder_and_reserve_is_in_none(version: Any) -> None:
    assert listing(version.out) == sorted([
        "README.md", "images.parquet", "rejected.parquet",
        "train/a.jpg", "train/b.png", "train/metadata.parquet", "train/SHA256SUMS",
        "val/c.jpg", "val/metadata.parquet", "val/SHA256SUMS",
        "test/d.png", "test/metadata.parquet", "test/SHA256SUMS",
    ])  # fmt: skip


def test_the_images_are_hard_links_to_the_store(version: Any) -> None:
    table = tables.read(version.out / "images.parquet").set_index("id")
    for id_, ending in (("a", "jpg"), ("b", "png")):
        stored = version.store / file_of(table.loc[id_, "sha256"], ending)
        assert stored.samefile(version.out / "train" / f"{id_}.{ending}")


def test_a_store_of_symbolic_links_is_linked_to_what_they_stand_for(version: Any, tmp_path: Path) -> None:
    for path in version.store.rglob("*.*"):
        path.rename(tmp_path / path.name)
        path.symlink_to(tmp_path / path.name)
    version.publish()
    published = version.out / "train" / "a.jpg"
    assert not published.is_symlink()
    assert any(published.samefile(path) for path in tmp_path.glob("*.jpg"))


def test_the_tables_have_every_row_and_the_metadata_what_the_hub_reads(version: Any) -> None:
    assert tables.read(version.out / "images.parquet")["id"].tolist() == ["a", "b", "c", "d", "e"]
    assert tables.read(version.out / "rejected.parquet")["id"].tolist() == ["f"]
    metadata = tables.read(version.out / "train" / "metadata.parquet")
    assert metadata.columns.tolist() == publish.COLUMNS
    assert metadata[["file_name", "caption"]].to_numpy().tolist() == [["a.jpg", "picture a"], ["b.png", "picture b"]]


def test_the_checksums_are_in_the_words_of_sha256sum(version: Any) -> None:
    for split in publish.SPLITS:
        command = ["sha256sum", "--check", "--strict", "--quiet", publish.SUMS]
        subprocess.run(command, cwd=version.out / split, check=True)


def test_the_card_counts_splits_licences_and_reasons(version: Any) -> None:
    card = (version.out / "README.md").read_text()
    assert card.startswith("---\npretty_name: a title\n")
    assert "# n: a title\n\n5 images." in card
    for row in ("| train | 2 | 2 |", "| all | 5 | 5 |", "| folder | CC0-1.0 | 5 |", "| select | flat | 1 |"):
        assert row in card


def test_publishing_again_gives_the_same_bytes_and_no_file_of_the_version_before(version: Any) -> None:
    before = {name: (version.out / name).read_bytes() for name in listing(version.out)}
    (version.out / "train" / "of_the_version_before.jpg").touch()
    version.publish()
    assert {name: (version.out / name).read_bytes() for name in listing(version.out)} == before


def test_an_image_that_is_not_in_the_store_is_one_line_and_the_old_version_stays(version: Any) -> None:
    before = listing(version.out)
    (version.store / next(path for path in listing(version.store) if path.endswith(".jpg"))).unlink()
    with pytest.raises(UserError, match=r"\.jpg: not in the image store; run 'make images' or 'dvc pull .*images'"):
        version.publish()
    assert listing(version.out) == before


def test_a_version_without_images_is_published_as_such(version: Any) -> None:
    table = tables.read(version.tables / "images.parquet").assign(reason="flat", rejected_by="select", split="")
    tables.write(table, version.tables / "images.parquet")
    version.publish()
    assert "\n0 images." in (version.out / "README.md").read_text()
    assert tables.read(version.out / "train" / "metadata.parquet").columns.tolist() == publish.COLUMNS


def test_a_table_in_markdown() -> None:
    table = pd.DataFrame({"a": [1, 2], "b": ["x", ""]})
    assert publish.markdown(table) == "| a | b |\n| --- | --- |\n| 1 | x |\n| 2 |  |"
