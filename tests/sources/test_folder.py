"""A folder of one's own pictures as a source, and that nothing outside it is read."""

import gzip
import os
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from PIL import Image

from native4k import sources
from native4k.errors import UserError
from native4k.sources import folder
from native4k.sources.source import OURS

NUMBERS = Path("params.yaml")


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


def told(root: Path) -> list[dict[str, Any]]:
    """What a folder's rows say, without what they do not know."""
    table = folder.catalogue(root)
    return [{name: value for name, value in row.items() if not pd.isna(value)} for row in table.to_dict("records")]


def test_every_picture_below_the_folder_is_a_row_with_its_size_and_its_name_as_caption(root: Path) -> None:
    assert folder.catalogue(root).columns.tolist() == ["url", "declared_width", "declared_height", "caption"]
    assert told(root) == [
        {"url": "a_red-barn.jpg", "declared_width": 60, "declared_height": 40, "caption": "a red barn"},
        {"url": "broken.webp", "caption": "broken"},
        {"url": "deep/er/B.PNG", "declared_width": 20, "declared_height": 30, "caption": "B"},
    ]


BARN = {"url": "a_red-barn.jpg", "declared_width": 60, "declared_height": 40}
DEEP = {"url": "deep/er/B.PNG", "declared_width": 20, "declared_height": 30}
SIDECARS = {
    "metadata.csv": 'file_name,caption,license,key,split,punsafe\na_red-barn.jpg,"a barn, red",CC0-1.0,7,train,0.5\n',
    "metadata.tsv": "path\ttext\tlicence\tid\tsplit\tpunsafe\na_red-barn.jpg\ta barn, red\tCC0-1.0\t7\ttrain\t0.5\n",
    "metadata.jsonl": '{"file": "a_red-barn.jpg", "prompt": "a barn, red", "license": "CC0-1.0", "id": 7, '
    '"split": "train", "punsafe": 0.5}\n',
}  # fmt: skip


@pytest.mark.parametrize("name", [*SIDECARS, "metadata.csv.gz", "metadata.parquet"])
def test_a_sidecar_table_gives_captions_licences_and_scores(root: Path, name: str) -> None:
    path = root / name
    if name == "metadata.csv.gz":
        path.write_bytes(gzip.compress(SIDECARS["metadata.csv"].encode()))
    elif name == "metadata.parquet":
        pl.read_csv(SIDECARS["metadata.csv"].encode()).write_parquet(path)
    else:
        path.write_text(SIDECARS[name])
    assert told(root) == [
        BARN
        | {
            "caption": "a barn, red",
            "license": "CC0-1.0",
            "provenance": "local files",
            "punsafe": 0.5,
            "key": "7",
            "declared_split": "train",
        },
        {"url": "broken.webp", "caption": "broken"},
        DEEP | {"caption": "B"},
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SunsetOverLake", "Sunset Over Lake"),
        ("sunset_over-lake", "sunset over lake"),
        ("HDRPanorama2OfRome", "HDR Panorama2 Of Rome"),
        ("IMG_1234", "IMG 1234"),
        ("FrühlingÜberDemSee", "Frühling Über Dem See"),
    ],
)
def test_capitals_begin_words_of_a_file_name(name: str, words: str) -> None:
    assert folder.words_of(name) == words


def test_a_sidecar_without_captions_leaves_the_names_and_its_own_sizes_are_not_asked(root: Path) -> None:
    (root / "metadata.csv").write_text("file_name,source,declared_width\ndeep/er/B.PNG,a friend,9999\n")
    assert told(root) == [
        BARN | {"caption": "a red barn"},
        {"url": "broken.webp", "caption": "broken"},
        DEEP | {"caption": "B", "license": "unknown", "provenance": "a friend"},
    ]


