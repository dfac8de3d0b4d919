"""The columns of JourneyDB, and its pictures, which are on this machine."""

from pathlib import Path

import polars as pl
import pytest

from native4k.sources.journeydb import SOURCE
from tests.metadata.frames import in_our_columns


def test_a_row_of_journeydb_is_read_with_its_prompt_for_a_caption() -> None:
    frame = pl.DataFrame(
        {
            "img_path": ["./000/1f2e3d4c.jpg"],
            "prompt": ["a mountain lake --ar 3:2"],
            "Task1": ['{"Style": ["photograph"]}'],
            "Task2": ['{"Caption": "A lake lies between snowy mountains."}'],
        }
    )
    assert in_our_columns(frame, SOURCE, "train_anno_realease_repath.jsonl").row(0, named=True) == {
        "url": "./000/1f2e3d4c.jpg",
        "declared_width": None,
        "declared_height": None,
        "caption": "a mountain lake --ar 3:2",
        "license": "unknown",
        "provenance": "images drawn by Midjourney and their prompts (JourneyDB)",
        "language": None,
        "similarity": None,
        "punsafe": None,
        "pwatermark": None,
        "aesthetic": None,
        "key": None,
        "declared_split": None,
    }


def test_a_picture_of_journeydb_is_read_below_its_folder_and_nowhere_else(tmp_path: Path) -> None:
    assert SOURCE.content is not None
    root = tmp_path / "journeydb"
    (root / "000").mkdir(parents=True)
    (root / "000" / "1f2e3d4c.jpg").write_bytes(b"a picture")
    (tmp_path / "secret.jpg").write_bytes(b"a secret")
    assert SOURCE.content("./000/1f2e3d4c.jpg", root, tmp_path / "params.yaml") == b"a picture"
    with pytest.raises(PermissionError, match="leaves the folder"):
        SOURCE.content("./../secret.jpg", root, tmp_path / "params.yaml")
