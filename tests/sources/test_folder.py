"""A folder of one's own pictures as a source, and that nothing outside it is read."""

import os
from pathlib import Path

import pytest
from PIL import Image

from native4k import sources
from native4k.errors import UserError
from native4k.sources import folder


@pytest.fixture(name="root")
def a_folder(tmp_path: Path) -> Path:
    root = tmp_path / "folder"
    (root / "deep" / "er").mkdir(parents=True)
    Image.new("RGB", (60, 40)).save(root / "a_red-barn.jpg")
    Image.new("RGB", (20, 30)).save(root / "deep" / "er" / "B.PNG")
    (root / "broken.webp").write_bytes(b"RIFF")
    (root / "notes.txt").write_text("not a picture")
    (tmp_path / "secret.png").write_bytes((root / "a_red-barn.jpg").read_bytes())
    return root


def test_every_picture_below_the_folder_is_a_row_with_its_size_and_its_name_as_caption(root: Path) -> None:
    assert folder.catalogue(root).to_numpy().tolist() == [
        ["a_red-barn.jpg", 60, 40, "a red barn", "unknown"],
        ["broken.webp", 0, 0, "broken", "unknown"],
        ["deep/er/B.PNG", 20, 30, "B", "unknown"],
    ]


def test_the_bytes_behind_a_row_are_the_files(root: Path) -> None:
    assert folder.content("deep/er/B.PNG", root) == (root / "deep" / "er" / "B.PNG").read_bytes()


@pytest.mark.parametrize("url", ["../secret.png", "deep/../../secret.png", "{root}/../secret.png", "/etc/passwd"])
def test_a_path_that_leaves_the_folder_is_refused(root: Path, url: str) -> None:
    with pytest.raises(PermissionError, match="leaves the folder"):
        folder.content(url.format(root=root), root)


def test_a_link_that_leaves_the_folder_is_refused(root: Path) -> None:
    (root / "link.png").symlink_to(root.parent / "secret.png")
    (root / "up").symlink_to(root.parent)
    for url in ("link.png", "up/secret.png"):
        with pytest.raises(PermissionError, match="leaves the folder"):
            folder.content(url, root)


def test_a_link_within_the_folder_is_followed(root: Path) -> None:
    (root / "link.png").symlink_to(root / "deep" / "er" / "B.PNG")
    assert folder.content("link.png", root) == (root / "deep" / "er" / "B.PNG").read_bytes()


def test_a_file_that_is_gone_is_not_found(root: Path) -> None:
    with pytest.raises(FileNotFoundError):
        folder.content("gone.png", root)


def test_a_folder_that_is_missing_or_empty_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder; put pictures there or take 'folder' out of collect.sources"):
        folder.catalogue(tmp_path / "folder")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError, match=r"no pictures; expected files ending in \.avif, \.gif, \.jpeg, \.jpg"):
        folder.catalogue(tmp_path / "folder")


def test_a_name_that_is_not_text_is_one_line(root: Path) -> None:
    Path(os.fsdecode(bytes(root) + b"/\xff.png")).touch()
    with pytest.raises(UserError, match=r"udcff\.png': a name that is not UTF-8; rename the file"):
        folder.catalogue(root)


def test_an_unknown_source_is_one_line_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"collect\.sources: no source 'flickr'; there are: demo, folder"):
        sources.read("flickr", tmp_path, tmp_path / "params.yaml")
    with pytest.raises(UserError, match="source 'flickr' is not local; there are: demo, folder"):
        sources.content("flickr", "url", tmp_path, tmp_path / "params.yaml")
