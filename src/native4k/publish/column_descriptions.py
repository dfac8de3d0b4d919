"""The meaning of each column of a published dataset: one list for the card and for Croissant."""

import pyarrow as pa

DESCRIPTIONS = {
    "id": "16 hex digits that identify the image for ever: the hash of its normalised URL, or of its source and path",
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
    "pixels": "hash of the decoded pixels: the same for the same picture in other bytes",
    "signature": "longer perceptual hash, in hex, that tells near copies from chance",
    "inset_phash": "perceptual hashes of the picture's middle at several insets, for crops",
    "inset_signature": "longer perceptual hashes of the picture's middle at several insets, for crops",
    "nativeness": "whether the detail is the picture's own: native, upscaled, or unknown",
    "nativeness_score": "share of certain natives that look less native: the false-alarm rate of a threshold here",
    "upscaled_by": "the factor that the picture seems to be enlarged by",
    "mode": "the channels, in Pillow's words",
    "bit_depth": "bits of a channel",
    "pages": "pictures in the file",
    "jpeg_quality": "the quality whose table of quantisation is nearest, 1 to 100",
    "subsampling": "how a JPEG's colours are subsampled",
    "icc": "the colour profile's name",
    "wide_gamut": "whether the profile spans more than sRGB",
    "bits_per_pixel": "bits of the file for each pixel",
    "transparent": "share of the pixels that are transparent",
    "brightness": "mean of luma, grey levels",
    "contrast": "standard deviation of luma, grey levels",
    "clipped_dark": "share of the pixels at black or beside it",
    "clipped_light": "share of the pixels at white or beside it",
    "colourfulness": "Hasler and Suesstrunk's measure",
    "greyscale": "whether hardly a pixel has any colour",
    "laplacian": "variance of the Laplacian",
    "noise": "standard deviation of the noise, grey levels (Immerkaer)",
    "blockiness": "steps at every eighth pixel over those elsewhere",
    "piqe": "PIQE, 0 best to 100 worst (pyiqa)",
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

UNDESCRIBED = "measured by a step of the pipeline; see its documentation"
"""The description of a column that has no line above."""


def describe(name: str) -> str:
    """The meaning of a column."""
    return DESCRIPTIONS.get(name, UNDESCRIBED)


def type_name(type_: pa.DataType) -> str:
    """A column's type in plain words, with Croissant's names for scalars."""
    if pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_):
        return f"list of {type_name(type_.value_type)}"
    if pa.types.is_boolean(type_):
        return "Boolean"
    if pa.types.is_integer(type_):
        return "Integer"
    if pa.types.is_floating(type_):
        return "Float"
    return "Bytes" if pa.types.is_binary(type_) or pa.types.is_fixed_size_binary(type_) else "Text"
