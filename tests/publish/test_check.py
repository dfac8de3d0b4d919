"""A published dataset is as it was published, or the first file that is not is named."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from native4k import tables
from native4k.errors import UserError
from native4k.publish import check, publish


def replace(path: Path, content: bytes) -> None:
    """Other bytes under the name; the store's file, its hard link, stays as it is."""
    path.unlink()
    path.write_bytes(content)


def test_a_version_is_as_published(version: Any, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    check.run(argparse.Namespace(dataset=version.out))
    assert capsys.readouterr().out.splitlines() == [
        f"{version.out}/test: 2 files as published",
        f"{version.out}/train: 3 files as published",
        f"{version.out}/val: 2 files as published",
    ]


def test_one_split_can_be_checked_alone(version: Any, capsys: pytest.CaptureFixture[str]) -> None:
    (version.out / "train" / "a.jpg").unlink()
    capsys.readouterr()
    check.run(argparse.Namespace(dataset=version.out / "val"))
    assert capsys.readouterr().out == f"{version.out}/val: 2 files as published\n"


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (lambda split: (split / "a.jpg").unlink(), r"train/a\.jpg: missing; pull the split again with dvc"),
        (lambda split: (split / "new.jpg").touch(), r"train/new\.jpg: not part of the published split; remove it"),
        (lambda split: (split / "folder").mkdir(), r"train/folder: not part of the published split; remove it"),
        (lambda split: replace(split / "b.png", b"other"), r"train/b\.png: not the published bytes; remove it and"),
        (lambda split: replace(split / "b.png", b""), r"train/b\.png: not the published bytes"),
        (lambda split: (split / "metadata.parquet").unlink(), r"train/metadata\.parquet: missing"),
        (lambda split: replace(split / publish.SUMS, b"\xff\xfe"), r"train/SHA256SUMS: not a list of checksums"),
        (lambda split: replace(split / publish.SUMS, b"one line"), r"train/SHA256SUMS: not a list of checksums"),
        (lambda split: (split / publish.SUMS).unlink(), r"train/SHA256SUMS: no such file; expected a split of a"),
    ],
)
def test_each_damage_is_one_line_that_names_the_file(version: Any, damage: Callable[[Path], None], line: str) -> None:
    damage(version.out / "train")
    with pytest.raises(UserError, match=line):
        check.run(argparse.Namespace(dataset=version.out / "train"))


def test_a_version_with_one_damaged_file_is_not_as_published(version: Any) -> None:
    replace(version.out / "val" / "c.jpg", b"other")
    with pytest.raises(UserError, match=r"val/c\.jpg: not the published bytes"):
        check.run(argparse.Namespace(dataset=version.out))


def test_rows_that_are_not_the_files_are_noticed_even_under_right_checksums(version: Any) -> None:
    split = version.out / "train"
    path = split / "metadata.parquet"
    tables.write(tables.read(path)[:1], path)
    (split / publish.SUMS).unlink()
    (split / publish.SUMS).write_text(publish.sums(split))
    with pytest.raises(UserError, match=r"metadata\.parquet: its rows are not the split's files"):
        check.check(split)


def test_a_folder_that_is_no_dataset_is_one_line(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(UserError, match="no such file; expected a split of a published dataset"):
            check.run(argparse.Namespace(dataset=folder))
