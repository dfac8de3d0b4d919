"""PD12M: public-domain and CC0 pictures, hosted by those who publish the list, with machine-made captions."""

from native4k.sources.source import Source

SOURCE = Source(
    title="PD12M",
    page="https://huggingface.co/datasets/Spawning/PD12M",
    files="hf://datasets/Spawning/PD12M/metadata/*.parquet",
    rows=12_400_000,
    license="public domain or CC0-1.0",
    provenance="public-domain collections, captions by Florence-2 (PD12M)",
    columns={
        "url": ("url",),
        "declared_width": ("width",),
        "declared_height": ("height",),
        "caption": ("caption",),
        "license": ("license",),
        "provenance": ("source",),
        "key": ("id",),
    },
    note="hosted by its publisher, so links do not rot; a row's licence is the address of CC0 1.0 or of the Public "
    "Domain Mark 1.0 at creativecommons.org",
)
