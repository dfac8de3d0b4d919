"""A dataset version: hard links to the store, tables, a card and checksums."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from native4k import params, provenance, tables
from native4k.errors import UserError
from native4k.fetch.store import file_of
from native4k.publish import publish

ROOT = Path(__file__).parent.parent.parent
NUMBERS = ROOT / "params.yaml"
PLOTS = ("aspect", "bits_per_pixel", "categories", "detail", "funnel", "megapixels")

FILES = sorted([
    "README.md", "SHA256SUMS", "croissant.json", "images.parquet", "rejected.parquet",
    *(f"plots/{name}.svg" for name in PLOTS),
    "train/a.jpg", "train/b.png", "train/metadata.parquet", "train/SHA256SUMS",
    "val/c.jpg", "val/metadata.parquet", "val/SHA256SUMS",
    "test/d.png", "test/metadata.parquet", "test/SHA256SUMS",
])  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    """Path -> bytes of every file below the folder, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_each_kept_image_is_in_its_splits_folder_and_reserve_is_in_none(published: Any) -> None:
    assert sorted(contents(published.out)) == FILES


def test_the_images_are_hard_links_to_the_store(published: Any) -> None:
    table = tables.read(published.out / "images.parquet").set_index("id")
    for id_, ending in (("a", "jpg"), ("b", "png")):
        stored = published.store / file_of(table.loc[id_, "sha256"], ending)
        assert stored.samefile(published.out / "train" / f"{id_}.{ending}")


def test_a_store_of_symbolic_links_is_linked_to_what_they_stand_for(version: Any, tmp_path: Path) -> None:
    for path in version.store.rglob("*.*"):
        path.rename(tmp_path / path.name)
        path.symlink_to(tmp_path / path.name)
    version.publish()
    published = version.out / "train" / "a.jpg"
    assert not published.is_symlink()
    assert any(published.samefile(path) for path in tmp_path.glob("*.jpg"))


def test_the_tables_have_every_row_with_its_file_or_its_reason(published: Any) -> None:
    images = tables.read(published.out / "images.parquet")
    assert images["id"].tolist() == ["a", "b", "c", "d", "e"]
    assert images["file_name"].tolist() == ["train/a.jpg", "train/b.png", "val/c.jpg", "test/d.png", ""]
    assert set(tables.read(published.tables / "images.parquet").columns) - {"withheld"} < set(images.columns)
    assert "withheld" not in images
    rejected = tables.read(published.out / "rejected.parquet")
    assert rejected.columns.tolist() == publish.REJECTED_COLUMNS
    assert rejected.to_numpy().tolist() == [
        ["f", "folder", "https://example.org/f.jpg", "flat", "select", "", 5],
        ["g", "folder", "", "near_copy", "dedup", "a", 6],  # its owner asked to be left out
    ]
    metadata = tables.read(published.out / "train" / "metadata.parquet")
    assert metadata.columns.tolist() == publish.COLUMNS
    assert metadata[["file_name", "caption"]].to_numpy().tolist() == [["a.jpg", "picture a"], ["b.png", "picture b"]]


@pytest.mark.parametrize("folder", ["", *publish.SPLITS])
def test_the_checksums_are_in_the_words_of_sha256sum_and_name_every_other_file(published: Any, folder: str) -> None:
    place = published.out / folder
    command = ["sha256sum", "--check", "--strict", "--quiet", publish.SUMS]
    subprocess.run(command, cwd=place, check=True)
    listed = [line.split("  ")[1] for line in (place / publish.SUMS).read_text().splitlines()]
    assert sorted([*listed, publish.SUMS]) == sorted(contents(place))


def test_publishing_again_gives_the_same_bytes_and_no_file_of_the_version_before(version: Any) -> None:
    before = contents(version.out)
    (version.out / "train" / "of_the_version_before.jpg").touch()
    (version.out / "plots" / "of_the_version_before.svg").touch()
    version.publish()
    assert contents(version.out) == before


