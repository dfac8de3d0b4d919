"""The dataset card: a header for the hub, and for people the numbers, sources, licences, limits and origin."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
from huggingface_hub import DatasetCardData

from native4k import sources
from native4k.geometry import Geometry, geometry_reasons
from native4k.page import metrics_files
from native4k.publish import croissant, dataset_numbers

HUB_LICENCES = {
    "CC0-1.0": "cc0-1.0",
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "CC-BY-NC-4.0": "cc-by-nc-4.0",
    "CDLA-Permissive-2.0": "cdla-permissive-2.0",
    "openrail++": "openrail++",
}
"""Licence as sources state it -> its name on the hub, where all others are `other`."""

SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M", 10_000_000: "1M<n<10M"}
"""Images, less than these -> the hub's size category."""

MAX_ROWS = 20
"""Rows shown of a table that may grow with the collection; the others are summed up in one."""

CELL = 80
"""Characters shown of text from metadata in a cell."""

USE = """\
```python
from datasets import load_dataset

test = load_dataset("imagefolder", data_dir="PATH/OF/THIS/FOLDER", split="test")
```

```sh
native4k check PATH/OF/THIS/FOLDER                          # every byte and every number, or sha256sum -c SHA256SUMS
native4k export webdataset PATH/OF/THIS/FOLDER OUT          # tars; --help names the other kinds
```"""


LIMITS = """\
- **Native resolution is measured, not known.** Thresholds find most pictures that a filter enlarged, fewer of those
  noised or compressed after it, and few by a good network: on real photographs, at a rate of 1 % of natives, none by
  Real-ESRGAN x4plus and hardly one by Real-CUGAN x2. An honest but soft photograph may be missing.
- **Near copies are found up to a distance.** Crops, flips and overlays beyond it can still be in two splits.
- **Categories, captions, licences and safety scores are what the sources say or what is derived from it.** None of them
  was verified image by image, unless people voted (`votes`, `verdict`).
- **A licence is a claim of the source.** Whoever publishes models or images has to check it at the image's `url`.
- **People may be recognisable, and may ask to be removed.** Opt-out requests are honoured by the next version.
- **Web collections over-represent** what is published in English and photographed often; the balance is one of
  categories, not of places, people or styles."""

SHAPES = ((3840, 2160), (2160, 3840), (4096, 2160), (3840, 2880), (3840, 2560), (4000, 4000), (6000, 2500))
"""Usual sizes in pixels: UHD both ways up, DCI 4K, 4:3, 3:2, square, panorama."""


Hashes = dict[str, dict[str, str]]
"""step, packages, input -> part -> hash: what a dataset was made from."""


class Version(NamedTuple):
    """What the card of a dataset version is written from, but for its tables' columns and plots."""

    name: str
    title: str
    version: str
    rule: Geometry
    numbers: dict[str, Any]
    kept: pd.DataFrame
    made: Hashes


def header(one: Version) -> dict[str, Any]:
    """What the hub reads; `native4k` holds the numbers that `native4k check` compares with the tables."""
    licences = sorted({HUB_LICENCES.get(name, "other") for name in one.kept["license"].unique()}) or ["unknown"]
    languages = sorted({name for name in one.kept.get("language", pd.Series(dtype=str)).unique() if name.isalpha()})
    published = {name: one.numbers["splits"][name] for name in dataset_numbers.SPLITS}
    count = sum(split["images"] for split in published.values())
    files = [{"split": name, "path": f"{name}/*"} for name in dataset_numbers.SPLITS if published[name]["images"]]
    return {
        "pretty_name": one.title,
        "license": licences[0] if len(licences) == 1 else licences,
        **({"language": languages} if languages else {}),
        "task_categories": ["image-to-image", "text-to-image"],
        "tags": ["super-resolution", "4k", "native-resolution", "croissant"],
        "size_categories": [next((name for limit, name in SIZES.items() if count < limit), "10M<n<100M")],
        **({"configs": [{"config_name": "default", "data_files": files}]} if files else {}),
        "native4k": {"version": one.version, **one.numbers},
    }


def card(one: Version, schema: pa.Schema, titles: dict[str, str]) -> str:
    """The text of the card; the schema is that of images.parquet, titles are those of the plots by file name."""
    head = DatasetCardData(**header(one)).to_yaml(line_break="\n")
    plots = {name: f"![{title}](plots/{name})\n\n" for name, title in titles.items()}
    parts = {
        "Splits": splits(one.numbers),
        "Use": USE,
        "Categories": plots.pop("categories.svg", "") + categories(one.numbers),
        "Sources": source_table(one.kept),
        "Licences and attribution": licences(one.kept),
        "Funnel": plots.pop("funnel.svg") + funnel(one.numbers),
        "Measures": "".join(plots.values()),
        "Columns": COLUMNS + fields(schema),
        "Known limits": limits(one.rule, one.numbers),
        "How it was made": MADE + hashes(one.made),
    }
    body = "\n".join(f"## {name}\n\n{part.strip()}\n" for name, part in parts.items() if part.strip())
    return f"---\n{head}\n---\n\n# {one.name}: {one.title}\n\n{lead(one)}\n\n{body}"


COLUMNS = """\
`images.parquet` has a row for each kept image, `rejected.parquet` one for every other candidate with its reason. Each
split's `metadata.parquet` repeats what a loader needs.

"""

MADE = """\
The same inputs, code, numbers and packages give the same bytes on any machine. These are their SHA-256 hashes; the
tables among the inputs hold those of every image.

"""


