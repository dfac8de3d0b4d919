"""The dataset in the words of Croissant 1.0 (mlcommons.org/croissant): files, record sets and columns."""

from typing import Any

import pyarrow as pa

from native4k import images
from native4k.publish import column_descriptions, dataset_numbers

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
    words = column_descriptions.type_name(column.type)
    repeated = {"repeated": True} if words.startswith("list of ") else {}
    return {
        "@type": "cr:Field",
        "@id": f"{record}/{column.name}",
        "name": column.name,
        "description": column_descriptions.describe(column.name),
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
