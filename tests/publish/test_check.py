"""A published dataset is as it was published, or each file that is not is named."""

import argparse
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from native4k import tables
from native4k.errors import UserError
from native4k.publish import check, publish


def checked(place: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What a check of the place prints, the place itself left out."""
    capsys.readouterr()
    try:
        check.run(argparse.Namespace(dataset=place))
    except UserError as error:
        print(error)
    return capsys.readouterr().out.replace(f"{place}/", "").replace(f"{place}: ", "").splitlines()


def replace(path: Path, content: bytes) -> None:
    """Other bytes under the name; the store's file, its hard link, stays as it is."""
    path.unlink()
    path.write_bytes(content)


def edit(path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Write a published table anew."""
    tables.write(change(tables.read(path)), path)


def relist(out: Path) -> None:
    """Make all lists of checksums fit the files again, as a forger would."""
    for folder in (*(out / name for name in publish.SPLITS), out):
        paths = [path for path in folder.rglob("*") if path.is_file() and path != folder / publish.SUMS]
        hashes = {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
        (folder / publish.SUMS).write_text(publish.checksum_lines(hashes))


def test_a_version_is_as_published(published: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(published.out, capsys) == ["20 files as published"]


def test_it_is_so_on_any_machine_without_store_tables_or_params(
    published: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(published.out, tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    assert checked(tmp_path / "elsewhere", capsys) == ["20 files as published"]


def test_one_split_can_be_checked_alone(version: Any, capsys: pytest.CaptureFixture[str]) -> None:
    (version.out / "train" / "a.jpg").unlink()
    assert checked(version.out / "val", capsys) == ["2 files as published"]


def test_a_dataset_of_which_one_split_was_pulled_is_checked_by_that_splits_list(
    published: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(published.out / "test", tmp_path / "test")
    missing = ["train: not here, not checked", "val: not here, not checked"]
    assert checked(tmp_path, capsys) == [*missing, "test: 2 files as published"]
    (tmp_path / "README.md").write_text("of whatever version")
    said = "SHA256SUMS: missing, so README.md cannot be checked; pull it again with dvc"
    assert checked(tmp_path, capsys) == [*missing, said, "test: 2 files as published", "1 fault, named above"]


def test_folders_that_are_not_here_are_said_and_no_fault(version: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("train", "plots"):
        shutil.rmtree(version.out / name)
    assert checked(version.out, capsys) == [
        "plots: not here, not checked",
        "train: not here, not checked",
        "10 files as published",
    ]


FILES = [
    (lambda out: (out / "train/a.jpg").unlink(), ["train/a.jpg: missing; pull it again with dvc"]),
    (lambda out: (out / "train/new.jpg").touch(), ["train/new.jpg: not part of what was published; remove it"]),
    (lambda out: (out / "train/folder").mkdir(), ["train/folder: not part of what was published; remove it"]),
    (lambda out: (out / "folder").mkdir(), ["folder: not part of what was published; remove it"]),
    (
        lambda out: replace(out / "train/b.png", b"other"),
        ["train/b.png: not the published bytes; remove it and pull it again with dvc"],
    ),
    (
        lambda out: replace(out / "images.parquet", b""),
        ["images.parquet: not the published bytes; remove it and pull it again with dvc"],
    ),
    (lambda out: (out / "README.md").unlink(), ["README.md: missing; pull it again with dvc"]),
    (lambda out: (out / "val/metadata.parquet").unlink(), ["val/metadata.parquet: missing; pull it again with dvc"]),
    (lambda out: (out / "val/SHA256SUMS").unlink(), ["val/SHA256SUMS: missing; pull it again with dvc"]),
]


@pytest.mark.parametrize(("damage", "lines"), FILES)
def test_each_damage_is_a_line_that_names_the_file(
    version: Any, damage: Callable[[Path], None], lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    damage(version.out)
    assert checked(version.out, capsys) == [*lines, "1 fault, named above"]


def test_every_damaged_file_is_named_not_only_the_first(version: Any, capsys: pytest.CaptureFixture[str]) -> None:
    replace(version.out / "val/c.jpg", b"other")
    (version.out / "train/a.jpg").unlink()
    assert checked(version.out, capsys) == [
        "train/a.jpg: missing; pull it again with dvc",
        "val/c.jpg: not the published bytes; remove it and pull it again with dvc",
        "2 faults, named above",
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"\xff\xfe", "not a list of checksums"), (b"one line", "not a list of checksums"), (None, "no such file")],
)
def test_a_list_that_is_none_is_one_line(version: Any, content: bytes | None, line: str) -> None:
    path = version.out / "train" / publish.SUMS
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=rf"train/SHA256SUMS: {line}"):
        check.check(version.out / "train")


def column(name: str, value: Any, row: int = 0) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A change of one cell of a table."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(**{name: [value if place == row else old for place, old in enumerate(table[name])]})

    return change


FORGED = [
    ("images.parquet", column("group", "c"), ["a, c: one group in train and val"]),
    (
        "images.parquet",
        lambda table: table.assign(pixels=["p", "q", "p", "r", "s"]),
        ["a, c: the same pixels in train and val", "croissant.json: not the columns of images.parquet"],
    ),
    ("images.parquet", column("reason", "flat"), ["a: kept, but with a reason"]),
    ("images.parquet", column("split", "trian", 4), ["e: in no split that there is", "README.md: splits is not what"]),
    ("images.parquet", column("caption", "x", 3), ["test/metadata.parquet: column 'caption' is not that of"]),
    ("images.parquet", column("sha256", "0" * 64), ["train/a.jpg: another hash in", "train/metadata.parquet: column"]),
    (
        "images.parquet",
        lambda table: table[1:],
        [
            "g: its representative is no candidate",
            "train/a.jpg: in the list of checksums, but not in images.parquet",
            "README.md: metadata is not what",
            "README.md: candidates is not",
            "README.md: kept is not",
            "README.md: splits is not",
            "train/metadata.parquet: not the images of train",
        ],
    ),
    (
        "rejected.parquet",
        column("reason", ""),
        ["f: left out without a reason or a step", "README.md: rejected is not"],
    ),
    ("rejected.parquet", column("reason", "blurred"), ["README.md: rejected is not what the tables say"]),
    ("rejected.parquet", column("id", "a"), ["a: more than one row"]),
    ("train/metadata.parquet", lambda table: table[:1], ["train/metadata.parquet: not the images of train in"]),
]


@pytest.mark.parametrize(("file", "change", "lines"), FORGED)
def test_tables_that_disagree_are_found_even_under_right_checksums(
    version: Any, file: str, change: Any, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    edit(version.out / file, change)
    relist(version.out)
    said = [line for line in checked(version.out, capsys)[:-1] if not line.startswith("croissant.json: not the hash")]
    assert len(said) == len(lines)
    assert [line[: len(start)] for line, start in zip(said, lines, strict=True)] == lines


def test_one_picture_in_two_splits_is_found(version: Any, capsys: pytest.CaptureFixture[str]) -> None:
    table = tables.read(version.tables / "images.parquet")
    twin = table.set_index("id").loc["a"]
    change = {name: twin[name] for name in ("sha256", "bytes", "format")}
    for name, value in change.items():
        table = column(name, value, row=2)(table)
    tables.write(table, version.tables / "images.parquet")
    version.publish()
    assert checked(version.out, capsys) == ["a, c: the same bytes in train and val", "1 fault, named above"]


@pytest.mark.parametrize(
    ("file", "content", "lines"),
    [
        ("croissant.json", "{", ["croissant.json: not JSON"]),
        ("croissant.json", "[]", ["croissant.json: not a description of files and records"]),
        (
            "croissant.json",
            json.dumps({"distribution": [], "recordSet": []}),
            [f"croissant.json: not the {what} of {name}.parquet" for name in ("images", "rejected") for what in
             ("hash", "columns")],
        ),
        ("README.md", "# a title", ["README.md: no header of a dataset card"]),
        ("README.md", "---\nnative4k: {rejected: 1}\n---\n", ["README.md: its header is not what the tables say"]),
    ],
)  # fmt: skip
def test_a_card_or_croissant_of_something_else_is_found_even_under_right_checksums(
    version: Any, file: str, content: str, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (version.out / file).write_text(content)
    relist(version.out)
    assert checked(version.out, capsys)[:-1] == lines


def test_a_card_whose_numbers_do_not_add_up_is_found(version: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = version.out / "README.md"
    path.write_text(path.read_text().replace("too_small: 3", "too_small: 2"))
    relist(version.out)
    lines = [f"README.md: {name} is not what the tables say" for name in ("metadata", "the sum")]
    assert checked(version.out, capsys) == [*lines, "2 faults, named above"]


def test_a_folder_that_is_no_dataset_is_one_line(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(UserError, match="no such file; expected a published dataset or a split of one"):
            check.check(folder)
