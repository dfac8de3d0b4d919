"""COYO-700M: web images with English alt texts."""

from native4k.sources.source import Source

SOURCE = Source(
    title="COYO-700M",
    page="https://huggingface.co/datasets/kakaobrain/coyo-700m",
    files="hf://datasets/kakaobrain/coyo-700m/data/*.parquet",
    rows=746_972_269,
    license="unknown",
    provenance="web images and their alt texts (COYO-700M)",
    columns={
        "url": ("url",),
        "declared_width": ("width",),
        "declared_height": ("height",),
        "caption": ("text",),
        "similarity": ("clip_similarity_vitb32",),
        "punsafe": ("nsfw_score_opennsfw2",),
        "pwatermark": ("watermark_score",),
        "aesthetic": ("aesthetic_score_laion_v2",),
        "key": ("id",),
    },
    note="12 % of its rows repeat a url, with another text; CC-BY-4.0 is the list's licence",
)
