"""The dataset's card: a header for the hub, and for people the numbers, sources, licences, limits and origin."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import yaml

from native4k import sources
from native4k.geometry import Geometry
from native4k.publish import columns, facts, limits
from native4k.publish.made import Hashes
from native4k.report import found

HUB_LICENCES = {
    "CC0-1.0": "cc0-1.0",
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "CC-BY-NC-4.0": "cc-by-nc-4.0",
    "CDLA-Permissive-2.0": "cdla-permissive-2.0",
    "openrail++": "openrail++",
}
"""Licences as sources state them -> as the hub calls them; all others are `other` there."""

SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M", 10_000_000: "1M<n<10M"}
"""Images, less than these -> the hub's size category."""

MOST = 20
"""Rows of a table that may grow with the collection; the rest is summed up."""

CELL = 80
"""Characters of a cell that holds foreign text."""

USE = """\
```python
from datasets import load_dataset

test = load_dataset("imagefolder", data_dir="PATH/OF/THIS/FOLDER", split="test")
```

```sh
native4k check PATH/OF/THIS/FOLDER                          # every byte and every number, or sha256sum -c SHA256SUMS
native4k export webdataset PATH/OF/THIS/FOLDER OUT          # tars; --help names the other kinds
```"""


class Version(NamedTuple):
    """What a card is written of."""

    name: str
    title: str
    version: str
    rule: Geometry
    said: dict[str, Any]
    kept: pd.DataFrame
    schema: pa.Schema
    plots: dict[str, str]
    made: Hashes


def header(one: Version) -> dict[str, Any]:
    """What the hub reads; `native4k` holds the numbers that `native4k check` compares with the tables."""
    licences = sorted({HUB_LICENCES.get(name, "other") for name in one.kept["license"].unique()}) or ["unknown"]
    languages = sorted({name for name in one.kept.get("language", pd.Series(dtype=str)).unique() if name.isalpha()})
    published = {name: one.said["splits"][name] for name in facts.SPLITS}
    count = sum(split["images"] for split in published.values())
    files = [{"split": name, "path": f"{name}/*"} for name in facts.SPLITS if published[name]["images"]]
    return {
        "pretty_name": one.title,
        "license": licences[0] if len(licences) == 1 else licences,
        **({"language": languages} if languages else {}),
        "task_categories": ["image-to-image", "text-to-image"],
        "tags": ["super-resolution", "4k", "native-resolution", "croissant"],
        "size_categories": [next((name for limit, name in SIZES.items() if count < limit), "10M<n<100M")],
        **({"configs": [{"config_name": "default", "data_files": files}]} if files else {}),
        "native4k": {"version": one.version, **one.said},
    }


def card(one: Version) -> str:
    """All of the card."""
    head = yaml.safe_dump(header(one), sort_keys=False, allow_unicode=True, width=100)
    parts = {
        "Splits": splits(one.said),
        "Use": USE,
        "Categories": _plot(one, "categories.svg") + categories(one.said),
        "Sources": origins(one.kept),
        "Licences and attribution": licences(one.kept),
        "Funnel": _plot(one, "funnel.svg") + funnel(one.said),
        "Measures": "".join(_plot(one, name) for name in one.plots if name not in {"categories.svg", "funnel.svg"}),
        "Columns": COLUMNS + fields(one.schema),
        "Known limits": limits.limits(one.rule, one.said),
        "How it was made": MADE + hashes(one.made),
    }
    body = "\n".join(f"## {name}\n\n{part.strip()}\n" for name, part in parts.items() if part.strip())
    return f"---\n{head}---\n\n# {one.name}: {one.title}\n\n{lead(one)}\n\n{body}"


COLUMNS = """\
`images.parquet` has a row for each kept image, `rejected.parquet` one for every other candidate with its reason. Each
split's `metadata.parquet` repeats what a loader needs.

"""

MADE = """\
The same inputs, code, numbers and packages give the same bytes on any machine. These are their SHA-256 hashes; the
tables among the inputs hold those of every image.

"""


def lead(one: Version) -> str:
    """What it is, in three sentences."""
    published = [one.said["splits"][name] for name in facts.SPLITS]
    count, size = (sum(split[key] for split in published) for key in ("images", "bytes"))
    return (
        f"Version {one.version}: {count:,} images, {amount(size)}, chosen out of {one.said['metadata']:,} rows of "
        "metadata because their pixels hold detail at full size. The files are the bytes that the sources served, "
        "never encoded again; their names are ids. Every row that was left out has its reason."
    )