def test_a_publish_killed_half_way_ends_the_same_when_run_again(version: Any) -> None:
    before = contents(version.out)
    words = [version.tables, version.store, version.out, "--params", version.params, "--lock", version.lock]
    code = (
        "import os, signal, sys; from pathlib import Path; from native4k.publish import publish; import argparse\n"
        "rename = Path.replace\n"
        "def killed(self, target):\n"
        "    os.kill(os.getpid(), signal.SIGKILL) if Path(target).name == 'plots' else rename(self, target)\n"
        "Path.replace = Path.rename = killed\n"
        "parser = argparse.ArgumentParser(); publish.add_arguments(parser)\n"
        "parser.add_argument('--params', type=Path); publish.run(parser.parse_args())\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not (version.out / publish.SUMS).exists()
    version.publish()
    assert contents(version.out) == before


def test_an_image_that_is_not_in_the_store_is_one_line_and_its_split_stays(version: Any) -> None:
    before = contents(version.out)
    table = tables.read(version.tables / "images.parquet").set_index("id")
    (version.store / file_of(table.loc["a", "sha256"], "jpg")).unlink()
    with pytest.raises(UserError, match=r"\.jpg: not in the image store; run 'make images' or 'dvc pull .*images'"):
        version.publish()
    assert {name: text for name, text in before.items() if name != publish.SUMS} == contents(version.out)


def test_an_image_of_another_size_than_was_fetched_is_one_line(version: Any) -> None:
    table = tables.read(version.tables / "images.parquet").set_index("id")
    stored = version.store / file_of(table.loc["a", "sha256"], "jpg")
    stored.unlink()
    stored.write_bytes(b"cut off")
    with pytest.raises(UserError, match=r"\.jpg: not [0-9,]+ bytes; run 'make images'"):
        version.publish()


def test_a_store_on_another_file_system_is_one_line(version: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*paths: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(UserError, match="not on the file system of .*images, so files cannot be linked"):
        version.publish()


def test_a_version_without_images_is_published_as_such(version: Any) -> None:
    table = tables.read(version.tables / "images.parquet").assign(reason="flat", rejected_by="select", split="")
    tables.write(table, version.tables / "images.parquet")
    version.publish()
    assert ": 0 images," in (version.out / "README.md").read_text()
    assert tables.read(version.out / "train" / "metadata.parquet").columns.tolist() == publish.COLUMNS


def test_the_hashes_are_of_each_step_the_lock_and_the_tables(tmp_path: Path) -> None:
    (tmp_path / "images.parquet").write_bytes(b"rows")
    found = publish.hashes_of_inputs(NUMBERS, ROOT / "requirements.lock", tmp_path)
    tree = params.read(NUMBERS)
    assert found["step"]["select"] == provenance.definition("select", tree)
    assert list(found["step"]) == [
        "probe", "score", "embed", "label", "features",
        "vet", "select", "dedup", "balance", "split", "leaks", "check", "tables", "publish",
    ]  # fmt: skip
    assert found["packages"] == {"requirements.lock": tables.digest(ROOT / "requirements.lock")}
    assert found["input"] == {"images.parquet": tables.digest(tmp_path / "images.parquet")}


def test_a_changed_number_of_any_step_that_is_shown_changes_the_definition_of_publish() -> None:
    tree = params.read(NUMBERS)
    before = provenance.definition("publish", tree)
    for step in ("probe", "vet", "dedup", "publish"):
        assert provenance.definition("publish", tree | {step: {"other": 1}}) != before
    assert provenance.definition("publish", tree | {"t2i": {"other": 1}}) == before


def test_the_publish_stage_depends_on_the_lock_the_tables_and_the_images() -> None:
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]["publish"]
    assert set(stage["deps"]) == {"requirements.lock", "data/tables", "data/images"}


def test_pictures_of_others_are_not_published_under_the_title_of_the_demo(version: Any) -> None:
    before = (version.out / "README.md").read_bytes()
    tree = yaml.safe_load(version.params.read_text())
    tree["publish"]["title"] = "the built-in demo collection"
    version.params.write_text(yaml.safe_dump(tree))
    with pytest.raises(UserError, match=r"title.*'the built-in demo collection', but the images are of folder; set"):
        version.publish()
    assert (version.out / "README.md").read_bytes() == before
