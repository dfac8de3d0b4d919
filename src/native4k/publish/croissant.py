"""The dataset in the words of Croissant 1.0 (mlcommons.org/croissant): files, record sets and columns."""

from typing import Any

import pyarrow as pa

from native4k import images
from native4k.publish import dataset_numbers

DESCRIPTIONS = {
    "id": "16 hex digits that identify the image for ever: the hash of its normalised URL, or of its source and path",
    "file_name": "the image's file below the dataset's folder; empty for images in reserve, which are not published",
    "split": "train, val, test, or reserve: kept, and left over in the zones of val and test",
    "source": "the collection whose metadata listed the image",
    "url": "where the original bytes were served, or the file below its source's folder; empty if its owner opted out",
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
    "view_phash": "perceptual hashes of the mirrored picture, of middles and of central windows",
    "view_signature": "longer perceptual hashes of the same views",
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


CONFORMS = "http://mlcommons.org/croissant/1.0"

TERMS = (
    "citeAs", "column", "equivalentProperty", "extract", "field", "fileObject", "fileProperty", "fileSet", "format",
    "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex",
    "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform",
)  # fmt: skip
"""Words of Croissant's own vocabulary."""

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{word: f"cr:{word}" for word in TERMS},
}

PARQUET = "application/x-parquet"
MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "TIFF": "image/tiff", "GIF": "image/gif"}
MIMES["AVIF"] = "image/avif"
TYPES = {"Boolean": "sc:Boolean", "Integer": "sc:Integer", "Float": "sc:Float", "Text": "sc:Text", "Bytes": "sc:Text"}
"""Our plain types -> schema.org's."""


def file_object(name: str, size: int, sha256: str, about: str) -> dict[str, Any]:
    """A table of the dataset."""
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "description": about,
        "contentUrl": name,
        "contentSize": f"{size} B",
        "encodingFormat": PARQUET,
        "sha256": sha256,
    }


def file_set(split: str, kinds: list[str]) -> dict[str, Any]:
    """A split's folder of pictures."""
    return {
        "@type": "cr:FileSet",
        "@id": f"{split}-files",
        "name": f"{split}-files",
        "description": f"the pictures of {split}, the bytes that the sources served",
        "encodingFormat": [MIMES[kind] for kind in kinds],
        "includes": [f"{split}/*.{images.FORMATS[kind]}" for kind in kinds],
    }


def field(record: str, column: pa.Field, table: str) -> dict[str, Any]:
    """A column of a table."""
    words = type_name(column.type)
    repeated = {"repeated": True} if words.startswith("list of ") else {}
    return {
        "@type": "cr:Field",
        "@id": f"{record}/{column.name}",
        "name": column.name,
        "description": describe(column.name),
        "dataType": TYPES[words.rpartition(" ")[2]],
        **repeated,
        "source": {"fileObject": {"@id": table}, "extract": {"column": column.name}},
    }


def table_records(record: str, table: str, schema: pa.Schema, about: str) -> dict[str, Any]:
    """The rows of a table."""
    return {
        "@type": "cr:RecordSet",
        "@id": record,
        "name": record,
        "description": about,
        "key": {"@id": f"{record}/id"},
        "field": [field(record, column, table) for column in schema],
    }


def pictures(split: str) -> dict[str, Any]:
    """A split's pictures, by file name and content."""
    record = f"{split}-pictures"
    extracts = {"file_name": ("sc:Text", "filename"), "image": ("sc:ImageObject", "content")}
    about = {"file_name": "the file's name: the id and an ending", "image": "the picture"}
    return {
        "@type": "cr:RecordSet",
        "@id": record,
        "name": record,
        "description": f"the pictures of {split}; images.parquet has their columns",
        "key": {"@id": f"{record}/file_name"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{record}/{name}",
                "name": name,
                "description": about[name],
                "dataType": kind,
                "source": {"fileSet": {"@id": f"{split}-files"}, "extract": {"fileProperty": property_}},
            }
            for name, (kind, property_) in extracts.items()
        ],
    }


TABLES = {
    "images.parquet": ("images", "every kept image with all that is known of it"),
    "rejected.parquet": ("rejected", "every other candidate with the reason why it was left out"),
}
"""Table -> its record set, and what its rows are."""


def croissant(
    about: dict[str, Any], kinds: dict[str, list[str]], schemas: dict[str, pa.Schema], files: dict[str, tuple[int, str]]
) -> dict[str, Any]:
    """The whole file: the description, the formats by split, and the schema, size and hash of each table."""
    full = {split: kinds[split] for split in dataset_numbers.SPLITS if kinds[split]}
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS,
        **about,
        "distribution": [
            *(file_object(name, *files[name], TABLES[name][1]) for name in TABLES),
            *(file_set(split, formats) for split, formats in full.items()),
        ],
        "recordSet": [
            *(table_records(TABLES[name][0], name, schemas[name], TABLES[name][1]) for name in TABLES),
            *map(pictures, full),
        ],
    }