def test_a_sidecar_of_only_a_header_says_nothing(root: Path) -> None:
    before = told(root)
    (root / "metadata.csv").write_text("file_name,caption\n")
    assert told(root) == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file_name\ngone.png\n", "names 'gone.png', which is no picture below .*folder; fix the path"),
        ("file_name\n../secret.png\n", "names '../secret.png', which is no picture below"),
        ("file_name\nbroken.webp\nbroken.webp\n", "names 'broken.webp' twice; keep one row"),
        (
            "name,caption\nbroken.webp,a\n",
            "column 'file_name' or 'file' or 'path' is missing; there are: name, caption",
        ),
    ],
)
def test_a_sidecar_that_does_not_fit_its_folder_is_one_line(root: Path, text: str, message: str) -> None:
    (root / "metadata.csv").write_text(text)
    with pytest.raises(UserError, match=r"metadata\.csv: " + message):
        folder.catalogue(root)


def test_a_sidecars_row_that_names_no_file_is_one_line(root: Path) -> None:
    (root / "metadata.jsonl").write_text('{"file_name": "gone.png"}\n{"caption": "of nothing"}\n')
    with pytest.raises(UserError, match=r"metadata\.jsonl: names .*, which is no picture below"):
        folder.catalogue(root)


def test_two_sidecars_are_one_line(root: Path) -> None:
    for name in ("metadata.csv", "metadata.jsonl", "metadata.csv.bak"):
        (root / name).write_text(SIDECARS.get(name, ""))
    with pytest.raises(UserError, match=r"folder: two sidecar tables, metadata\.csv and metadata\.jsonl; keep one"):
        folder.catalogue(root)


def test_the_bytes_behind_a_row_are_the_files(root: Path) -> None:
    assert folder.content("deep/er/B.PNG", root, NUMBERS) == (root / "deep" / "er" / "B.PNG").read_bytes()


@pytest.mark.parametrize("url", ["../secret.png", "deep/../../secret.png", "{root}/../secret.png", "/etc/passwd"])
def test_a_path_that_leaves_the_folder_is_refused(root: Path, url: str) -> None:
    with pytest.raises(PermissionError, match="leaves the folder"):
        folder.content(url.format(root=root), root, NUMBERS)


def test_a_link_that_leaves_the_folder_is_refused(root: Path) -> None:
    (root / "link.png").symlink_to(root.parent / "secret.png")
    (root / "up").symlink_to(root.parent)
    for url in ("link.png", "up/secret.png"):
        with pytest.raises(PermissionError, match="leaves the folder"):
            folder.content(url, root, NUMBERS)


def test_a_link_within_the_folder_is_followed(root: Path) -> None:
    (root / "link.png").symlink_to(root / "deep" / "er" / "B.PNG")
    assert folder.content("link.png", root, NUMBERS) == (root / "deep" / "er" / "B.PNG").read_bytes()


def test_a_file_that_is_gone_is_not_found(root: Path) -> None:
    with pytest.raises(FileNotFoundError):
        folder.content("gone.png", root, NUMBERS)


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


def test_an_unknown_source_is_one_line_with_the_known_ones(root: Path) -> None:
    known = ", ".join(sources.NAMES)
    assert {"demo", "folder", "journeydb", "pd12m"} < set(sources.NAMES)
    for ask in (sources.find, lambda name: sources.content(name, "url", root.parent, NUMBERS)):
        with pytest.raises(UserError, match=f"^no source 'flickr'; there are: {known}$"):
            ask("flickr")


def test_every_source_has_a_title_a_page_and_a_column_or_a_maker_of_urls() -> None:
    for name in sources.NAMES:
        source = sources.find(name)
        assert source.title
        assert source.page
        assert source.license
        assert source.provenance
        assert (source.make is None) == ("url" in source.columns)
        assert set(source.spellings) <= set(OURS)


def test_only_a_local_source_has_bytes(root: Path) -> None:
    assert sources.content("folder", "a_red-barn.jpg", root.parent, NUMBERS) == (root / "a_red-barn.jpg").read_bytes()
    with pytest.raises(UserError, match="source 'pd12m' is on the web and has no files here"):
        sources.content("pd12m", "https://example.org/a.jpg", root.parent, NUMBERS)
