"""LAION-high-resolution: the part of LAION-5B whose pictures are declared as at least 1024x1024."""

from native4k.sources.source import Source

SOURCE = Source(
    title="LAION-high-resolution",
    page="https://huggingface.co/datasets/laion/relaion-high-resolution",
    files="hf://datasets/laion/relaion-high-resolution/*.parquet",
    rows=170_000_000,
    license="unknown",
    provenance="web images and their alt texts (LAION-5B)",
    columns={
        "url": ("URL",),
        "declared_width": ("WIDTH",),
        "declared_height": ("HEIGHT",),
        "caption": ("TEXT",),
        "language": ("LANGUAGE",),
        "similarity": ("similarity",),
        "punsafe": ("punsafe",),
        "pwatermark": ("pwatermark",),
        "key": ("hash",),
    },
    note="LAION-5B was withdrawn and reissued as Re-LAION; this is the reissue of what was laion-high-resolution",
)
