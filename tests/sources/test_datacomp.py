"""The columns of DataComp's CommonPool."""

import polars as pl

from native4k.sources.datacomp import SOURCE
from tests.metadata.frames import in_our_columns


def test_a_row_of_datacomp_is_read_with_the_similarity_that_laion_has_too() -> None:
    frame = pl.DataFrame(
        {
            "uid": ["139e4a9b22a614771f06c700a8ebe150"],
            "url": ["https://example.org/lake.jpg"],
            "text": ["a mountain lake"],
            "original_width": [4000],
            "original_height": [3000],
            "clip_b32_similarity_score": [0.25],
            "clip_l14_similarity_score": [0.125],
            "face_bboxes": [[[0.1, 0.2, 0.3, 0.4]]],
            "sha256": ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
        },
        schema_overrides={"clip_b32_similarity_score": pl.Float32, "clip_l14_similarity_score": pl.Float32},
    )
    assert in_our_columns(frame, SOURCE, "part.parquet").row(0, named=True) == {
        "url": "https://example.org/lake.jpg",
        "declared_width": 4000,
        "declared_height": 3000,
        "caption": "a mountain lake",
        "license": "unknown",
        "provenance": "web images and their alt texts (DataComp)",
        "language": None,
        "similarity": 0.25,
        "punsafe": None,
        "pwatermark": None,
        "aesthetic": None,
        "key": "139e4a9b22a614771f06c700a8ebe150",
        "declared_split": None,
    }
