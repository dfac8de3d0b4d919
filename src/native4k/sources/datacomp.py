"""DataComp: CommonPool at its largest scale, web images with unfiltered alt texts."""

from native4k.sources.source import Source

SOURCE = Source(
    title="DataComp CommonPool, xlarge",
    page="https://huggingface.co/datasets/mlfoundations/datacomp_xlarge",
    files="hf://datasets/mlfoundations/datacomp_xlarge",
    rows=12_800_000_000,
    license="unknown",
    provenance="web images and their alt texts (DataComp)",
    columns={
        "url": ("url",),
        "declared_width": ("original_width",),
        "declared_height": ("original_height",),
        "caption": ("text",),
        "similarity": ("clip_b32_similarity_score",),
        "key": ("uid",),
    },
    note="3 TB of metadata; datacomp_small (12.8 M rows) has the same columns; CC-BY-4.0 is the list's licence",
)
