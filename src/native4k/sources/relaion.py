"""Re-LAION-2B-en-research-safe: the English part of LAION-5B as reissued, without its unsafe rows."""

from native4k.sources.source import Source

SOURCE = Source(
    title="Re-LAION-2B-en-research-safe",
    page="https://huggingface.co/datasets/laion/relaion2B-en-research-safe",
    files="hf://datasets/laion/relaion2B-en-research-safe/*.parquet",
    rows=2_097_693_557,
    license="unknown",
    provenance="web images and their alt texts (Re-LAION-5B)",
    columns={
        "url": ("url",),
        "declared_width": ("original_width",),
        "declared_height": ("original_height",),
        "caption": ("caption",),
        "similarity": ("similarity",),
        "punsafe": ("punsafe",),
        "pwatermark": ("pwatermark",),
        "key": ("key",),
    },
    note="gated; width and height are a resized copy's, so original_width and original_height are read, where there",
)
