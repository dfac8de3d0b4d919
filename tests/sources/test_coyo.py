"""The columns of COYO-700M."""

import polars as pl

from native4k.sources.coyo import SOURCE
from tests.metadata.frames import in_our_columns


def test_a_row_of_coyo_is_read() -> None:
    frame = pl.DataFrame(
        {
            "id": [2559800550877],
            "url": ["https://example.org/lake.jpg"],
            "text": ["a mountain lake"],
            "width": [4000],
            "height": [3000],
            "image_phash": ["e9e90c24f1d9c674"],
            "text_length": [15],
            "num_faces": [0],
            "clip_similarity_vitb32": [0.25],
            "clip_similarity_vitl14": [0.125],
            "nsfw_score_opennsfw2": [0.0625],
            "nsfw_score_gantman": [0.03125],
            "watermark_score": [0.5],
            "aesthetic_score_laion_v2": [7.25],
        }
    )
    assert in_our_columns(frame, SOURCE, "part.parquet").row(0, named=True) == {
        "url": "https://example.org/lake.jpg",
        "declared_width": 4000,
        "declared_height": 3000,
        "caption": "a mountain lake",
        "license": "unknown",
        "provenance": "web images and their alt texts (COYO-700M)",
        "language": None,
        "similarity": 0.25,
        "punsafe": 0.0625,
        "pwatermark": 0.5,
        "aesthetic": 7.25,
        "key": "2559800550877",
        "declared_split": None,
    }
