"""What the columns of a published dataset mean: one list for the card and for Croissant."""

import pyarrow as pa

DESCRIPTIONS = {
    "id": "16 hex digits that name the image for ever: of its normalised URL, or of its source and path",
    "file_name": "the image's file below the dataset's folder; empty for images in reserve, which are not published",
    "split": "train, val, test, or reserve: kept, and left over in the zones of val and test",
    "source": "the collection whose metadata listed the image",
    "url": "where the original bytes were served",
    "declared_width": "pixels, as the source's metadata say; 0 if they do not",
    "declared_height": "pixels, as the source's metadata say; 0 if they do not",
    "caption": "the source's text about the image",
    "license": "the image's licence, as the source states it",
    "provenance": "where image and caption come from, as the source states it: who is to be credited",
    "language": "the caption's language, as the source states it",
    "similarity": "cosine of image and caption, the source's own estimate (CLIP)",
    "punsafe": "probability that the image is unsafe, the source's own estimate",
    "pwatermark": "probability of a watermark, the source's own estimate",
    "aesthetic": "aesthetic score, 1 to 10, the source's own estimate",
    "key": "the source's own name of the image",
    "declared_split": "the split that the source put the image in",
    "status": "what became of fetching it",
    "sha256": "SHA-256 of the original bytes",
    "bytes": "bytes of the file",
    "format": "the file's format, from its content",
    "width": "pixels, as displayed",
    "height": "pixels, as displayed",
    "phash": "perceptual hash, 64 bits in hex: near copies differ in few bits",
    "detail": "differences of neighbouring pixels in the image's most detailed tiles, grey levels",
    "fineness": "finest over next coarser Haar band in the sharpest tiles: low where a picture was enlarged",
    "category": "the subject",
    "category_confidence": "how sure the category is, 0 to 1",
    "votes": "people who voted on the image",
    "verdict": "what their votes came to: keep, drop, or empty if undecided",
    "group": "images that show the same share it, whether kept or not",
    "representative": "the id that stands for the group",
    "distance": "bits between the perceptual hashes of image and representative; -1 if it was not compared",
    "reason": "why the image was left out; empty if it was kept",
    "rejected_by": "the step that left it out; empty if it was kept",
}
"""Column -> one line, with the unit."""

UNTOLD = "measured by a step of the pipeline; see its documentation"
"""Of a column that has no line above."""


def describe(name: str) -> str:
    """What a column means."""
    return DESCRIPTIONS.get(name, UNTOLD)


def kind(type_: pa.DataType) -> str:
    """A column's type in plain words, with Croissant's names for scalars."""
    if pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_):
        return f"list of {kind(type_.value_type)}"
    if pa.types.is_boolean(type_):
        return "Boolean"
    if pa.types.is_integer(type_):
        return "Integer"
    if pa.types.is_floating(type_):
        return "Float"
    return "Bytes" if pa.types.is_binary(type_) or pa.types.is_fixed_size_binary(type_) else "Text"
