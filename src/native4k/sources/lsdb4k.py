"""4KLSDB as released: the addresses, sizes and captions of its training, validation and test pictures."""

from native4k.sources.source import Source

SOURCE = Source(
    title="4KLSDB",
    page="https://huggingface.co/datasets/SingleBicycle/4KLSDB",
    files="hf://datasets/SingleBicycle/4KLSDB/data/*[nc]_x16-*.parquet",  # not test_real: the same
    rows=133_468,
    license="unknown",
    provenance="LAION-2B, Photo Concept Bucket or PD12M, which of them is not said (4KLSDB)",
    columns={
        "url": ("url",),
        "declared_width": ("width",),
        "declared_height": ("height",),
        "caption": ("caption",),
        "key": ("file_name",),
    },
    split=r"(?:^|/)(train|validation|test)_[^/]*$",
    note="its Parquet files hold the pictures themselves (hr, lr) at x4, x8 and x16; x16's are read, without them; the "
    "split is taken from a file's name; cogvlm_caption and aesthetic_score (OneAlign's) are not read",
)