def splits(said: dict[str, Any]) -> str:
    """Images and bytes of each split."""
    rows = [[name, split["images"], amount(split["bytes"])] for name, split in said["splits"].items()]
    note = "" if facts.RESERVE not in said["splits"] else RESERVED
    return markdown(["split", "images", "size"], rows) + note


RESERVED = """

`reserve` is what is left over in the zones of val and test: kept, in `images.parquet`, and in no folder, so that a
later version can refill a split without ever moving an image between them."""


def categories(said: dict[str, Any]) -> str:
    """Images by split and category."""
    names = sorted({name for split in said["splits"].values() for name in split["categories"]})
    rows = [
        [split, *(one["categories"].get(name, 0) for name in names), one["images"]]
        for split, one in said["splits"].items()
    ]
    return markdown(["split", *map(safe, names), "all"], rows)


def origins(kept: pd.DataFrame) -> str:
    """Images of each source, with what it is and where."""
    counts = kept["source"].value_counts().sort_index()
    known = {name: sources.find(name) for name in counts.index if name in sources.NAMES}
    rows = [
        [safe(name), known[name].title if name in known else "", known[name].page if name in known else "", count]
        for name, count in counts.items()
    ]
    return markdown(["source", "what it is", "where it is described", "images"], rows)


def licences(kept: pd.DataFrame) -> str:
    """Images by licence and by those to be credited."""
    keys = [name for name in ("license", "provenance", "source") if name in kept]
    counts = kept.groupby(keys).size().reset_index(name="images")
    counts = counts.sort_values(["images", *keys], ascending=[False, *[True] * len(keys)])
    rows = [[*map(safe, row[:-1]), row[-1]] for row in counts.head(MOST).itertuples(index=False)]
    rest = int(counts["images"].iloc[MOST:].sum())
    if rest:
        rows.append([f"{len(counts) - MOST:,} more", *[""] * (len(keys) - 1), rest])
    names = {"license": "licence", "provenance": "to be credited", "source": "source"}
    return CREDIT + markdown([*(names[key] for key in keys), "images"], rows)


CREDIT = """\
Each image keeps the licence that its source states for it: the column `license`, with `url` and `provenance` beside it
for attribution.

"""


def funnel(said: dict[str, Any]) -> str:
    """Rows that each step left out, by reason, in the order of the pipeline."""
    steps = found.steps({"rejected": said["rejected"]})
    rows: list[list[Any]] = [["", "rows of metadata", said["metadata"]]]
    rows += [[step, safe(reason), count] for step, reasons in steps for reason, count in reasons]
    return markdown(["step", "left out as", "rows"], [*rows, ["", "kept", said["kept"]]])


def fields(schema: pa.Schema) -> str:
    """Every column of images.parquet, its type and meaning."""
    rows = [[f"`{field.name}`", columns.kind(field.type), columns.describe(field.name)] for field in schema]
    return markdown(["column", "type", "meaning"], rows)


def hashes(made: Hashes) -> str:
    """What it was made from."""
    rows = [[kind, f"`{part}`", f"`{hash_}`"] for kind, parts in made.items() for part, hash_ in parts.items()]
    return markdown(["kind", "part", "SHA-256"], rows)


def _plot(one: Version, name: str) -> str:
    return f"![{one.plots[name]}](plots/{name})\n\n" if name in one.plots else ""


def markdown(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table in Markdown; counts have thousands."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    aligned = ["--:" if rows and isinstance(cell, int) else "---" for cell in (rows[0] if rows else head)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [list(head), aligned, *cells])


def safe(words: object) -> str:
    """Foreign text as the cell of a table: one line, not too long, nothing in it acts."""
    line = " ".join(str(words).split())
    line = line if len(line) <= CELL else line[: CELL - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return "".join(f"\\{sign}" if sign in "\\`*_[]|<>~#" else sign for sign in line).replace("&", "&amp;")


def amount(size: float) -> str:
    """Bytes for a person."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:  # noqa: PLR2004
            return f"{size:.3g} {unit}" if unit != "bytes" else f"{size:g} bytes"
        size /= 1000
    return f"{size:.3g} TB"


def read_header(text: str) -> dict[str, Any]:
    """The header of a card; ValueError where there is none."""
    parts = text.split("---\n", 2)
    tree = yaml.safe_load(parts[1]) if len(parts) == 3 and not parts[0] else None  # noqa: PLR2004
    if not isinstance(tree, dict) or not isinstance(tree.get("native4k"), dict):
        raise ValueError("no header of a dataset card")  # noqa: TRY004
    return tree
