"""laion2B-en-aesthetic: the English part of LAION-5B with an aesthetic score above 7."""

from native4k.sources.source import Source

SOURCE = Source(
    title="laion2B-en-aesthetic",
    page="https://huggingface.co/datasets/laion/laion2B-en-aesthetic",
    files="hf://datasets/laion/laion2B-en-aesthetic/*.parquet",
    rows=51_900_000,
    license="unknown",
    provenance="web images and their alt texts (LAION-5B)",
    columns={
        "url": ("URL",),
        "declared_width": ("WIDTH",),
        "declared_height": ("HEIGHT",),
        "caption": ("TEXT",),
        "similarity": ("similarity",),
        "punsafe": ("punsafe",),
        "pwatermark": ("pwatermark",),
        "aesthetic": ("aesthetic", "AESTHETIC_SCORE"),
        "key": ("hash",),
    },
    note="gated; a part of LAION-5B, which was withdrawn and reissued as Re-LAION; scored by LAION's first predictor, "
    "whose numbers are higher than the second's",
)
