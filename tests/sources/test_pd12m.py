"""The columns of PD12M."""

import polars as pl

from native4k.sources.pd12m import SOURCE
from tests.metadata.frames import in_our_columns


def test_a_row_of_pd12m_is_read_with_its_own_licence_and_collection_where_it_has_them() -> None:
    frame = pl.DataFrame(
        {
            "id": ["0a1b2c3d", "4e5f6a7b"],
            "url": ["https://example.org/images/0a1b2c3d.jpeg", "https://example.org/images/4e5f6a7b.jpeg"],
            "caption": ["The image shows a mountain lake.", "The image shows a red barn."],
            "width": [4000, 6000],
            "height": [3000, 4000],
            "mime_type": ["image/jpeg", "image/jpeg"],
            "hash": ["d41d8cd98f00b204e9800998ecf8427e", "900150983cd24fb0d6963f7d28e17f72"],
            "license": ["https://creativecommons.org/publicdomain/mark/1.0/", None],
            "source": ["Wikimedia", None],
        }
    )
    told, untold = in_our_columns(frame, SOURCE, "pd12m.000.parquet").rows(named=True)
    assert told == {
        "url": "https://example.org/images/0a1b2c3d.jpeg",
        "declared_width": 4000,
        "declared_height": 3000,
        "caption": "The image shows a mountain lake.",
        "license": "https://creativecommons.org/publicdomain/mark/1.0/",
        "provenance": "Wikimedia",
        "language": None,
        "similarity": None,
        "punsafe": None,
        "pwatermark": None,
        "aesthetic": None,
        "key": "0a1b2c3d",
        "declared_split": None,
    }
    assert untold["license"] == "public domain or CC0-1.0"
    assert untold["provenance"] == "public-domain collections, captions by Florence-2 (PD12M)"
