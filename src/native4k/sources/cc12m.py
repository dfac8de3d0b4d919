"""CC12M: web images with cleaned alt texts, and no sizes."""

from native4k.sources.source import Source

SOURCE = Source(
    title="Conceptual 12M",
    page="https://github.com/google-research-datasets/conceptual-12m",
    files="https://storage.googleapis.com/conceptual_12m/cc12m.tsv",
    rows=12_423_374,
    license="unknown",
    provenance="web images and their alt texts (Conceptual 12M)",
    columns={"url": ("url",), "caption": ("caption",)},
    header=("url", "caption"),
    note="has no sizes, so that pictures are filtered by size only when they are fetched",
)
