"""The columns of 4KLSDB as released, and which of its files are read."""

from fnmatch import fnmatch
from pathlib import Path

import polars as pl
import pytest

from native4k.metadata import locations, read
from native4k.sources.lsdb4k import SOURCE
from tests.metadata.frames import in_our_columns


def test_a_row_of_4klsdb_is_read_without_its_pictures_and_without_anothers_aesthetic_score() -> None:
    frame = pl.DataFrame(
        {
            "file_name": ["0001234.png"],
            "hr": [{"bytes": b"\x89PNG", "path": "0001234.png"}],
            "lr": [{"bytes": b"\x89PNG", "path": "0001234.png"}],
            "scale": [16],
            "degradation": ["bicubic"],
            "width": [4000.0],
            "height": [3000.0],
            "url": ["https://example.org/lake.jpg"],
            "caption": ["a mountain lake"],
            "aspect_ratio": [1.333],
            "cogvlm_caption": [None],
            "quality_score": [4.25],
            "aesthetic_score": [3.5],
        }
    )
    assert in_our_columns(frame, SOURCE, "train_x16-00000-of-00190.parquet").row(0, named=True) == {
        "url": "https://example.org/lake.jpg",
        "declared_width": 4000,
        "declared_height": 3000,
        "caption": "a mountain lake",
        "license": "unknown",
        "provenance": "LAION-2B, Photo Concept Bucket or PD12M, which of them is not said (4KLSDB)",
        "language": None,
        "similarity": None,
        "punsafe": None,
        "pwatermark": None,
        "aesthetic": None,
        "key": "0001234.png",
        "declared_split": "train",
    }


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train_x16-00000-of-00190.parquet", "train"),
        ("hf://datasets/test_them/4KLSDB/data/validation_x16-00000-of-00003.parquet", "validation"),
        ("data/test_bicubic_x16-00000-of-00003.parquet", "test"),
        ("data/train_/all.csv", None),
        ("latest_x16.jsonl", None),
    ],
)
def test_the_split_of_4klsdb_is_taken_from_the_name_of_the_file(name: str, split: str | None, tmp_path: Path) -> None:
    frame = pl.DataFrame({"url": ["https://example.org/lake.jpg"], "width": [4000], "height": [3000]})
    assert in_our_columns(frame, SOURCE, name)["declared_split"].to_list() == [split]
    for ending, write in (("parquet", frame.write_parquet), ("csv", frame.write_csv), ("jsonl", frame.write_ndjson)):
        path = tmp_path / f"{Path(name).stem}.{ending}"
        write(path)
        read_back = pl.concat(list(read.frames(locations.find_parts(str(path))[0], SOURCE)))
        assert read_back["declared_split"].to_list() == [split]


@pytest.mark.parametrize(
    ("split", "wanted"),
    [
        ("train_x16", True),
        ("validation_x16", True),
        ("test_bicubic_x16", True),
        ("test_real_x16", False),
        ("train_x4", False),
        ("test_bicubic_x8", False),
    ],
)
def test_each_picture_of_4klsdb_is_read_once(split: str, wanted: bool) -> None:
    folder = SOURCE.files.rsplit("/", 1)[0]
    assert fnmatch(f"{folder}/{split}-00000-of-00003.parquet", SOURCE.files) is wanted