def limits(rule: Geometry, numbers: dict[str, Any]) -> str:
    """What the size rule accepts and how many rows it rejected, then the limits of every version."""
    passing = {shape: not any(geometry_reasons(*shape, rule).values()) for shape in SHAPES}
    words = [", ".join(f"{w} x {h}" for (w, h), fits in passing.items() if fits == wanted) for wanted in (True, False)]
    lost = {
        name: sum(reasons.get(name, 0) for reasons in numbers["rejected"].values()) for name in ("aspect", "too_small")
    }
    return (
        f"- **Only some shapes are in.** Width / height from {rule.min_aspect:g} to {rule.max_aspect:g}, at least "
        f"{rule.min_pixels:,} pixels,\n  a longer side of {rule.min_long_side:,} and a shorter one of "
        f"{rule.min_short_side:,}. Of usual sizes these pass: {words[0] or 'none'}; these do not: "
        f"{words[1] or 'none'}.\n  The shape cost {lost['aspect']:,} rows, the size {lost['too_small']:,}.\n"
        f"{LIMITS}"
    )


def lead(one: Version) -> str:
    """A description of the version in three sentences."""
    published = [one.numbers["splits"][name] for name in dataset_numbers.SPLITS]
    count, size = (sum(split[key] for split in published) for key in ("images", "bytes"))
    return (
        f"Version {one.version}: {count:,} images, {metrics_files.file_size(size)}, chosen from "
        f"{one.numbers['metadata']:,} rows of metadata because their pixels have detail at full size. "
        "The files are the bytes that the sources served, never encoded again; their names are ids. "
        "Every rejected row has its reason."
    )


def splits(numbers: dict[str, Any]) -> str:
    """Images and bytes of each split."""
    rows = [
        [name, split["images"], metrics_files.file_size(split["bytes"])] for name, split in numbers["splits"].items()
    ]
    note = "" if dataset_numbers.RESERVE not in numbers["splits"] else RESERVED
    return markdown(["split", "images", "size"], rows) + note


RESERVED = """

`reserve` is what is left over in the zones of val and test: kept, in `images.parquet`, and in no folder, so that a
later version can refill a split without ever moving an image between them."""


def categories(numbers: dict[str, Any]) -> str:
    """Images by split and category."""
    names = sorted({name for split in numbers["splits"].values() for name in split["categories"]})
    rows = [
        [split, *(one["categories"].get(name, 0) for name in names), one["images"]]
        for split, one in numbers["splits"].items()
    ]
    return markdown(["split", *map(escape_cell, names), "all"], rows)


def source_table(kept: pd.DataFrame) -> str:
    """Images of each source, with what it is and where."""
    rows = []
    for name, count in kept["source"].value_counts().sort_index().items():
        source = sources.find(name) if name in sources.NAMES else None
        rows.append([escape_cell(name), source.title if source else "", source.page if source else "", count])
    return markdown(["source", "what it is", "where it is described", "images"], rows)


def licences(kept: pd.DataFrame) -> str:
    """Images by licence, by provenance and by source."""
    keys = [name for name in ("license", "provenance", "source") if name in kept]
    counts = kept.groupby(keys).size().reset_index(name="images")
    counts = counts.sort_values(["images", *keys], ascending=[False, *[True] * len(keys)])
    rows = [[*map(escape_cell, row[:-1]), row[-1]] for row in counts.head(MAX_ROWS).itertuples(index=False)]
    rest = int(counts["images"].iloc[MAX_ROWS:].sum())
    if rest:
        rows.append([f"{len(counts) - MAX_ROWS:,} more", *[""] * (len(keys) - 1), rest])
    names = {"license": "licence", "provenance": "to be credited", "source": "source"}
    return CREDIT + markdown([*(names[key] for key in keys), "images"], rows)


CREDIT = """\
Each image keeps the licence that its source states for it: the column `license`, with `url` and `provenance` beside it
for attribution.

"""


def funnel(numbers: dict[str, Any]) -> str:
    """Rows that each step rejected, by reason, in the order of the pipeline."""
    steps = metrics_files.funnel_steps({"rejected": numbers["rejected"]})
    rows: list[list[Any]] = [["", "rows of metadata", numbers["metadata"]]]
    rows += [[step, escape_cell(reason), count] for step, reasons in steps for reason, count in reasons]
    return markdown(["step", "reason", "rows"], [*rows, ["", "kept", numbers["kept"]]])


def fields(schema: pa.Schema) -> str:
    """Every column of images.parquet, its type and meaning."""
    rows = [[f"`{field.name}`", croissant.type_name(field.type), croissant.describe(field.name)] for field in schema]
    return markdown(["column", "type", "meaning"], rows)


def hashes(made: Hashes) -> str:
    """The hashes of everything that the version was made from."""
    rows = [[kind, f"`{part}`", f"`{hash_}`"] for kind, parts in made.items() for part, hash_ in parts.items()]
    return markdown(["kind", "part", "SHA-256"], rows)


def markdown(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table in Markdown; counts have thousands."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    aligned = ["--:" if rows and isinstance(cell, int) else "---" for cell in (rows[0] if rows else head)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [list(head), aligned, *cells])


def escape_cell(words: object) -> str:
    """Text from metadata as a cell of a Markdown table: one short line with all markup escaped."""
    line = " ".join(str(words).split())
    line = line if len(line) <= CELL else line[: CELL - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return "".join(f"\\{sign}" if sign in "\\`*_[]|<>~#" else sign for sign in line).replace("&", "&amp;")
