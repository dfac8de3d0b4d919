"""Photo Concept Bucket: photographs from Pexels with captions by CogVLM."""

from native4k.sources.source import Source

SOURCE = Source(
    title="Photo Concept Bucket",
    page="https://huggingface.co/datasets/bghira/photo-concept-bucket",
    files="hf://datasets/bghira/photo-concept-bucket/photo-concept-bucket.parquet",
    rows=567_597,
    license="Pexels License",
    provenance="photographs from Pexels, captions by CogVLM (Photo Concept Bucket)",
    columns={
        "url": ("url",),
        "declared_width": ("width",),
        "declared_height": ("height",),
        "caption": ("cogvlm_caption",),
        "key": ("id",),
    },
    note="openrail++ is the licence of the list and its captions; the pictures are under that of Pexels",
)
