"""The columns of LAION-high-resolution."""

import polars as pl

from native4k.sources.laion_high_resolution import SOURCE
from tests.metadata.frames import in_our_columns


def test_a_row_of_laion_high_resolution_is_read() -> None:
    frame = pl.DataFrame(
        {
            "URL": ["https://example.org/lake.jpg"],
            "TEXT": ["un lac de montagne"],
            "WIDTH": [4000],
            "HEIGHT": [3000],
            "similarity": [0.31],
            "LANGUAGE": ["fr"],
            "hash": [-4823198273312034123],
            "pwatermark": [0.25],
            "punsafe": [0.5],
            "NSFW": ["UNLIKELY"],
        },
        schema_overrides={"WIDTH": pl.Int32, "HEIGHT": pl.Int32, "pwatermark": pl.Float32, "punsafe": pl.Float32},
    )
    assert in_our_columns(frame, SOURCE, "part.parquet").row(0, named=True) == {
        "url": "https://example.org/lake.jpg",
        "declared_width": 4000,
        "declared_height": 3000,
        "caption": "un lac de montagne",
        "license": "unknown",
        "provenance": "web images and their alt texts (LAION-5B)",
        "language": "fr",
        "similarity": 0.31,
        "punsafe": 0.5,
        "pwatermark": 0.25,
        "aesthetic": None,
        "key": "-4823198273312034123",
        "declared_split": None,
    }
