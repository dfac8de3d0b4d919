"""The columns of laion2B-en-aesthetic."""

import polars as pl
import pytest

from native4k.sources.laion_aesthetic import SOURCE
from tests.metadata.frames import in_our_columns


@pytest.mark.parametrize("score", ["aesthetic", "AESTHETIC_SCORE"])
def test_a_row_of_laion_aesthetic_is_read_whatever_its_score_is_called(score: str) -> None:
    frame = pl.DataFrame(
        {
            "URL": ["https://example.org/lake.jpg"],
            "TEXT": ["a mountain lake"],
            "WIDTH": [4000.0],
            "HEIGHT": [3000.0],
            "similarity": [0.31],
            "hash": [-4823198273312034123],
            "punsafe": [0.5],
            "pwatermark": [0.25],
            score: [7.5],
            "__index_level_0__": [0],
        },
        schema_overrides={"punsafe": pl.Float32, "pwatermark": pl.Float32, score: pl.Float32},
    )
    assert in_our_columns(frame, SOURCE, "part.parquet").row(0, named=True) == {
        "url": "https://example.org/lake.jpg",
        "declared_width": 4000,
        "declared_height": 3000,
        "caption": "a mountain lake",
        "license": "unknown",
        "provenance": "web images and their alt texts (LAION-5B)",
        "language": None,
        "similarity": 0.31,
        "punsafe": 0.5,
        "pwatermark": 0.25,
        "aesthetic": 7.5,
        "key": "-4823198273312034123",
        "declared_split": None,
    }
