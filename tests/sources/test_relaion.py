"""The columns of Re-LAION-2B-en-research-safe."""

import polars as pl

from native4k.sources.relaion import SOURCE
from tests.metadata.frames import in_our_columns


def test_a_row_of_relaion_is_read_with_its_original_size_and_not_the_resized_copys() -> None:
    frame = pl.DataFrame(
        {
            "url": ["https://example.org/lake.jpg"],
            "caption": ["a mountain lake"],
            "similarity": [0.31],
            "hash": [-4823198273312034123],
            "pwatermark": [0.25],
            "punsafe": [0.5],
            "key": ["000000017"],
            "status": ["success"],
            "width": [384],
            "height": [288],
            "original_width": [4000],
            "original_height": [3000],
        },
        schema_overrides={"original_width": pl.Int32, "pwatermark": pl.Float32, "punsafe": pl.Float32},
    )
    assert in_our_columns(frame, SOURCE, "part.parquet").row(0, named=True) == {
        "url": "https://example.org/lake.jpg",
        "declared_width": 4000,
        "declared_height": 3000,
        "caption": "a mountain lake",
        "license": "unknown",
        "provenance": "web images and their alt texts (Re-LAION-5B)",
        "language": None,
        "similarity": 0.31,
        "punsafe": 0.5,
        "pwatermark": 0.25,
        "aesthetic": None,
        "key": "000000017",
        "declared_split": None,
    }
