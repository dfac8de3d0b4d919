"""An export is whole or not there, the same bytes every time, and never takes the place of anything else."""

import argparse
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from native4k import params
from native4k.errors import UserError
from native4k.publish import export
from native4k.publish.kinds import find_splits, webdataset


def run(published: Any, out: Path, kind: str, *splits: str, dataset: Path | None = None) -> dict[str, bytes]:
    """Export, and every file's bytes."""
    words = {"kind": kind, "dataset": dataset or published.out, "out": out, "splits": list(splits) or None}
    export.run(argparse.Namespace(**words, params=published.params))
    return contents(out)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("kind", export.KINDS)
def test_each_kind_gives_the_same_bytes_again_and_replaces_only_itself(
    published: Any, tmp_path: Path, kind: str
) -> None:
    first = run(published, tmp_path / "out", kind, "val", "test")
    (tmp_path / "out" / "of_the_export_before").touch()
    assert run(published, tmp_path / "out", kind, "test", "val") == first
    assert {name.partition("/")[0].partition("_")[0].partition("-")[0] for name in first} == {
        "export.json", "val", "test"
    }  # fmt: skip
    assert json.loads(first["export.json"])["kind"] == kind
    assert names(tmp_path) == ["out"]


def test_an_export_killed_half_way_leaves_nothing_in_its_place_and_ends_the_same_when_run_again(
    published: Any, tmp_path: Path
) -> None:
    wanted = run(published, tmp_path / "undisturbed", "webdataset")
    code = (
        "import os, signal, sys; from native4k import cli; from native4k.publish.kinds import webdataset\n"
        "add = webdataset.add\n"
        "def killed(tar, name, content):\n"
        "    os.kill(os.getpid(), signal.SIGKILL) if name == 'c.txt' else add(tar, name, content)\n"
        "webdataset.add = killed; cli.main(sys.argv[1:])\n"
    )
    words = ["export", "webdataset", str(published.out), str(tmp_path / "out"), "--params", str(published.params)]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not (tmp_path / "out").exists()
    assert run(published, tmp_path / "out", "webdataset") == wanted
    assert names(tmp_path) == ["out", "undisturbed"]


def test_an_error_half_way_leaves_the_export_before_as_it_was(
    published: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = run(published, tmp_path / "out", "imagefolder", "val")

    def full(*paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OSError, match="No space left"):
        run(published, tmp_path / "out", "imagefolder")
    assert contents(tmp_path / "out") == before
    assert names(tmp_path) == ["out"]


def test_a_folder_of_somebody_elses_is_refused_and_an_empty_one_is_not(published: Any, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    run(published, tmp_path / "out", "imagefolder", "val")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mine.jpg").touch()
    with pytest.raises(UserError, match="photos: holds files that are not of an export; name a new or empty folder"):
        run(published, tmp_path / "photos", "imagefolder")
    with pytest.raises(UserError, match=r"mine\.jpg: a file; name a new or empty folder"):
        run(published, tmp_path / "photos" / "mine.jpg", "imagefolder")
    assert names(tmp_path / "photos") == ["mine.jpg"]


@pytest.mark.parametrize("place", ["", "train", "exports/new", ".."])
def test_the_published_folder_is_never_written_into(version: Any, place: str) -> None:
    before = contents(version.out)
    with pytest.raises(UserError, match="inside or around the published dataset; name a folder beside it"):
        run(version, version.out / place, "imagefolder")
    assert contents(version.out) == before


def test_a_split_that_was_not_pulled_is_named_with_what_can_be_done(published: Any, tmp_path: Path) -> None:
    shutil.copytree(published.out / "test", tmp_path / "pulled/test")
    line = r"pulled/train: this split is not here; pull it with dvc, or export only what is here with --splits test"
    with pytest.raises(UserError, match=line):
        run(published, tmp_path / "out", "lowres", dataset=tmp_path / "pulled")
    assert "test/LR_x4/d.png" in run(published, tmp_path / "out", "lowres", "test", dataset=tmp_path / "pulled")
    with pytest.raises(UserError, match=r"pulled/images\.parquet: no such table; .* pull it with dvc"):
        run(published, tmp_path / "other", "webdataset", "test", dataset=tmp_path / "pulled")
    with pytest.raises(UserError, match="nowhere/train: this split is not here; .* or name a published dataset"):
        run(published, tmp_path / "other", "lowres", dataset=tmp_path / "nowhere")
    assert not (tmp_path / "other").exists()


def test_a_missing_picture_is_named_before_anything_is_written(version: Any, tmp_path: Path) -> None:
    (version.out / "val/c.jpg").unlink()
    with pytest.raises(UserError, match=r"val/c\.jpg: in the split's table but not here; pull it again with dvc"):
        run(version, tmp_path / "out", "webdataset")


def test_an_unknown_kind_or_split_is_named_with_those_that_there_are(published: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no kind 'zip'; there are: webdataset, imagefolder, subimages, lmdb"):
        run(published, tmp_path / "out", "zip")
    with pytest.raises(UserError, match="--splits reserve: no such split; there are: train, val, test"):
        run(published, tmp_path / "out", "lowres", "reserve")


def test_each_kind_estimates_its_size(published: Any, tmp_path: Path) -> None:
    numbers = params.load(export.Params, published.params, "export")
    for kind in export.KINDS:
        written = sum(map(len, run(published, tmp_path / kind, kind).values()))
        source = find_splits(published.out, None, tmp_path / "new" / kind)
        size = importlib.import_module(f"native4k.publish.kinds.{kind}").size(source, getattr(numbers, kind, None))
        if kind == "imagefolder":
            assert size == 0  # hard links
        else:
            assert 0 < size < 3 * written


def test_a_large_export_says_its_size_before_it_is_written(
    published: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(webdataset, "size", lambda *_: 3_400_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5_000_000_000))
    run(published, tmp_path / "out", "webdataset", "val", "test")
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"{tmp_path / 'out'}: webdataset of val, test takes about 3.4 GB; the disk has 5 GB free"


def test_an_export_that_the_disk_has_no_room_for_is_one_line_and_writes_nothing(
    published: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webdataset, "size", lambda *_: 3_400_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2_000_000_000))
    with pytest.raises(UserError, match=r"about 3.4 GB, and the disk has 2 GB free; make room, or name fewer --splits"):
        run(published, tmp_path / "out", "webdataset")
    assert names(tmp_path) == []
