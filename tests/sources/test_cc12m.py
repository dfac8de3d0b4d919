"""The columns of CC12M, whose file has no header line."""

import polars as pl

from native4k.sources.cc12m import SOURCE
from tests.metadata.frames import in_our_columns


def test_a_line_of_cc12m_is_an_address_and_a_caption_without_a_size() -> None:
    line = "https://example.org/lake.jpg\ta mountain lake at dawn"
    frame = pl.DataFrame([line.split("\t")], schema=list(SOURCE.header), orient="row")
    assert in_our_columns(frame, SOURCE, "cc12m.tsv").row(0, named=True) == {
        "url": "https://example.org/lake.jpg",
        "declared_width": None,
        "declared_height": None,
        "caption": "a mountain lake at dawn",
        "license": "unknown",
        "provenance": "web images and their alt texts (Conceptual 12M)",
        "language": None,
        "similarity": None,
        "punsafe": None,
        "pwatermark": None,
        "aesthetic": None,
        "key": None,
        "declared_split": None,
    }
    assert not SOURCE.has_sizes
