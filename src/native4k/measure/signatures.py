"""A list of the signatures of a folder's pictures, such as a benchmark's, for the firewall of `native4k dedup`."""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from native4k import images, tables
from native4k.errors import UserError
from native4k.measure import cache, image_signatures
from native4k.measure.image_signatures import phash


def signatures_row(content: bytes) -> dict[str, Any]:
    """A picture's row, by which dedup finds its copies; `failure` says why it has no signatures."""
    try:
        image = images.decode(content)
    except images.Unreadable as failure:
        return {"phash": "", **image_signatures.NO_SIGNATURES, "failure": str(failure)}
    return {"phash": phash(image), **image_signatures.signatures(image), "failure": ""}


def list_signatures(folder: Path, place: Path) -> pd.DataFrame:
    """A row for each picture below a folder, by its path there; those measured before are taken from the cache."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in images.ENDINGS and path.is_file())
    if not files:
        raise UserError(f"{folder}: no pictures; expected files ending in {', '.join(sorted(images.ENDINGS))}")
    sha256s = [tables.digest(file) for file in files]
    named = pd.DataFrame({"id": [file.relative_to(folder).as_posix() for file in files], "sha256": sha256s})
    rows = cache.measure(
        pd.Series(list(map(str, files)), index=sha256s),
        lambda file: signatures_row(Path(file).read_bytes()),
        place,
        "signatures",
    )
    return named.merge(rows, on="sha256", how="left")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("folder", type=Path, help="where the pictures are, also in folders below")
    parser.add_argument("out", type=Path, help="the list to write, such as data/foreign/NAME.parquet")
    parser.add_argument("--cache", type=Path, default=Path("data/scratch/cache"), help="(default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """Write the list, and name the files that could not be read."""
    table = list_signatures(args.folder, cache.folder(args.cache, "signatures", args.params))
    failed = table[table["failure"] != ""]
    for row in failed.itertuples():
        print(f"signatures: {args.folder / str(row.id)}: {row.failure}; its copies will not be found")
    tables.write(table, args.out)
    print(f"signatures: {len(table) - len(failed)} of {len(table)} pictures in {args.out}")
