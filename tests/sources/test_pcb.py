"""The columns of Photo Concept Bucket."""

import polars as pl

from native4k.sources.pcb import SOURCE
from tests.metadata.frames import in_our_columns


def test_a_row_of_photo_concept_bucket_is_read_with_its_long_caption() -> None:
    frame = pl.DataFrame(
        {
            "id": [3567189],
            "class_label": ["lake"],
            "type": ["photo"],
            "slug": ["a-lake"],
            "description": [None],
            "alt": ["Lake Between Mountains"],
            "title": ["Lake"],
            "tags": ["lake, mountains"],
            "width": [4000],
            "height": [3000],
            "aspect_ratio": [1.33],
            "url": ["https://example.org/photos/3567189.jpeg"],
            "cogvlm_caption": ["A lake lies between snowy mountains."],
        }
    )
    assert in_our_columns(frame, SOURCE, "photo-concept-bucket.parquet").row(0, named=True) == {
        "url": "https://example.org/photos/3567189.jpeg",
        "declared_width": 4000,
        "declared_height": 3000,
        "caption": "A lake lies between snowy mountains.",
        "license": "Pexels License",
        "provenance": "photographs from Pexels, captions by CogVLM (Photo Concept Bucket)",
        "language": None,
        "similarity": None,
        "punsafe": None,
        "pwatermark": None,
        "aesthetic": None,
        "key": "3567189",
        "declared_split": None,
    }
